use super::*;
use crate::engines::Dialect;
use proptest::prelude::*;
use std::io::Write;
use std::process::{Command, Stdio};

fn launch(engine: EngineKind, argv: &[&str], env: &[(&str, &str)]) -> Plan {
    Plan {
        engine,
        dialect: Dialect::Vllm,
        model: "org/m".into(),
        served_name: "m".into(),
        name: "m".into(),
        name_is_fixed: false,
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        env: env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        endpoint: "http://127.0.0.1:8123".into(),
        key: None,
        asked: None,
        predicted: None,
        predicted_unknown: None,
        version: None,
    }
}

fn run(script: &str, env: &[(&str, &str)]) -> Vec<u8> {
    let mut sh = Command::new("sh");
    let mut child = sh.envs(env.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "{script}");
    out.stdout
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_script_says_the_same_words_and_variables(
        words in proptest::collection::vec("[^\\x00]{0,10}", 0..6),
        value in "[^\\x00]{0,10}",
    ) {
        let mut argv: Vec<&str> = vec!["printf", "%s\\0"];
        argv.extend(words.iter().filter(|word| !is_secret_name(word.split('=').next().unwrap_or(word))).map(String::as_str));
        let plan = launch(EngineKind::Vllm, &argv, &[("SOME_VARIABLE", &value)]);
        let script = export(Export::Sh, &plan, None).unwrap().text;
        let mut expected: Vec<u8> = argv[2..].iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
        if argv.len() == 2 { expected = b"\0".to_vec(); }
        prop_assert_eq!(run(&script, &[]), expected, "{}", script);
        let plan = launch(EngineKind::Vllm, &["printenv", "SOME_VARIABLE"], &[("SOME_VARIABLE", &value)]);
        let script = export(Export::Sh, &plan, None).unwrap().text;
        prop_assert_eq!(run(&script, &[]), format!("{value}\n").into_bytes(), "{}", script);
    }

    #[test]
    fn a_compose_file_holds_the_same_words(words in proptest::collection::vec("[^\\x00]{0,10}", 1..6)) {
        let mut argv = vec!["vllm", "serve", "org/m", "--x"];
        argv.extend(words.iter().filter(|word| !is_secret_name(word) && !word.starts_with('-')).map(String::as_str));
        let plan = launch(EngineKind::Vllm, &argv, &[("A", "b$c")]);
        let text = export(Export::Compose, &plan, Some("0.33.0")).unwrap().text;
        let lines = text.lines().skip_while(|line| *line != "    command:").skip(1);
        let read: Vec<String> = lines
            .take_while(|line| line.starts_with("      - "))
            .map(|line| serde_json::from_str::<String>(&line[8..]).unwrap().replace("$$", "$"))
            .collect();
        prop_assert_eq!(read, argv[2..].iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), "{}", text);
        prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    }

    #[test]
    fn a_unit_holds_the_same_words(words in proptest::collection::vec("[^\\x00]{0,10}", 1..6)) {
        let mut argv = vec!["/bin/vllm", "serve"];
        argv.extend(words.iter().filter(|word| !is_secret_name(word.split('=').next().unwrap_or(word))).map(String::as_str));
        let plan = launch(EngineKind::Vllm, &argv, &[]);
        let text = export(Export::Systemd, &plan, None).unwrap().text;
        let line = text.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
        prop_assert_eq!(unit_words(line), argv.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), "{}", text);
    }
}

/// Reads words as systemd does: double quotes, escapes of C, `%%` and `$$`.
fn unit_words(line: &str) -> Vec<String> {
    let (mut words, mut chars) = (Vec::new(), line.chars().peekable());
    while chars.peek().is_some() {
        assert_eq!(chars.next(), Some('"'), "{line}");
        let mut word = String::new();
        loop {
            let hex = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>, digits: usize| {
                let code: String = chars.by_ref().take(digits).collect();
                char::from_u32(u32::from_str_radix(&code, 16).unwrap()).unwrap()
            };
            match chars.next().unwrap() {
                '"' => break,
                '\\' => word.push(match chars.next().unwrap() {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'x' => hex(&mut chars, 2),
                    'u' => hex(&mut chars, 4),
                    c => c,
                }),
                c @ ('%' | '$') => {
                    assert!(chars.next() == Some(c) || words.is_empty(), "{line}");
                    word.push(c);
                }
                c => word.push(c),
            }
        }
        words.push(word);
        assert!(matches!(chars.next(), None | Some(' ')));
    }
    words
}

const SECRET: &str = "sk-very-secret";

#[test]
fn secrets_are_named_never_written() {
    let argv = ["vllm", "serve", "org/m", "--api-key", SECRET, "sk-two", "--hf-token=hf_x", "--seed", "1"];
    let plan = launch(EngineKind::Vllm, &argv, &[("HF_TOKEN", "hf_secret"), ("A", "1")]);
    for kind in Export::ALL {
        let written = export(kind, &plan, None).unwrap();
        for secret in [SECRET, "sk-two", "hf_x", "hf_secret"] {
            assert!(!written.text.contains(secret), "{}", written.text);
        }
        assert!(
            written.text.contains("VLLM_API_KEY")
                || kind == Export::Systemd && written.notes.iter().any(|note| note.contains("VLLM_API_KEY"))
        );
        assert!(written.text.contains("seed"));
    }
    let plan = launch(EngineKind::Vllm, &["printf", "%s\\n", "--api-key", SECRET], &[]);
    let script = export(Export::Sh, &plan, None).unwrap().text;
    assert_eq!(run(&script, &[("VLLM_API_KEY", "a 'b'")]), b"--api-key\na 'b'\n");
}

#[test]
fn a_container_listens_inside_and_is_published_on_the_loopback_only() {
    let argv = ["/v/bin/vllm", "serve", "/data/my model", "--host", "127.0.0.1", "--port", "8123", "--seed", "1"];
    let mut plan = launch(EngineKind::Vllm, &argv, &[]);
    plan.model = "/data/my model".into();
    let text = export(Export::Compose, &plan, Some("0.33.0")).unwrap().text;
    for part in [
        "image: \"vllm/vllm-openai:v0.33.0\"",
        "- \"/models/my model\"",
        "source: \"/data/my model\"",
        "- \"0.0.0.0\"",
        "\"127.0.0.1:8123:8000\"",
        "\"${HF_HOME:-${HOME}/.cache/huggingface}:/cache\"",
        "\"HF_HOME\": \"/cache\"",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(export(Export::Compose, &launch(EngineKind::Simulated, &["x"], &[]), None).is_err());
    assert!(export(Export::Sh, &launch(EngineKind::Ollama, &[], &[]), None).is_err());
    for name in ["A;touch x", "A B", "", "1A"] {
        assert!(export(Export::Sh, &launch(EngineKind::Vllm, &["vllm"], &[(name, "1")]), None).is_err(), "{name}");
    }
}

#[test]
fn ollama_is_asked_for_the_model_once_it_answers() {
    let mut plan = launch(EngineKind::Ollama, &["/opt/my ollama", "serve"], &[("OLLAMA_HOST", "127.0.0.1:8123")]);
    plan.model = "qwen3:8b".into();
    let script = export(Export::Sh, &plan, None).unwrap().text;
    assert!(script.contains("until '/opt/my ollama' list") && script.contains("kill -0"), "{script}");
    let unit = export(Export::Systemd, &plan, None).unwrap().text;
    let post = unit.lines().find_map(|line| line.strip_prefix("ExecStartPost=/bin/sh -c ")).unwrap();
    assert_eq!(
        unit_words(&format!("\"\" {post}"))[1..],
        ["until \"$0\" list >/dev/null 2>&1; do sleep 1; done; exec \"$0\" pull \"$1\"", "/opt/my ollama", "qwen3:8b"]
    );
    let argv = ["vllm", "serve", "org/m", "--chat-template", "/data/x.jinja"];
    let compose = export(Export::Compose, &launch(EngineKind::Vllm, &argv, &[]), None).unwrap();
    assert!(compose.notes.iter().any(|note| note.contains("/data/x.jinja")), "{:?}", compose.notes);
}

#[test]
fn a_script_of_ollama_is_read_back_as_its_wish() {
    let env = [("OLLAMA_HOST", "127.0.0.1:8123"), ("OLLAMA_NUM_PARALLEL", "2")];
    let mut plan = launch(EngineKind::Ollama, &["ollama", "serve"], &env);
    plan.model = "qwen3:8b".into();
    let script = export(Export::Sh, &plan, None).unwrap().text;
    let read = crate::engines::recipe::import(&script).unwrap();
    assert_eq!((read.spec.model.as_str(), read.spec.port, read.spec.flags.len()), ("qwen3:8b", Some(8123), 1));
    assert!(read.notes.is_empty() && read.unresolved.is_empty(), "{read:?}");
}
