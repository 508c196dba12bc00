//! `vramdeck tools parse` as a program.

use crate::program::{Said, fresh};
use serde_json::{Value, json};

fn run(args: &[&str], text: &[u8]) -> Said {
    fresh(&[&["parse"], args].concat(), text)
}

fn file(name: &str, text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    (folder, path.to_str().unwrap().to_owned())
}

const TEXT: &[u8] = b"Hi <tool_call>\n<function=pin>\n<parameter=code>\n0042\n</parameter>\n</function>\n</tool_call>";

#[test]
fn the_contract_is_kept() {
    let (_folder, tools) = file(
        "tools.json",
        r#"[{"type": "function", "function": {"name": "pin", "parameters": {"properties": {"code": {"type": "string"}}}}}]"#,
    );
    for chunk in ["0", "1", "7"] {
        let answer = run(&["--format", "qwen3_coder", "--tools", &tools, "--chunk", chunk, "--json"], TEXT);
        let expected = json!({
            "format": "qwen3_coder", "content": "Hi ", "reasoning": null, "problems": [],
            "calls": [{"name": "pin", "arguments": {"code": "0042"}, "arguments_text": "{\"code\":\"0042\"}", "complete": true,
                       "span": [15, 76], "known": true}],
        });
        assert_eq!(serde_json::from_str::<Value>(&answer.out).unwrap(), expected, "{}", answer.err);
        assert_eq!(answer.code, Some(0));
    }
}

#[test]
fn without_json_it_is_told_in_words() {
    let answer = run(&[], b"<think>a\x1b[2J</think>b <tool_call>{\"name\": \"f\", \"arguments\": {");
    assert_eq!(answer.code, Some(0), "{}", answer.err);
    for line in [
        "format     hermes",
        "reasoning  a␛[2J",
        "content    b ",
        "call       f {",
        "not complete",
        "problem    the text ends within a call: f",
    ] {
        assert!(answer.out.contains(line), "{line}: {}", answer.out);
    }
}

#[test]
fn what_cannot_be_used_is_refused() {
    let (_one, broken) = file("tools.json", "{");
    let (_two, format) = file("formats.toml", "[[format]]\nname = 'x'");
    let table: [(&[&str], i32, &str); 5] = [
        (&["--format", "hermse", "--json"], 2, "hermes"),
        (&["--tools", &broken, "--json"], 1, "tools"),
        (&["--tools", "/nowhere/tools.json", "--json"], 1, "cannot be read"),
        (&["--formats", &format, "--json"], 2, "no call"),
        (&["--chunk", "many", "--json"], 2, "--chunk"),
    ];
    for (args, code, word) in table {
        let answer = run(args, b"");
        assert_eq!((answer.code, answer.out.as_str()), (Some(code), ""), "{args:?}: {}", answer.err);
        assert!(
            serde_json::from_str::<Value>(&answer.err).unwrap()["error"].to_string().contains(word),
            "{}",
            answer.err
        );
    }
}

#[test]
fn a_format_of_ones_own_is_used() {
    let (_folder, own) =
        file("formats.toml", "[[format]]\nname = 'mine'\n[[format.call]]\nbody = 'json'\nopen = ['@@']\n");
    for name in ["mine", "auto"] {
        let answer = run(&["--formats", &own, "--format", name, "--json"], b"@@ {\"name\": \"f\"}");
        let told: Value = serde_json::from_str(&answer.out).unwrap();
        assert_eq!((told["format"].as_str(), told["calls"][0]["name"].as_str()), (Some("mine"), Some("f")));
    }
}
