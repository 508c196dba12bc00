//! Ollama's log: key=value pairs, and one line a request.

use super::{Clock, Note, Piece, assumption, rfc3339};
use crate::base::Bytes;
use crate::engines::simulated::Config;

pub(super) fn words(config: &Config, note: &Note, clock: &Clock) -> Vec<Piece> {
    let time = rfc3339(clock.epoch);
    let say = |text: &str, more: String| {
        let more = if more.is_empty() { more } else { format!(" {more}") };
        Piece::line(format!("time={time} level=INFO source=simulated.go:1 msg={text:?}{more}"))
    };
    let size = |bytes: &Bytes| format!("size=\"{:.1} GiB\"", bytes.gib());
    match note {
        Note::Simulated => vec![say(&assumption(config), String::new())],
        Note::Accepted => {
            vec![say("server config", format!("env=\"map[OLLAMA_HOST:{}:{}]\"", config.host, config.port))]
        }
        Note::Listening => {
            let text = format!("Listening on {}:{} (version vramdeck-simulated)", config.host, config.port);
            vec![say(&text, String::new()), say("inference compute", "id=SIM0 library=simulated".into())]
        }
        Note::Loading => vec![say("loading model", format!("model={:?}", config.model))],
        Note::Loaded(bytes, seconds) => vec![
            say("model weights", format!("device=SIM0 {}", size(bytes))),
            say(&format!("llama-server started in {seconds:.2} seconds"), String::new()),
        ],
        Note::Cache(bytes, _) => vec![say("kv cache", format!("device=SIM0 {}", size(bytes)))],
        Note::Rest(bytes) => vec![say("compute graph", format!("device=SIM0 {}", size(bytes)))],
        Note::Runner(name, loaded) => {
            let what = if *loaded { "runner loaded" } else { "runner unloaded" };
            vec![say(what, format!("model={name:?}"))]
        }
        Note::Request(method, path, status) => {
            let day = time.get(..19).unwrap_or_default().replace('-', "/").replace('T', " - ");
            vec![Piece::line(format!("[GIN] {day} | {status} |     0s |       127.0.0.1 | {method:<8} {path:?}"))]
        }
        Note::Aborted(id) => vec![say("aborted: the client went away", format!("request={id:?}"))],
        Note::Stopping => vec![say("shutting down", String::new())],
        Note::Progress(..) | Note::Rates(..) | Note::Raw(_) => Vec::new(),
    }
}
