use super::*;
use crate::engines::flags::{TableSource, bundled, parse_args};

fn spec(engine: EngineKind, model: &str, flags: &str) -> LaunchSpec {
    let words: Vec<String> = flags.split_whitespace().map(str::to_owned).collect();
    let flags = parse_args(&words, &bundled(engine).unwrap()).unwrap();
    LaunchSpec { engine, model: model.into(), name: None, port: None, program: None, flags, env: Vec::new() }
}

fn made(spec: &LaunchSpec, command: &str) -> Plan {
    let command = command.split_whitespace().map(str::to_owned).collect();
    let found = Found { command, ..Found::default() };
    let given = Given { found, free_port: 8123, simulated_card: "/c".into(), ..Given::default() };
    plan(spec, &given, &bundled(spec.engine).unwrap()).unwrap()
}

#[test]
fn commands_are_those_of_the_engines() {
    for (engine, model, flags, command, argv) in [
        (
            EngineKind::Vllm,
            "Qwen/Qwen3-8B-AWQ",
            "--max-model-len 8k",
            "vllm",
            "vllm serve Qwen/Qwen3-8B-AWQ --host 127.0.0.1 --port 8123 --served-model-name Qwen/Qwen3-8B-AWQ --max-model-len 8k",
        ),
        (
            EngineKind::Vllm,
            "/m/Tiny",
            "--host 0.0.0.0 --served-model-name t",
            "py -m vllm.entrypoints.cli.main",
            "py -m vllm.entrypoints.cli.main serve /m/Tiny --port 8123 --host 0.0.0.0 --served-model-name t",
        ),
        (
            EngineKind::LlamaCpp,
            "/m/tiny.gguf",
            "-c 4096 --no-slots",
            "llama-server",
            "llama-server -m /m/tiny.gguf --host 127.0.0.1 --port 8123 --jinja --metrics -a tiny -c 4096 --no-slots",
        ),
        (
            EngineKind::LlamaCpp,
            "ggml-org/gemma-3-1b-it-GGUF:Q4_K_M",
            "",
            "llama-server",
            "llama-server -hf ggml-org/gemma-3-1b-it-GGUF:Q4_K_M --host 127.0.0.1 --port 8123 --jinja --metrics --slots -a ggml-org/gemma-3-1b-it-GGUF:Q4_K_M",
        ),
        (EngineKind::Ollama, "qwen3:8b", "--num-parallel 4", "ollama", "ollama serve"),
    ] {
        let plan = made(&spec(engine, model, flags), command);
        assert_eq!(plan.argv.join(" "), argv);
        assert_eq!(plan.endpoint, "http://127.0.0.1:8123");
    }
    let plan = made(&spec(EngineKind::Ollama, "qwen3:8b", "--num-parallel 4"), "ollama");
    assert!(plan.env.contains(&("OLLAMA_NUM_PARALLEL".into(), "4".into())));
    assert!(plan.env.contains(&("OLLAMA_HOST".into(), "127.0.0.1:8123".into())));
}

#[test]
fn a_flag_that_old_releases_lack_is_left_out() {
    let wish = spec(EngineKind::Vllm, "m", "");
    for (version, told) in [(Some("0.32.0+cpu"), true), (Some("0.31.2"), false), (None, false)] {
        let found = Found { command: vec!["vllm".into()], version: version.map(str::to_owned), running: None };
        let given = Given { found, free_port: 8123, ..Given::default() };
        let plan = plan(&wish, &given, &bundled(wish.engine).unwrap()).unwrap();
        let has = plan.argv.iter().any(|word| word == "--disable-access-log-for-endpoints");
        assert_eq!(has, told, "{version:?}: {:?}", plan.argv);
    }
}

#[test]
fn secrets_are_masked_and_kept() {
    let mut wish = spec(EngineKind::Vllm, "m", "--api-key sk-1");
    wish.env.push(("HF_TOKEN".into(), "hf_1".into()));
    let plan = made(&wish, "vllm");
    let shown = format!("{:?} {:?}", plan.shown_argv(), plan.shown_env());
    assert!(!shown.contains("sk-1") && !shown.contains("hf_1"), "{shown}");
    assert_eq!(plan.key.unwrap().expose(), "sk-1");
}

#[test]
fn endpoints_need_a_url() {
    let wish = spec(EngineKind::Endpoint, "m", "");
    let table = bundled(EngineKind::Endpoint).unwrap();
    let mut given = Given::default();
    assert_eq!(plan(&wish, &given, &table).unwrap_err().exit_code(), 2);
    given.url = Some("https://example.org/v1/".into());
    let made = plan(&wish, &given, &table).unwrap();
    assert_eq!((made.endpoint.as_str(), made.is_external()), ("https://example.org", true));
}

#[test]
fn llama_server_is_asked_for_its_buffers_where_it_hides_them() {
    let level = |flags: &str, table: FlagTable| {
        let wish = spec(EngineKind::LlamaCpp, "/m/t.gguf", flags);
        let given = Given { free_port: 8123, ..Given::default() };
        plan(&wish, &given, &table).unwrap().argv.join(" ")
    };
    let known = || bundled(EngineKind::LlamaCpp).unwrap();
    let installed = || FlagTable { source: TableSource::Installed("0.7.0".into()), ..known() };
    let mut old = installed();
    for one in old.flags.iter_mut().filter(|one| one.names.iter().any(|name| name == "--verbosity")) {
        one.default = Some("0".into());
    }
    assert!(level("", installed()).ends_with(" -lv 4"));
    for argv in [level("", known()), level("", old)] {
        assert!(!argv.contains("-lv"), "{argv}");
    }
    for own in ["-lv 2", "--verbosity 3", "-v", "--log-disable"] {
        let argv = level(own, installed());
        assert!(argv.ends_with(own) && !argv.contains("-lv 4"), "{argv}");
    }
}
