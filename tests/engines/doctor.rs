//! The doctor on logs of real engines that failed: shortened excerpts beside this file, and the whole logs where a folder
//! of them is given.

use super::stand::{Stand, VRAMDECK};
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use vramdeck::engines::doctor::{Source, diagnose};

/// Engine and name of the log, the cause, words of the line that says it, and the first change.
const RECORDED: &[(&str, &str, Option<&str>, &str, &str)] = &[
    (
        "litellm",
        "bad-yaml",
        Some("bad_config"),
        "yaml.parser.ParserError: while parsing a block collection",
        "mend the file",
    ),
    (
        "litellm",
        "port-in-use",
        Some("port_in_use"),
        "OSError: [Errno 98] error while attempting to bind",
        "--port 18003",
    ),
    ("llamacpp", "bad-cache-type", Some("bad_cache_type"), "Unsupported cache type: q9_9", "leave --cache-type-k out"),
    ("llamacpp", "bad-flag", Some("bad_flag"), "error: invalid argument: --gpu-mem-util", "leave --gpu-mem-util out"),
    ("llamacpp", "ctx-huge", Some("context_too_large"), "-c 2000000000", "--ctx-size 2000000000 → 8192"),
    (
        "llamacpp",
        "model-missing",
        Some("model_missing"),
        "failed to open GGUF file '/nonexistent.gguf'",
        "correct the path",
    ),
    ("llamacpp", "not-gguf", Some("not_gguf"), "invalid magic characters: 'hell'", "give a .gguf file"),
    ("llamacpp", "port-in-use", Some("port_in_use"), "couldn't bind HTTP server socket", "--port 18004"),
    ("llamacpp", "truncated-gguf", Some("truncated_weights"), "is not within the file bounds", "delete the file"),
    ("ollama", "chat-broken", Some("model_missing"), "model 'broken' not found", "fetch it first: ollama pull broken"),
    ("ollama", "chat-num_ctx-huge", None, "", ""),
    ("ollama", "create-truncated", Some("truncated_weights"), "exceeds file size (300000)", ""),
    ("ollama", "models-dir-unwritable", Some("models_folder"), "Error: mkdir", "set OLLAMA_MODELS"),
    ("ollama", "port-in-use", Some("port_in_use"), "bind: address already in use", "--port 18005"),
    (
        "vllm",
        "auto-tool-without-parser",
        Some("missing_parser"),
        "requires --tool-call-parser",
        "--tool-call-parser hermes",
    ),
    ("vllm", "bad-dtype", Some("bad_dtype"), "invalid choice: 'int3'", "--dtype int3 → auto"),
    (
        "vllm",
        "bad-flag",
        Some("bad_flag"),
        "unrecognized arguments: --gpu-mem-util 0.5",
        "--gpu-mem-util 0.5 → --gpu-memory-util",
    ),
    (
        "vllm",
        "bad-quantization",
        Some("bad_quantization"),
        "Cannot find the config file for awq",
        "leave --quantization out",
    ),
    (
        "vllm",
        "bad-tool-parser",
        Some("bad_parser"),
        "invalid tool call parser: nosuch",
        "--tool-call-parser nosuch → hermes",
    ),
    ("vllm", "engine-core-killed", Some("engine_core_died"), "EngineDeadError: EngineCore encountered", ""),
    ("vllm", "kv-auto-max-model-len", None, "", ""),
    ("vllm", "kv-too-small", Some("kv_too_small"), "1.91 GiB KV cache is needed", "--max-model-len 4000000 → 2097024"),
    (
        "vllm",
        "max-model-len-too-large",
        Some("context_too_large"),
        "is greater than the derived",
        "--max-model-len 100000 → 4096",
    ),
    ("vllm", "model-dir-missing", Some("model_missing"), "'/nonexistent/model'", "correct the path"),
    ("vllm", "model-name-offline", Some("hub_offline"), "LocalEntryNotFoundError", "HF_HUB_OFFLINE 0"),
    ("vllm", "port-in-use", Some("port_in_use"), "[Errno 98] Address already in use", "--port 18012"),
    (
        "vllm",
        "so-config-whitespace-needs-backend",
        Some("bad_value"),
        "disable_any_whitespace is only supported",
        "--structured-outputs-config",
    ),
    ("vllm", "truncated-weights", Some("truncated_weights"), "SafetensorError", "delete the file"),
    ("vllm", "unknown-architecture", Some("unknown_architecture"), "['NoSuchForCausalLM'] are not supported", "update"),
];

fn judged(log: &[u8], engine: &str, (name, says, first): (Option<&str>, &str, &str)) {
    let source = Source::ALL.into_iter().find(|source| source.name().replace('.', "") == engine);
    for said in [None, source] {
        let diagnosis = diagnose(log, said).unwrap();
        let Some(name) = name else {
            assert_eq!(diagnosis.finding, None, "{engine}: nothing failed");
            continue;
        };
        let finding = diagnosis.finding.unwrap_or_else(|| panic!("{engine} {name}: {}", diagnosis.why));
        assert_eq!(finding.name, name, "{finding:?}");
        assert!(finding.evidence.contains(says), "{name}: {}", finding.evidence);
        let headline = finding.remedies[0].headline();
        assert!(headline.starts_with(first), "{name}: {headline}");
    }
}

#[test]
fn every_recorded_failure_is_named_with_its_line() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engines/failures");
    for (engine, file, name, says, first) in RECORDED {
        let log = std::fs::read(folder.join(format!("{engine}-{file}.log"))).unwrap();
        judged(&log, engine, (*name, says, first));
    }
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), RECORDED.len(), "every excerpt has a row");
}

/// The whole logs, where `VRAMDECK_SHARED` names a folder that holds them.
#[test]
fn whole_logs_are_named_as_well() {
    let Some(shared) = std::env::var_os("VRAMDECK_SHARED").map(std::path::PathBuf::from) else {
        eprintln!("skipped: VRAMDECK_SHARED names no folder of whole logs");
        return;
    };
    let mut seen = 0;
    for folder in std::fs::read_dir(shared.join("engines")).unwrap().flatten() {
        let engine = folder.file_name().to_string_lossy().split('-').next().unwrap_or_default().to_owned();
        for file in std::fs::read_dir(folder.path().join("failures")).into_iter().flatten().flatten() {
            let stem = file.path().file_stem().unwrap().to_string_lossy().into_owned();
            let row = RECORDED.iter().find(|row| row.0 == engine && row.1 == stem);
            let (_, _, name, says, first) = row.unwrap_or_else(|| panic!("no row for {engine} {stem}"));
            judged(&std::fs::read(file.path()).unwrap(), &engine, (*name, says, first));
            seen += 1;
        }
        // What came up and served has not failed.
        for file in std::fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            if file.file_name().to_string_lossy().starts_with("startup") {
                judged(&std::fs::read(file.path()).unwrap(), &engine, (None, "", ""));
            }
        }
    }
    assert!(seen > 0, "the folder holds no failures");
}

fn doctor(stand: &Stand, args: &[&str], stdin: &[u8]) -> Output {
    let mut command = Command::new(VRAMDECK);
    command.arg("doctor").args(args).env("VRAMDECK_HOME", stand.dir.path());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that does not read closes its end.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    child.wait_with_output().unwrap()
}

#[test]
fn the_command_answers_in_the_shape_of_the_contract() {
    let stand = Stand::new();
    let log = stand.dir.path().join("engine.log");
    std::fs::write(&log, "vllm: error: unrecognized arguments: --gpu-mem-util 0.5\n").unwrap();
    let file = log.to_str().unwrap();
    let output = doctor(&stand, &["--log", file, "--json"], b"");
    assert!(output.status.success(), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["failure"], "bad_flag");
    assert_eq!(answer["evidence"], "vllm: error: unrecognized arguments: --gpu-mem-util 0.5");
    assert!(answer["why"].as_str().unwrap().contains("--gpu-memory-utilization"));
    let remedy = &answer["remedies"][0];
    for field in ["flag", "from", "to", "why", "cost"] {
        assert!(remedy[field].is_string(), "{field}: {remedy}");
    }
    // The same on stdin, for people.
    let text = doctor(&stand, &["--log", "-", "--engine", "vllm"], b"OSError: [Errno 98] Address already in use\n");
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.starts_with("port_in_use (vllm)") && text.contains("cheapest first"), "{text}");
    // Nothing wrong is an answer, too; a file that is not there is a problem.
    std::fs::write(&log, "INFO:     Application startup complete.\n").unwrap();
    let fine: Value = serde_json::from_slice(&doctor(&stand, &["--log", file, "--json"], b"").stdout).unwrap();
    assert!(fine["failure"].is_null() && fine["why"].is_string() && fine["remedies"] == Value::Array(Vec::new()));
    for missing in ["/nowhere/engine.log", stand.dir.path().to_str().unwrap()] {
        let refused = doctor(&stand, &["--log", missing, "--json"], b"");
        let error: Value = serde_json::from_slice(&refused.stderr).unwrap();
        assert!(refused.status.code() == Some(1) && error["error"]["hint"].is_string(), "{refused:?}");
    }
    assert_eq!(doctor(&stand, &["--log", file, "--engine", "windows"], b"").status.code(), Some(2));
}

#[test]
fn alone_it_checks_the_machine_and_never_pretends() {
    let stand = Stand::new();
    for args in [&["--json"][..], &["--json", "--demo"]] {
        let output = doctor(&stand, args, b"");
        assert!(output.status.success(), "{output:?}");
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = answer["checks"].as_array().unwrap();
        for check in checks {
            let state = check["state"].as_str().unwrap();
            assert!(["ok", "warn", "bad", "unknown"].contains(&state), "{check}");
            assert!(check["name"].is_string() && check["found"].is_string() && check["hint"].is_string(), "{check}");
            assert!(!check["why"].as_str().unwrap().is_empty(), "a state has its reason: {check}");
        }
        let named = |name: &str| checks.iter().any(|check| check["name"] == name);
        for name in [
            "driver",
            "nvml",
            "cuda",
            "python",
            "vllm",
            "llama.cpp",
            "ollama",
            "litellm",
            "wsl",
            "open files",
            "port 8000",
        ] {
            assert!(named(name), "{name}: {answer}");
        }
    }
    let text = doctor(&stand, &[], b"");
    assert!(String::from_utf8_lossy(&text.stdout).contains(" checks: "), "{text:?}");
}
