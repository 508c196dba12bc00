use super::*;
use crate::engines::{EngineKind, Phase};
use proptest::prelude::*;

#[test]
fn lines_say_what_they_say() {
    use Dialect::{LlamaCpp, Ollama, Vllm};
    let gib = |n: f64| Bytes((n * crate::base::units::GIB as f64) as u64);
    for (dialect, line, expected) in [
        (
            Vllm,
            "(APIServer pid=1) INFO 11-21 01:04:14 [model.py:2152] Using max model len 2048",
            vec![Fact::Context(2048)],
        ),
        (
            Vllm,
            "Loading safetensors checkpoint shards:  50% Completed | 1/2 [00:00<?, ?it/s]",
            vec![Fact::Loading(Some(50))],
        ),
        (Vllm, "(Worker pid=3) INFO 1 [r.py:68] Starting to load model /m...", vec![Fact::Loading(None)]),
        (
            Vllm,
            "(EngineCore pid=2) INFO 1 [k.py:7] GPU KV cache size: 39,312 tokens, Maximum concurrency for 2,048 tokens per request: 19.20x",
            vec![Fact::KvTokens(39_312), Fact::Concurrency(19.2)],
        ),
        (
            Vllm,
            "INFO Model loading took 5.79 GiB memory and 3.1 seconds",
            vec![Fact::Warming, Fact::Memory(MemoryPart::Weights, gib(5.79))],
        ),
        (Vllm, "INFO Available KV cache memory: 5.40 GiB", vec![Fact::Memory(MemoryPart::KvCache, gib(5.4))]),
        (
            Vllm,
            "model-00001.safetensors:  45%|████▌     | 450M/1.00G [00:05<00:06, 90MB/s]",
            vec![Fact::Downloading(Some(Bytes(450_000_000)), Some(Bytes(1_000_000_000)))],
        ),
        (Vllm, "INFO:     Application startup complete.", vec![Fact::Listening]),
        (
            Vllm,
            "INFO Auto-fit max_model_len: reduced from 40960 to 22016 to fit in available KV cache memory (1.0 GiB CPU)",
            vec![Fact::Context(22_016)],
        ),
        (LlamaCpp, "0.01.145.812 I srv  llama_server: model loaded", vec![Fact::Warming]),
        (LlamaCpp, "0.01.160.139 I srv  llama_server: listening on http://127.0.0.1:18002", vec![Fact::Listening]),
        (
            LlamaCpp,
            "0.01.111.524 I srv    load_model: initializing, n_slots = 4, n_ctx_slot = 2048, kv_unified = 'false'",
            vec![Fact::Context(2048), Fact::KvTokens(8192)],
        ),
        (
            LlamaCpp,
            "0.01.1 I srv load_model: initializing, n_slots = 4, n_ctx_slot = 8192, kv_unified = 'true'",
            vec![Fact::Context(8192), Fact::KvTokens(8192)],
        ),
        (Ollama, "time=x level=INFO msg=\"Listening on 127.0.0.1:18005 (version 0.33.0)\"", vec![Fact::Listening]),
        (
            Ollama,
            "time=x level=INFO msg=\"starting llama-server\" cmd=\"llama-server -m x -c 4096 -np 1\"",
            vec![Fact::Loading(None), Fact::Context(4096)],
        ),
        (Ollama, "main: server is listening on http://127.0.0.1:4", vec![]),
    ] {
        assert_eq!(facts(dialect, line), expected, "{line}");
    }
}

#[test]
fn the_engine_before_v1_says_all_in_one_line() {
    let line = "INFO worker.py:266] model weights take 14.99GiB; non_torch_memory takes 0.09GiB; PyTorch activation peak \
        memory takes 1.72GiB; the rest of the memory reserved for KV Cache is 3.81GiB.";
    let said = [(MemoryPart::Compute, 1.72), (MemoryPart::Weights, 14.99), (MemoryPart::KvCache, 3.81)];
    assert_eq!(
        facts(Dialect::Vllm, line),
        said.map(|(part, gib)| Fact::Memory(part, Bytes((gib * crate::base::units::GIB as f64) as u64)))
    );
}

#[test]
fn buffers_tell_where_they_lie_and_vllm_its_activations() {
    use Dialect::{LlamaCpp, Ollama, Vllm};
    for (dialect, line, expected) in [
        (
            LlamaCpp,
            "0.00.102.936 I llama_kv_cache:        CPU KV buffer size =     6.00 MiB",
            vec![
                Fact::Memory(MemoryPart::KvCache, Bytes(6 << 20)),
                Fact::HostMemory(MemoryPart::KvCache, Bytes(6 << 20)),
            ],
        ),
        (
            LlamaCpp,
            "load_tensors:        CUDA0 model buffer size =  4096.00 MiB",
            vec![Fact::Memory(MemoryPart::Weights, Bytes(4 << 30))],
        ),
        (
            LlamaCpp,
            "sched_reserve:  CUDA_Host compute buffer size =     4.00 MiB",
            vec![
                Fact::Memory(MemoryPart::Compute, Bytes(4 << 20)),
                Fact::HostMemory(MemoryPart::Compute, Bytes(4 << 20)),
            ],
        ),
        (
            Ollama,
            "time=x level=INFO source=device.go:240 msg=\"model weights\" device=CUDA0 size=\"4.0 GiB\"",
            vec![Fact::Memory(MemoryPart::Weights, Bytes(4 << 30))],
        ),
        (
            Ollama,
            "time=x level=INFO source=device.go:245 msg=\"model weights\" device=CPU size=\"512.0 MiB\"",
            vec![
                Fact::Memory(MemoryPart::Weights, Bytes(512 << 20)),
                Fact::HostMemory(MemoryPart::Weights, Bytes(512 << 20)),
            ],
        ),
        (
            Vllm,
            "(Worker pid=31889) INFO 11-21 01:05:35 [cpu_worker.py:260] Explicitly set (1.0/22.09) GiB for KV cache on node 0.",
            vec![Fact::Memory(MemoryPart::KvCache, Bytes::from_gib(1.0))],
        ),
        (
            Vllm,
            "INFO Free memory on device (14.4/15.48 GiB) on startup. Actual usage is 6.10 GiB for consumed memory \
             (weights + non-torch), 1.5 GiB for peak activation, and 0.52 GiB for CUDAGraph memory.",
            vec![Fact::Memory(MemoryPart::Compute, Bytes::from_gib(1.5))],
        ),
    ] {
        assert_eq!(facts(dialect, line), expected, "{line}");
    }
}

#[test]
fn levels_are_read() {
    use Dialect::{LlamaCpp, Ollama, Vllm};
    for (dialect, line, level) in [
        (Vllm, "(Worker pid=31889) WARNING 11-21 01:05:31 [vllm.py:725] x", Some(Level::Warning)),
        (Vllm, "INFO:     127.0.0.1:4 - \"GET /health\"", Some(Level::Info)),
        (Vllm, "RuntimeError: Engine core initialization failed.", Some(Level::Error)),
        (Vllm, "  File \"x.py\", line 3", None),
        (LlamaCpp, "0.00.048.443 E srv    load_model: failed", Some(Level::Error)),
        (LlamaCpp, "error: invalid argument: --x", Some(Level::Error)),
        (Ollama, "time=2026 level=WARN source=a msg=\"b\"", Some(Level::Warning)),
    ] {
        assert_eq!(level_of(dialect, line), level, "{line}");
    }
}

#[test]
fn causes_are_named() {
    use Dialect::{LlamaCpp, Ollama, Vllm};
    for (dialect, line, name) in [
        (Vllm, "vllm: error: unrecognized arguments: --gpu-mem-util 0.5", "bad_flag"),
        (Vllm, "vllm serve: error: argument --dtype: invalid choice: 'int3' (choose from 'auto')", "bad_dtype"),
        (
            Vllm,
            "huggingface_hub.errors.HFValidationError: Repo id must be in the form 'repo_name': '/none'.",
            "model_missing",
        ),
        (Vllm, "huggingface_hub.errors.LocalEntryNotFoundError: Cannot find", "hub_offline"),
        (
            Vllm,
            "  Value error, User-specified max_model_len (100000) is greater than the derived max_model_len (max_position_embeddings=4096.0) [type=value_error, input_value=A]",
            "context_too_large",
        ),
        (
            Vllm,
            "(EngineCore pid=9) ERROR 11-21 01:37:59 [core.py:1510] ValueError: To serve at least one request with the model's max seq len (40960), (5.62 GiB KV cache is needed, which is larger than the available KV cache memory (1.0 GiB).",
            "kv_too_small",
        ),
        (
            Vllm,
            "ValueError: Free memory on device cuda:0 (12.1/15.48 GiB) on startup is less than desired GPU memory utilization (0.92, 14.24 GiB).",
            "free_below_utilization",
        ),
        (Vllm, "ValueError: No available memory for the cache blocks. Try increasing it", "no_kv_blocks"),
        (Vllm, "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.16 GiB.", "oom_loading"),
        (Vllm, "  Value error, Model architectures ['X'] are not supported for now.", "unknown_architecture"),
        (Vllm, "safetensors._safetensors_rust.SafetensorError: incomplete metadata", "truncated_weights"),
        (Vllm, "OSError: [Errno 98] Address already in use", "port_in_use"),
        (Vllm, "TypeError: Error: --enable-auto-tool-choice requires --tool-call-parser", "missing_parser"),
        (Vllm, "KeyError: 'invalid tool call parser: nosuch (chose from { hermes })'", "bad_parser"),
        (Vllm, "vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue.", "engine_core_died"),
        (LlamaCpp, "error: invalid argument: --gpu-mem-util", "bad_flag"),
        (
            LlamaCpp,
            "0.00.046.509 E gguf_init_from_file: failed to open GGUF file '/n.gguf' (No such file)",
            "model_missing",
        ),
        (
            LlamaCpp,
            "0.00.025.616 E llama_model_load: error loading model: tensor 'a' data is not within the file bounds, model is corrupted",
            "truncated_weights",
        ),
        (
            LlamaCpp,
            "0.00.019.681 E srv         start: couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 1",
            "port_in_use",
        ),
        (Ollama, "Error: listen tcp 127.0.0.1:18005: bind: address already in use", "port_in_use"),
    ] {
        let cause = cause_of(dialect, line).unwrap_or_else(|| panic!("no cause: {line}"));
        assert_eq!(cause.name, name, "{line}");
        assert!(!cause.why.is_empty() && !cause.hint.is_empty() && !cause.why.contains("[type="), "{cause:?}");
    }
    let warned =
        "(A pid=1) WARNING 11-21 01:03:43 [s.py:255] This can cause errors like `OSError: Too many open files`";
    assert_eq!(cause_of(Vllm, warned), None, "a warning is no cause");
}

#[test]
fn a_start_folds_into_phases_and_never_goes_back() {
    let mut progress = Progress::new(Dialect::Vllm);
    let mut seen = vec![progress.phase().clone()];
    for line in [
        "(APIServer pid=1) INFO non-default args: {}",
        "(Worker pid=3) INFO Starting to load model m...",
        "Loading safetensors checkpoint shards:   0% Completed | 0/2 [00:00<?, ?it/s]",
        "Loading safetensors checkpoint shards: 100% Completed | 2/2 [00:00<00:00, 39.02it/s]",
        "(Worker pid=3) INFO Loading weights took 0.04 seconds",
        "(Worker pid=3) INFO Starting to load model draft...",
        "INFO:     Application startup complete.",
    ] {
        progress.line(line);
        if seen.last() != Some(progress.phase()) {
            seen.push(progress.phase().clone());
        }
    }
    let loading = |percent| Phase::Loading { percent };
    assert_eq!(seen, [Phase::Starting, loading(None), loading(Some(0)), loading(Some(100)), Phase::Warming]);
    assert!(progress.listening);
}

#[test]
fn the_root_cause_outweighs_the_last_line() {
    let mut progress = Progress::new(Dialect::Vllm);
    progress.line("(EngineCore pid=9) ERROR 11-21 01:37:59 [core.py:1] ValueError: To serve at least one request, (5.62 GiB KV cache is needed, which is larger than the available KV cache memory (1.0 GiB).");
    for n in 0..100 {
        progress.line(&format!("  File \"deep.py\", line {n}"));
    }
    progress.line("RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}");
    let failure = progress.failure(EngineKind::Vllm, "exited with code 1");
    assert!(failure.why.starts_with("To serve at least one request"), "{failure:?}");
    assert!(failure.last_lines[0].contains("5.62 GiB"), "the line itself is kept as evidence");
    assert!(failure.hint.contains("--max-model-len"));
}

/// Replays recorded logs where a folder of them is given; own fixtures above stand for them elsewhere.
#[test]
fn recorded_logs_give_their_cause() {
    let Some(shared) = std::env::var_os("VRAMDECK_SHARED").map(std::path::PathBuf::from) else { return };
    for (file, dialect, expected) in [
        ("vllm-0.32.0/failures/bad-flag.log", Dialect::Vllm, "unrecognized arguments"),
        ("vllm-0.32.0/failures/bad-dtype.log", Dialect::Vllm, "invalid choice"),
        ("vllm-0.32.0/failures/kv-too-small.log", Dialect::Vllm, "To serve at least one request"),
        ("vllm-0.32.0/failures/max-model-len-too-large.log", Dialect::Vllm, "greater than the derived"),
        ("vllm-0.32.0/failures/model-dir-missing.log", Dialect::Vllm, "Repo id must be"),
        ("vllm-0.32.0/failures/model-name-offline.log", Dialect::Vllm, "Cannot find an appropriate cached"),
        ("vllm-0.32.0/failures/port-in-use.log", Dialect::Vllm, "Address already in use"),
        ("vllm-0.32.0/failures/truncated-weights.log", Dialect::Vllm, "SafetensorError"),
        ("vllm-0.32.0/failures/unknown-architecture.log", Dialect::Vllm, "are not supported"),
        ("vllm-0.32.0/failures/bad-quantization.log", Dialect::Vllm, "Cannot find the config file"),
        ("vllm-0.32.0/failures/bad-tool-parser.log", Dialect::Vllm, "invalid tool call parser"),
        ("vllm-0.32.0/failures/auto-tool-without-parser.log", Dialect::Vllm, "requires --tool-call-parser"),
        ("vllm-0.32.0/failures/engine-core-killed.log", Dialect::Vllm, "EngineCore encountered"),
        ("llamacpp-0.7.0-b11669/failures/bad-flag.log", Dialect::LlamaCpp, "invalid argument"),
        ("llamacpp-0.7.0-b11669/failures/bad-cache-type.log", Dialect::LlamaCpp, "q9_9"),
        ("llamacpp-0.7.0-b11669/failures/model-missing.log", Dialect::LlamaCpp, "failed to open"),
        ("llamacpp-0.7.0-b11669/failures/not-gguf.log", Dialect::LlamaCpp, "invalid magic"),
        ("llamacpp-0.7.0-b11669/failures/truncated-gguf.log", Dialect::LlamaCpp, "not within the file bounds"),
        ("llamacpp-0.7.0-b11669/failures/port-in-use.log", Dialect::LlamaCpp, "couldn't bind"),
        ("ollama-0.33.0-rc2/failures/port-in-use.log", Dialect::Ollama, "address already in use"),
    ] {
        let text = std::fs::read(shared.join("engines").join(file)).unwrap();
        let mut progress = Progress::new(dialect);
        for line in String::from_utf8_lossy(&text).lines() {
            progress.line(line);
        }
        let failure = progress.failure(EngineKind::Vllm, "ended");
        assert!(failure.why.contains(expected), "{file}: {failure:?}");
    }
}

proptest! {
    #[test]
    fn any_line_is_survived(line in any::<String>(), word in "[-a-zA-Z0-9%|/:=., ()\\[\\]ü█]{0,80}") {
        for dialect in [Dialect::Vllm, Dialect::LlamaCpp, Dialect::Ollama, Dialect::OpenAi] {
            let mut progress = Progress::new(dialect);
            for text in [&line, &word, &format!("x: 3%|{word}"), &format!("({word}"), &format!("KV cache size: {word}")] {
                progress.line(text);
                level_of(dialect, text);
            }
        }
    }
}
