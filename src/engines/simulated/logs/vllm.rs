//! vLLM's log: prefix with process, level, time and source; progress bars without a newline.

use super::{Clock, Note, Piece, assumption};
use crate::base::units::count;
use crate::engines::simulated::Config;

pub(super) fn words(config: &Config, note: &Note, clock: &Clock, pid: u32) -> Vec<Piece> {
    let say = |process: &str, text: String| {
        Piece::line(format!("({process} pid={pid}) INFO {} [simulated.py:1] {text}", clock.vllm()))
    };
    let (api, core) = (|text: String| say("APIServer", text), |text: String| say("EngineCore", text));
    let len = config.max_model_len;
    match note {
        Note::Simulated => vec![api(assumption(config))],
        Note::Accepted => vec![
            api(format!(
                "non-default args: {{'model_tag': '{}', 'host': '{}', 'port': {}, 'max_model_len': {len}, 'max_num_seqs': {}, \
                 'gpu_memory_utilization': {}}}",
                config.model, config.host, config.port, config.max_num_seqs, config.utilization
            )),
            api("Resolved architecture: SimulatedForCausalLM".into()),
            api(format!("Using max model len {len}")),
            core(format!("Initializing a V1 LLM engine (vramdeck-simulated) with config: model='{}'", config.model)),
        ],
        Note::Loading => vec![say("Worker", format!("Starting to load model {}...", config.model))],
        Note::Progress(done, total, seconds) => vec![bar(*done, *total, *seconds)],
        Note::Loaded(bytes, seconds) => vec![
            say("Worker", format!("Loading weights took {seconds:.2} seconds")),
            say("Worker", format!("Model loading took {:.4} GiB memory and {seconds:.6} seconds", bytes.gib())),
        ],
        Note::Cache(bytes, tokens) => vec![
            say("Worker", format!("Available KV cache memory: {:.2} GiB", bytes.gib())),
            core(format!(
                "GPU KV cache size: {} tokens, Maximum concurrency for {} tokens per request: {:.2}x",
                count(*tokens),
                count(len),
                *tokens as f64 / len.max(1) as f64
            )),
        ],
        Note::Rest(bytes) => vec![
            say("Worker", format!("Graph capturing finished in 0 secs, took {:.2} GiB", bytes.gib())),
            core("init engine (profile, create kv cache, warmup model) took 0.01 s".into()),
        ],
        Note::Listening => vec![
            api(format!("Starting vLLM server on http://{}:{}", config.host, config.port)),
            Piece::line(format!("INFO:     Started server process [{pid}]")),
            Piece::line("INFO:     Waiting for application startup."),
            Piece::line("INFO:     Application startup complete."),
        ],
        Note::Request(method, path, status) => {
            let word = if *status < 400 { "OK" } else { "Error" };
            vec![Piece::line(format!(
                "(APIServer pid={pid}) INFO:     127.0.0.1:0 - \"{method} {path} HTTP/1.1\" {status} {word}"
            ))]
        }
        Note::Aborted(id) => vec![api(format!("Request {id} aborted: the client went away."))],
        Note::Rates(prompt, generation, running, waiting, usage) => vec![api(format!(
            "Engine 000: Avg prompt throughput: {prompt:.1} tokens/s, Avg generation throughput: {generation:.1} tokens/s, Running: {running} reqs, Waiting: {waiting} reqs, GPU KV cache usage: {:.1}%, Prefix cache hit rate: 0.0%",
            usage * 100.0
        ))],
        Note::Stopping => {
            vec![Piece::line("INFO:     Shutting down"), Piece::line("INFO:     Application shutdown complete.")]
        }
        Note::Runner(..) | Note::Raw(_) => Vec::new(),
    }
}

fn bar(done: u64, total: u64, seconds: f64) -> Piece {
    let percent = done * 100 / total.max(1);
    let minutes = |s: f64| format!("{:02}:{:02}", s as u64 / 60, s as u64 % 60);
    let left = if done == 0 { "?".to_owned() } else { minutes(seconds / done as f64 * (total - done) as f64) };
    let rate = if seconds > 0.0 { done as f64 / seconds } else { 0.0 };
    let text = format!(
        "Loading safetensors checkpoint shards: {percent:>3}% Completed | {done}/{total} [{}<{left}, {rate:.2}it/s]",
        minutes(seconds)
    );
    Piece { text, end: if done == total { '\n' } else { '\r' } }
}
