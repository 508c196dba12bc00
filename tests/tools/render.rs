//! `vramdeck tools render` as a program.

use crate::program::{Said, fresh};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn run(args: &[&str], stdin: &str) -> Said {
    fresh(&[&["render"], args].concat(), stdin.as_bytes())
}

fn tiny(file: &str) -> String {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "models", "tiny-tools"].iter().collect();
    folder.join(file).to_str().unwrap().to_owned()
}

fn put(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_prompt_of_a_folder_is_told_with_its_figures() {
    let answer = run(&[&tiny(""), "--json"], "");
    let told = answer.json();
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    assert!(
        told["prompt"].as_str().unwrap().ends_with("What is the weather in Paris?<|im_end|>\n<|im_start|>assistant\n")
    );
    assert_eq!((&told["tokens"], &told["characters"]), (&json!(211), &json!(543)));
    assert!(told["tokens_basis"].as_str().unwrap().contains("tokenizer.json"));
    assert_eq!(told["template"], json!({"source": "chat_template.jinja", "name": "default"}));
    let tools = &told["tools"];
    assert_eq!(
        (&tools["tokens"], &tools["characters"], &tools["context_tokens"]),
        (&json!(188), &json!(464), &json!(4096))
    );
    assert!((tools["share_of_context"].as_f64().unwrap() - 188.0 / 4096.0).abs() < 1e-12);
    let text = run(&[&tiny("")], "").out;
    for line in ["│ <|im_start|>system", "tokens      211 (counted by", "tools cost  188 tokens, 464 characters, 4.6 %"]
    {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn a_gguf_file_gives_the_same_prompt_and_says_why_it_counts_no_tokens() {
    let (folder, gguf) = (run(&[&tiny(""), "--json"], "").json(), run(&[&tiny("tiny-f16.gguf"), "--json"], "").json());
    assert_eq!(folder["prompt"], gguf["prompt"]);
    assert_eq!((&gguf["tokens"], &gguf["tools"]["share_of_context"]), (&Value::Null, &Value::Null));
    assert!(gguf["tokens_basis"].as_str().unwrap().contains("--url"), "{gguf}");
    assert_eq!(gguf["template"]["source"], "tokenizer.chat_template");
}

#[test]
fn a_model_of_this_machine_is_found_by_its_name() {
    let home = tempfile::tempdir().unwrap();
    let snapshot = home.path().join("hub/models--acme--tiny/snapshots/0123456789abcdef0123456789abcdef01234567");
    std::fs::create_dir_all(&snapshot).unwrap();
    for file in ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"] {
        std::fs::copy(tiny(file), snapshot.join(file)).unwrap();
    }
    let refs = home.path().join("hub/models--acme--tiny/refs");
    std::fs::create_dir_all(&refs).unwrap();
    std::fs::write(refs.join("main"), "0123456789abcdef0123456789abcdef01234567").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_vramdeck"));
    command
        .args(["tools", "render", "acme/tiny", "--json"])
        .env("HF_HOME", home.path())
        .env("VRAMDECK_HOME", home.path());
    let done = command.stdin(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let told: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(told["tokens"], 211, "{told}");
}

#[test]
fn messages_tools_and_variables_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let tools = put(folder.path(), "tools.json", r#"[{"name": "f", "parameters": {"type": "object"}}]"#);
    let messages = r#"{"messages": [{"role": "user", "content": "say \u001b[2J"}]}"#;
    let args = [&tiny(""), "--messages", "-", "--tools", &tools, "--set", "enable_thinking=false", "--json"];
    let told = run(&args, messages).json();
    let prompt = told["prompt"].as_str().unwrap();
    assert!(told["notes"].to_string().contains("a tool has no description"), "{told}");
    assert!(
        prompt.contains(r#"{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}"#),
        "{prompt}"
    );
    assert!(prompt.ends_with("<think>\n\n</think>\n\n"), "{prompt}");
    let text = run(&[&tiny(""), "--messages", "-", "--no-generation-prompt"], messages).out;
    assert!(text.contains("│ say ␛[2J<|im_end|>\n│ \n\ntemplate"), "{text}");
    assert!(!text.contains("tools cost"), "{text}");
}

#[test]
fn templates_are_found_in_the_order_of_hugging_face() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap().to_owned();
    let source = |args: &[&str]| {
        let told = run(&[&[path.as_str(), "--json"], args].concat(), "").json();
        (
            told["prompt"].as_str().unwrap_or_default().to_owned(),
            told["template"]["name"].clone(),
            told["notes"].to_string(),
        )
    };
    put(folder.path(), "chat_template.json", r#"{"chat_template": "legacy"}"#);
    assert_eq!(source(&[]).0, "legacy");
    let both = r#"{"bos_token": {"content": "<s>"}, "chat_template": [
        {"name": "default", "template": "{{ bos_token }}plain"}, {"name": "tool_use", "template": "tools"}]}"#;
    put(folder.path(), "tokenizer_config.json", both);
    let (prompt, name, notes) = source(&[]);
    assert_eq!((prompt.as_str(), name), ("tools", json!("tool_use")));
    assert!(notes.contains("chat_template.json holds another template"), "{notes}");
    assert_eq!(source(&["--template", "default"]).0, "<s>plain");
    put(folder.path(), "chat_template.jinja", "file{{ eos_token }}");
    assert_eq!(source(&[]).0, "file", "files of their own take the place of all in the configuration");
    put(folder.path(), "additional_chat_templates/rag.jinja", "rag");
    assert_eq!(source(&["--template", "rag"]).0, "rag");
    let wrong = run(&[&path, "--template", "rug", "--json"], "");
    assert!(wrong.code == Some(2) && wrong.err.contains("default, rag"), "{}", wrong.err);
}

#[test]
fn templates_are_held_against_each_other() {
    let same = run(&[&tiny(""), "--against", &tiny("tiny-f16.gguf"), "--json"], "");
    let told = same.json();
    assert_eq!((same.code, &told["equal"], &told["unit"]), (Some(0), &json!(true), &json!("token")), "{}", same.err);
    assert!(told["conversations"].as_array().unwrap().len() >= 10);
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(tiny("chat_template.jinja")).unwrap();
    let other = put(
        folder.path(),
        "other.jinja",
        &text.replace("tc.arguments | tojson", "tc.arguments | tojson(separators=(',', ':'))"),
    );
    let differs = run(&[&tiny(""), "--against", &other, "--json"], "");
    assert_eq!(differs.code, Some(1), "{}", differs.err);
    let told = differs.json();
    let by_name =
        |name: &str| told["conversations"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone();
    assert_eq!(
        by_name("plain"),
        json!({"name": "plain", "equal": true, "at": null, "left": null, "right": null, "both_refuse": false})
    );
    let row = by_name("one call");
    assert!(row["at"].as_u64().unwrap() > 100, "{row}");
    let around =
        |side: &str| row[side].as_str().unwrap().split_once('⟦').unwrap().1.chars().take(4).collect::<String>();
    assert_eq!((around("left").as_str(), around("right").as_str()), (" \"Pa", "\"Par"), "{row}");
    // Without a tokenizer on either side, characters are compared.
    let set = put(folder.path(), "set.jsonl", "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}\n");
    let short = put(folder.path(), "short.jinja", "ab");
    let longer = put(folder.path(), "longer.jinja", "abc");
    let told = run(&[&short, "--against", &longer, "--conversations", &set, "--json"], "").json();
    let row =
        json!({"name": "line 1", "equal": false, "at": 2, "left": "ab⟦(ends)", "right": "ab⟦c", "both_refuse": false});
    assert_eq!(told, json!({"equal": false, "unit": "character", "conversations": [row]}));
    let text = run(&[&short, "--against", &longer, "--conversations", &set], "");
    assert!(text.out.contains("line 1  differs at character 2"), "{}", text.out);
}

#[test]
fn what_cannot_be_used_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| put(folder.path(), name, text);
    let bare = folder.path().join("bare").to_str().unwrap().to_owned();
    put(folder.path(), "bare/config.json", "{}");
    let broken_config = folder.path().join("broken").to_str().unwrap().to_owned();
    put(folder.path(), "broken/tokenizer_config.json", "{");
    let (bad, object) = (file("bad.jinja", "a\n{% if %}"), file("object.json", "{}"));
    let (cut, other) = (file("cut.gguf", "GGUF\u{3}"), file("weights.bin", "zzzz"));
    let says_no = file("no.jinja", "{{ raise_exception('only one turn') }}");
    let model = tiny("");
    let table: [(&[&str], i32, &str); 14] = [
        (&[], 2, "required"),
        (&["no/such-model"], 2, "no/such-model is not found"),
        (&[&bare], 1, "no chat template"),
        (&[&broken_config], 1, "tokenizer_config.json cannot be read"),
        (&[&bad], 1, "line 2"),
        (&[&says_no], 1, "only one turn"),
        (&[&cut], 1, "ends within its header"),
        (&[&other], 2, "neither a folder"),
        (&[&model, "--messages", &object], 2, "no JSON array"),
        (&[&model, "--messages", "/nowhere.json"], 1, "cannot be read"),
        (&[&model, "--tools", &object], 2, "has no name"),
        (&[&model, "--set", "messages=1"], 2, "that variable is set"),
        (&[&model, "--template", "rag"], 2, "there are default"),
        (&["--url", "http://127.0.0.1:9"], 1, "127.0.0.1:9"),
    ];
    for (args, code, word) in table {
        let answer = run(&[args, &["--json"]].concat(), "");
        assert_eq!((answer.code, answer.out.as_str()), (Some(code), ""), "{args:?}: {}", answer.err);
        let told: Value = serde_json::from_str(&answer.err).unwrap();
        assert!(told["error"].to_string().contains(word), "{args:?}: {}", answer.err);
    }
}

#[test]
fn what_breaks_the_renderer_ends_with_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    for (name, source) in [
        // A text that doubles asks for more memory than there is.
        (
            "memory.jinja",
            "{% set ns = namespace(x='aaaaaaaaaaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        ),
        // Lists in lists, each held by the next: what lets them go goes as deep.
        (
            "depth.jinja",
            "{% set ns = namespace(x=[]) %}{% for j in range(10) %}{% for i in range(99999) %}{% set ns.x = [ns.x] %}{% endfor %}{% endfor %}{{ ns.x|tojson }}",
        ),
    ] {
        let path = put(folder.path(), name, source);
        let answer = run(&[&path, "--json"], "");
        assert_eq!((answer.code, answer.out.as_str()), (Some(1), ""), "{name}: {}", answer.err);
        assert!(
            answer.err.contains("the prompt cannot be made") || answer.err.contains("cannot be rendered"),
            "{name}: {}",
            answer.err
        );
    }
}
