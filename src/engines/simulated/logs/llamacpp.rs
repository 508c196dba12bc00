//! llama-server's log: time since the start, level, module, function.

use super::{Clock, Note, Piece, assumption};
use crate::base::Bytes;
use crate::base::units::MIB;
use crate::engines::simulated::Config;

pub(super) fn words(config: &Config, note: &Note, clock: &Clock) -> Vec<Piece> {
    let say = |function: &str, text: String| Piece::line(format!("{} I srv  {function:>12}: {text}", clock.llamacpp()));
    let mib = |bytes: &Bytes| bytes.0 as f64 / MIB as f64;
    match note {
        Note::Simulated => vec![say("llama_server", assumption(config))],
        Note::Accepted => vec![say("llama_server", "initializing ...".into())],
        Note::Loading => vec![say("load_model", format!("loading model '{}'", config.model))],
        Note::Progress(done, total, _) if done < total => vec![Piece { text: ".".repeat(*done as usize), end: '\r' }],
        Note::Progress(..) => vec![Piece::line("....................")],
        Note::Loaded(bytes, _) => {
            vec![say("load_tensors", format!("       SIM0 model buffer size = {:8.2} MiB", mib(bytes)))]
        }
        Note::Cache(bytes, _) => {
            vec![say("llama_kv_cache", format!("      SIM0 KV buffer size = {:8.2} MiB", mib(bytes)))]
        }
        Note::Rest(bytes) => vec![
            say("sched_reserve", format!("      SIM0 compute buffer size = {:8.2} MiB", mib(bytes))),
            say(
                "load_model",
                format!(
                    "initializing, n_slots = {}, n_ctx_slot = {}, kv_unified = 'true'",
                    config.max_num_seqs, config.max_model_len
                ),
            ),
            say("llama_server", "model loaded".into()),
        ],
        Note::Listening => vec![say("llama_server", format!("listening on http://{}:{}", config.host, config.port))],
        Note::Request(method, path, status) => {
            vec![say("log_server_r", format!("request: {method} {path} 127.0.0.1 {status}"))]
        }
        Note::Aborted(id) => vec![say("stop", format!("cancel task, id = {id}, aborted: the client went away"))],
        Note::Stopping => vec![say("operator()", "cleaning up before exit...".into())],
        Note::Rates(..) | Note::Runner(..) | Note::Raw(_) => Vec::new(),
    }
}
