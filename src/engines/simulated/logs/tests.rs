use super::*;
use crate::base::units::GIB;
use crate::engines::simulated::Script;
use crate::engines::simulated::script::Fault;
use std::time::Duration;

fn config(dialect: SimDialect) -> Config {
    Config {
        model: "x-8B-AWQ".into(),
        served: "x".into(),
        dialect,
        host: "127.0.0.1".into(),
        port: 8000,
        max_model_len: 4096,
        max_num_seqs: 8,
        weights: None,
        kv: None,
        kv_token: None,
        utilization: 0.92,
        load_seconds: 0.0,
        tokens_per_second: 0.0,
        api_key: None,
        reasoning: false,
        script: Script::default(),
        seed: None,
    }
}

const CLOCK: Clock = Clock { epoch: Duration::from_secs(1_795_223_274), running: Duration::from_millis(1500) };

fn text(dialect: SimDialect, note: &Note) -> String {
    words(&config(dialect), note, &CLOCK, 7).into_iter().map(|p| p.text + "\n").collect()
}

#[test]
fn markers_are_there() {
    use SimDialect::{LlamaCpp, Ollama, Vllm};
    for (dialect, note, marker) in [
        (Vllm, Note::Simulated, "(APIServer pid=7) INFO 11-21 01:07:54 [simulated.py:1] vramdeck-simulated"),
        (Vllm, Note::Progress(1, 2, 1.0), "Loading safetensors checkpoint shards:  50% Completed | 1/2 ["),
        (Vllm, Note::Loaded(Bytes(GIB), 2.0), "Model loading took 1.0000 GiB memory"),
        (Vllm, Note::Cache(Bytes(GIB), 8192), "Available KV cache memory: 1.00 GiB"),
        (
            Vllm,
            Note::Cache(Bytes(GIB), 8192),
            "GPU KV cache size: 8,192 tokens, Maximum concurrency for 4,096 tokens per request: 2.00x",
        ),
        (Vllm, Note::Listening, "Application startup complete."),
        (LlamaCpp, Note::Rest(Bytes(GIB)), "0.01.500.000 I srv  llama_server: model loaded"),
        (LlamaCpp, Note::Listening, "listening on http://127.0.0.1:8000"),
        (Ollama, Note::Listening, "msg=\"Listening on 127.0.0.1:8000 (version vramdeck-simulated)\""),
        (Ollama, Note::Loaded(Bytes(GIB), 2.0), "llama-server started in 2.00 seconds"),
    ] {
        assert!(text(dialect, &note).contains(marker), "{dialect:?} {note:?}: {}", text(dialect, &note));
    }
    for dialect in [Vllm, LlamaCpp, Ollama] {
        assert!(text(dialect, &Note::Simulated).contains("simulated"));
        assert!(text(dialect, &Note::Simulated).contains("assumed"));
        assert!(text(dialect, &Note::Aborted("r".into())).contains("aborted"));
    }
}

#[test]
fn bars_are_drawn_over() {
    let ends: Vec<char> = (0..=2)
        .flat_map(|n| words(&config(SimDialect::Vllm), &Note::Progress(n, 2, 1.0), &CLOCK, 7))
        .map(|p| p.end)
        .collect();
    assert_eq!(ends, ['\r', '\r', '\n']);
}

#[test]
fn failures_have_markers_and_codes() {
    use SimDialect::{LlamaCpp, Ollama, Vllm};
    for (dialect, fault, marker, code) in [
        (Vllm, Fault::BadFlag, "unrecognized arguments", 2),
        (Vllm, Fault::TruncatedWeights, "Engine core initialization failed", 1),
        (Vllm, Fault::PortInUse, "[Errno 98] Address already in use", 1),
        (Vllm, Fault::OutOfMemory, "out of memory", 1),
        (Vllm, Fault::KvTooSmall, "To serve at least one request", 1),
        (Vllm, Fault::UnknownArchitecture, "are not supported for now", 1),
        (Vllm, Fault::ModelMissing, "Repo id must be in the form", 1),
        (LlamaCpp, Fault::BadFlag, "invalid argument", 1),
        (LlamaCpp, Fault::TruncatedWeights, "failed to load model", 1),
        (LlamaCpp, Fault::PortInUse, "couldn't bind HTTP server socket", 1),
        (Ollama, Fault::PortInUse, "bind: address already in use", 1),
    ] {
        let failed = Failure::Scripted(fault);
        let config = config(dialect);
        let text: String = failure(&config, &failed, &CLOCK, 7).into_iter().map(|p| p.text + "\n").collect();
        assert!(text.contains(marker), "{dialect:?} {fault:?}: {text}");
        assert_eq!(exit_code(&config, &failed), code, "{dialect:?} {fault:?}");
    }
}
