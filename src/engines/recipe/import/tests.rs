use super::*;
use crate::engines::plan::{Found, Given, plan, shell_line};
use proptest::prelude::*;

fn flags(spec: &LaunchSpec) -> String {
    let word = |set: &FlagSetting| match &set.value {
        Some(value) => format!("{}={value}", set.flag),
        None => set.flag.clone(),
    };
    spec.flags.iter().map(word).collect::<Vec<_>>().join(" ")
}

type Row = (&'static str, EngineKind, &'static str, &'static str, &'static str);

/// A command, and the engine, model, flags and variables of its wish.
const COMMANDS: &[Row] = &[
    ("vllm serve Qwen/Qwen3-8B --max-model-len 8192", EngineKind::Vllm, "Qwen/Qwen3-8B", "--max-model-len=8192", ""),
    (
        "$ CUDA_VISIBLE_DEVICES=0 vllm serve \\\n  Qwen/Qwen3-8B \\\n  --port 9000 --enforce-eager",
        EngineKind::Vllm,
        "Qwen/Qwen3-8B",
        "--enforce-eager",
        "CUDA_VISIBLE_DEVICES=0",
    ),
    ("vllm serve --enforce-eager org/m -tp 2", EngineKind::Vllm, "org/m", "--enforce-eager -tp=2", ""),
    (
        "python3 -m vllm.entrypoints.openai.api_server --model org/m --dtype auto &",
        EngineKind::Vllm,
        "org/m",
        "--dtype=auto",
        "",
    ),
    (
        "vllm serve org/m --speculative-config '{\"method\": \"mtp\", \"num_speculative_tokens\": 1}'",
        EngineKind::Vllm,
        "org/m",
        "--speculative-config={\"method\": \"mtp\", \"num_speculative_tokens\": 1}",
        "",
    ),
    (
        "docker run --runtime nvidia --gpus all -v ~/.cache/huggingface:/cache --env \"HF_HUB_OFFLINE=1\" -p 8001:8000 --ipc=host vllm/vllm-openai:v0.33.0 --model org/m --max-num-seqs 4",
        EngineKind::Vllm,
        "org/m",
        "--max-num-seqs=4",
        "HF_HUB_OFFLINE=1",
    ),
    ("llama-server -m ./m.gguf -ngl 99 -fa -c 8192", EngineKind::LlamaCpp, "./m.gguf", "-ngl=99 -fa=on -c=8192", ""),
    ("llama-server -hf ggml-org/gemma:Q4_0 --jinja", EngineKind::LlamaCpp, "ggml-org/gemma:Q4_0", "", ""),
    (
        "OLLAMA_NUM_PARALLEL=2 FOO=1 ollama run qwen3:8b --verbose",
        EngineKind::Ollama,
        "qwen3:8b",
        "--num-parallel=2",
        "FOO=1",
    ),
    ("docker run -d -p 11434:11434 --name o ollama/ollama\nollama pull phi4", EngineKind::Ollama, "phi4", "", ""),
    ("uv run vllm serve org/m", EngineKind::Vllm, "org/m", "", ""),
    (
        "vllm serve --max-model-len 4096 org/m --dtype auto",
        EngineKind::Vllm,
        "org/m",
        "--max-model-len=4096 --dtype=auto",
        "",
    ),
    (
        "vllm serve org/m --enforce-eager=True --enable_prefix_caching=false -O3",
        EngineKind::Vllm,
        "org/m",
        "--enforce-eager --no-enable_prefix_caching -O3",
        "",
    ),
    (
        "numactl --cpunodebind=0 --membind 0 env A=1 nohup vllm serve org/m --seed 1 > log 2>&1 &",
        EngineKind::Vllm,
        "org/m",
        "--seed=1",
        "A=1",
    ),
    ("sudo -u me -E vllm serve org/m", EngineKind::Vllm, "org/m", "", ""),
    ("timeout 1h python3 -u -m vllm.entrypoints.openai.api_server --model org/m", EngineKind::Vllm, "org/m", "", ""),
    (
        "bash -lc \"A=1 vllm serve org/m --served-model-name 'a b'\"",
        EngineKind::Vllm,
        "org/m",
        "--served-model-name=a b",
        "A=1",
    ),
    ("uvx --from vllm vllm serve org/m", EngineKind::Vllm, "org/m", "", ""),
    ("conda run -n x vllm serve org/m", EngineKind::Vllm, "org/m", "", ""),
    (
        "vllm serve org/m `\r\n  --seed 1 `\r\n  --dtype auto\r\n",
        EngineKind::Vllm,
        "org/m",
        "--seed=1 --dtype=auto",
        "",
    ),
    ("vllm serve org/m ^\r\n  --seed 1", EngineKind::Vllm, "org/m", "--seed=1", ""),
    ("! vllm serve org/m", EngineKind::Vllm, "org/m", "", ""),
    (
        "docker run -dit -eA=1 --env=B=2 -p8001:8000 --gpus '\"device=1\"' --shm-size 8g --network host -v /data:/models vllm/vllm-openai --model /models/x --host=0.0.0.0 --port=8000",
        EngineKind::Vllm,
        "/data/x",
        "",
        "A=1 B=2 CUDA_VISIBLE_DEVICES=1",
    ),
    (
        "docker run --entrypoint /bin/bash vllm/vllm-openai -c \"pip install x && vllm serve org/m --seed 1\"",
        EngineKind::Vllm,
        "org/m",
        "--seed=1",
        "",
    ),
    ("docker exec -it box vllm serve org/m", EngineKind::Vllm, "org/m", "", ""),
    ("C:\\\\tools\\\\llama-server.exe -m m.gguf -c 4096", EngineKind::LlamaCpp, "m.gguf", "-c=4096", ""),
    ("ollama serve &\nollama run qwen3:8b", EngineKind::Ollama, "qwen3:8b", "", ""),
    (
        "docker run -d --name o ollama/ollama && docker exec -it o ollama run llama3.2",
        EngineKind::Ollama,
        "llama3.2",
        "",
        "",
    ),
    (
        "ollama run qwen3:8b --format=json --think=false --keepalive 5m 'why is it'",
        EngineKind::Ollama,
        "qwen3:8b",
        "--keep-alive=5m",
        "",
    ),
];

#[test]
fn commands_of_the_web_become_wishes() {
    for (line, kind, model, set, env) in COMMANDS {
        let read = import(line).unwrap_or_else(|problem| panic!("{line}: {problem}"));
        let vars: Vec<String> = read.spec.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            (read.spec.engine, read.spec.model.as_str(), flags(&read.spec).as_str(), vars.join(" ").as_str()),
            (*kind, *model, *set, *env),
            "{line}"
        );
        assert!(looks_like_command(line), "{line}");
    }
    assert_eq!(import("docker run -p 127.0.0.1:8001:8000 vllm/vllm-openai org/m").unwrap().spec.port, Some(8001));
    assert!(!looks_like_command("Qwen/Qwen3-8B") && !looks_like_command("my model"));
}

#[test]
fn what_is_gone_or_open_is_said() {
    let read =
        import("HF_TOKEN=$HF_TOKEN vllm serve $MODEL --swap-space 4 --max-model-len ${LEN:-8192} | tee log").unwrap();
    assert_eq!(flags(&read.spec), "--max-model-len=${LEN:-8192}");
    assert_eq!(read.unresolved, ["$MODEL", "$LEN", "$HF_TOKEN"]);
    assert!(read.notes.iter().any(|note| note.contains("--kv-offloading-size")), "{:?}", read.notes);
}

#[test]
fn what_is_left_out_is_named() {
    for (line, says) in [
        ("vllm serve org/m | tee log", "passed over: tee log"),
        ("vllm serve org/m > out.log 2>&1", "out.log is left out"),
        ("cd /srv/models && vllm serve ./m", "passed over: cd /srv/models"),
        ("source venv/bin/activate; vllm serve org/m", "passed over: source venv/bin/activate"),
        ("vllm serve org/m; rm -rf /", "passed over: rm -rf /"),
        ("numactl -N 0 vllm serve org/m", "numactl -N 0"),
        ("vllm serve org/m --model org/other", "--model org/other gives way"),
        (
            "docker run --shm-size 8g --ulimit memlock=-1 vllm/vllm-openai --model org/m",
            "--shm-size 8g --ulimit memlock=-1",
        ),
        ("docker run --gpus device=1 vllm/vllm-openai --model org/m", "CUDA_VISIBLE_DEVICES=1"),
        ("OLLAMA_HOST=0.0.0.0:11434 ollama run phi4", "0.0.0.0 is left out"),
        ("ollama run phi4 --format json hello", "--format belongs to the chat"),
        ("vllm serve org/a\nvllm serve org/b", "a second engine is passed over"),
        ("vllm serve org/m --swap-space 4", "--kv-offloading-size"),
    ] {
        let read = import(line).unwrap_or_else(|problem| panic!("{line}: {problem}"));
        assert!(read.notes.iter().any(|note| note.contains(says)), "{line}: {:?}", read.notes);
    }
    let read = import("A=1 A=2 vllm serve org/m --port 9000 --port 9001").unwrap();
    assert_eq!((read.spec.env, read.spec.port), (vec![("A".to_owned(), "2".to_owned())], Some(9001)));
    let inside = import("docker run --network host vllm/vllm-openai org/m --port 9000").unwrap();
    assert_eq!(inside.spec.port, Some(9000));
}

#[test]
fn faults_are_plain() {
    for (line, says) in [
        ("vllm serve 'org/m", "never closed"),
        ("vllm serve org/m --max-num-seqs \u{201c}4\u{201d}", "typographic|no shell knows"),
        ("vllm serve", "names no model"),
        ("rm -rf /", "no engine"),
        ("", "no engine"),
        ("docker run nginx", "image of no engine"),
        ("docker run -d", "names no image"),
        ("docker run vllm/vllm-openai bash -c 'sleep 1'", "the shell inside starts none"),
        ("vllm serve $(cat model)", "begins a command within the command"),
        ("vllm serve `cat model`", "begins a command within the command"),
        ("vllm serve org/m --enforce-eager stray more", "belongs to no flag"),
    ] {
        let problem = import(line).expect_err(line).to_string();
        assert!(says.split('|').any(|says| problem.contains(says)), "{line}: {problem}");
    }
}

/// Flags of each engine with values that people give them.
fn wish() -> impl Strategy<Value = LaunchSpec> {
    let vllm = proptest::sample::subsequence(
        vec![
            ("--max-model-len", Some("8192")),
            ("--kv-cache-dtype", Some("fp8")),
            ("--enforce-eager", None),
            ("--no-enable-prefix-caching", None),
            ("--speculative-config", Some("{\"method\": \"ngram\", \"it's\": 1}")),
            ("--served-model-name", Some("a b")),
            ("--api-key", Some("$1 'x'")),
            ("--hf-overrides", Some("{\"a\": \"$HOME\"}")),
        ],
        0..8,
    );
    let llama = proptest::sample::subsequence(
        vec![
            ("-c", Some("4096")),
            ("-ngl", Some("99")),
            ("--cpu-moe", None),
            ("-fa", Some("off")),
            ("-ot", Some("x y=CPU")),
        ],
        0..5,
    );
    let ollama = proptest::sample::subsequence(
        vec![("--num-parallel", Some("2")), ("--flash-attention", None), ("--keep-alive", Some("-1"))],
        0..3,
    );
    let kind = prop_oneof![Just(EngineKind::Vllm), Just(EngineKind::LlamaCpp), Just(EngineKind::Ollama)];
    let env = proptest::collection::vec(("[A-Z][A-Z_]{0,6}", "[^\\x00]{0,8}"), 0..3);
    (kind, "[a-z]{1,6}/[a-z.0-9 ']{1,6}[a-z]", 1u16.., vllm, llama, ollama, env).prop_map(
        |(engine, model, port, vllm, llama, ollama, env)| {
            let set = match engine {
                EngineKind::Vllm => vllm,
                EngineKind::LlamaCpp => llama,
                _ => ollama,
            };
            let one =
                |(flag, value): (&str, Option<&str>)| FlagSetting { flag: flag.into(), value: value.map(Into::into) };
            let flags = set.into_iter().map(one).collect();
            let mut seen = std::collections::HashSet::new();
            let env =
                env.into_iter().filter(|(name, _)| !name.starts_with("OLLAMA") && seen.insert(name.clone())).collect();
            LaunchSpec { engine, model, name: None, port: Some(port), program: None, flags, env }
        },
    )
}

fn planned(spec: &LaunchSpec) -> crate::engines::Plan {
    let program = match spec.engine {
        EngineKind::Vllm => "vllm",
        EngineKind::LlamaCpp => "llama-server",
        _ => "ollama",
    };
    let found = Found { command: vec![program.to_owned()], ..Found::default() };
    plan(spec, &Given { found, ..Given::default() }, &bundled(spec.engine).unwrap()).unwrap()
}

proptest! {
    #[test]
    fn nothing_pasted_is_too_much(
        text in any::<String>(),
        words in proptest::collection::vec("docker|run|vllm|serve|bash|-c|-e|-p|--gpus|sudo|env|A=1|ollama|pull|'|\"|&|[|]|>|\\\\|\n|-m|--port|org/m|vllm/vllm-openai", 0..14),
    ) {
        let _ = import(&text);
        let _ = import(&words.join(" "));
        let _ = import(&format!("bash -c '{}'", words.join(" ")));
    }

    #[test]
    fn a_line_written_is_the_wish_again(spec in wish()) {
        let plan = planned(&spec);
        let mut line: Vec<String> = plan.env.iter().map(|(name, value)| format!("{name}={}", crate::engines::recipe::quote(value))).collect();
        line.push(shell_line(&plan.argv));
        if spec.engine == EngineKind::Ollama {
            line.push(format!("\nollama pull {}", crate::engines::recipe::quote(&spec.model)));
        }
        let read = import(&line.join(" ")).unwrap();
        prop_assert_eq!(read.unresolved, Vec::<String>::new());
        prop_assert_eq!(read.spec, spec);
    }
}
