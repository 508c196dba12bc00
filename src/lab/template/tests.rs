//! Which template is taken, what turns become, and where two prompts part.

use super::sources::Files;
use super::*;
use crate::base::Unknown;
use serde_json::json;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn taken(files: &Files, wanted: Option<&str>, tools: bool) -> Result<String, i32> {
    let templates = Templates::of(files).map_err(|problem| i32::from(problem.exit_code()))?;
    let found = templates.choose(wanted, tools).map_err(|problem| i32::from(problem.exit_code()))?;
    Ok(format!("{}: {}", found.name, found.text))
}

#[test]
fn the_template_is_chosen_as_hugging_face_does() {
    let list = r#"{"chat_template": [{"name": "tool_use", "template": "T"}, {"name": "rag", "template": "R"}, {"name": "x"}]}"#;
    let both = r#"{"chat_template": {"default": "D", "tool_use": "T"}}"#;
    let config = |text: &str| Files { tokenizer_config: some(text), ..Files::default() };
    let named = |name: &str| (name.to_owned(), "A".to_owned());
    for (files, wanted, tools, is) in [
        (config(r#"{"chat_template": "D"}"#), None, true, Ok("default: D")),
        (config(both), None, true, Ok("tool_use: T")),
        (config(both), None, false, Ok("default: D")),
        (config(both), Some("default"), true, Ok("default: D")),
        (config(list), None, true, Ok("tool_use: T")),
        (config(list), None, false, Err(2)),
        (config(list), Some("rag"), false, Ok("rag: R")),
        (config(r#"{"chat_template": 3}"#), None, false, Err(1)),
        (config("{"), None, false, Err(1)),
        (Files { legacy: some(both), ..Files::default() }, None, true, Ok("tool_use: T")),
        (Files { jinja: some("J"), ..config(both) }, None, true, Ok("default: J")),
        (Files { additional: vec![named("only")], ..config(both) }, None, true, Ok("only: A")),
        (
            Files { jinja: some("J"), additional: vec![named("tool_use")], ..config(both) },
            None,
            true,
            Ok("tool_use: A"),
        ),
        (Files::default(), None, false, Err(1)),
    ] {
        assert_eq!(taken(&files, wanted, tools), is.map(str::to_owned), "{files:?} {wanted:?} {tools}");
    }
}

#[test]
fn special_tokens_and_the_context_are_read() {
    let files = Files {
        tokenizer_config: some(r#"{"bos_token": null, "eos_token": {"content": "</s>"}, "pad_token": 3}"#),
        special_tokens: some(r#"{"bos_token": "<s>", "eos_token": "other"}"#),
        config: some(r#"{"text_config": {"max_position_embeddings": 8192}}"#),
        jinja: some("x"),
        ..Files::default()
    };
    let templates = Templates::of(&files).unwrap();
    let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    assert_eq!(templates.special, [pair("bos_token", "<s>"), pair("eos_token", "</s>")]);
    assert_eq!(templates.context, Ok(8192));
    for config in ["{}", "{", r#"{"max_position_embeddings": 0}"#, r#"{"max_position_embeddings": -1}"#] {
        assert!(Templates::of(&Files { config: some(config), ..files.clone() }).unwrap().context.is_err(), "{config}");
    }
}

#[test]
fn turns_become_what_engines_give_to_templates() {
    let parts = json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]);
    for (message, source, is) in [
        (json!({"role": "user"}), "", json!({"role": "user", "content": ""})),
        (json!({"role": "user", "content": parts}), "", json!({"role": "user", "content": "a\nb"})),
        (json!({"role": "user", "content": parts}), "c.type == 'text'", json!({"role": "user", "content": parts})),
        (json!({"role": "tool", "content": parts}), "c.type == 'text'", json!({"role": "tool", "content": "a\nb"})),
        (
            json!({"role": "user", "content": [{"type": "image"}]}),
            "",
            json!({"role": "user", "content": [{"type": "image"}]}),
        ),
        (json!({"content": "x", "tool_calls": []}), "", json!({"content": "x"})),
        (
            json!({"content": "x", "reasoning": "r"}),
            "",
            json!({"content": "x", "reasoning": "r", "reasoning_content": "r"}),
        ),
        (
            json!({"content": "x", "tool_calls": [{"name": "f", "arguments": "{\"a\": 1}"}]}),
            "",
            json!({"content": "x", "tool_calls": [{"name": "f", "arguments": {"a": 1}}]}),
        ),
    ] {
        assert_eq!(prepare::turns(&[message], source).unwrap().0, [is]);
    }
    assert_eq!(prepare::turns(&[json!("x")], "").unwrap_err().exit_code(), 2);
}

#[test]
fn conversations_are_read_or_refused() {
    assert!(shipped().len() >= 10);
    assert!(shipped().iter().any(|one| !one.add_generation_prompt));
    let read = conversations(
        "\n{\"messages\": [{\"role\": \"user\"}], \"tools\": [{\"name\": \"f\", \"inputSchema\": {}}]}\n",
    )
    .unwrap();
    assert_eq!(read[0].name, "line 2");
    assert_eq!(read[0].tools, Some(vec![json!({"type": "function", "function": {"name": "f", "parameters": {}}})]));
    assert_eq!(Conversation::read(&read[0].to_json()).unwrap(), read[0]);
    for bad in ["", "{}", "{\"messages\": []}", "{\"messages\": [{}]}", "{\"messages\": 1}", "[", "{\"mesages\": []}"] {
        assert_eq!(conversations(bad).unwrap_err().exit_code(), 2, "{bad}");
    }
    let run = r#"{"type": "function", "function": {"name": "f"}, "run": {"text": "x"}}"#;
    assert_eq!(tools(run).unwrap(), [json!({"type": "function", "function": {"name": "f"}})]);
    assert_eq!(tools(&format!("{{\"tools\": [{run}]}}")).unwrap().len(), 1);
}

#[test]
fn the_first_difference_is_found() {
    let units = |all: &[&str]| {
        let tokens = all.iter().map(|text| (text.bytes().map(u32::from).sum(), (*text).to_owned())).collect();
        Sequence::tokens(tokens)
    };
    assert_eq!(compare(&units(&["a", "b"]), &units(&["a", "b"])), None);
    let difference = compare(&units(&["a", "b", "c"]), &units(&["a", "x"])).unwrap();
    assert_eq!((difference.at, difference.left.as_str(), difference.right.as_str()), (1, "a⟦bc", "a⟦x"));
    let difference = compare(&Sequence::characters(&"é".repeat(100)), &Sequence::characters(&"é".repeat(99))).unwrap();
    assert_eq!(difference.at, 99);
    assert_eq!(difference.right, format!("…{}⟦(ends)", "é".repeat(40)));
    assert_eq!(compare(&Sequence::characters(""), &Sequence::characters("")), None);
}

#[test]
fn tools_cost_what_they_add() {
    let measured = |tokens, characters| Measured { tokens, characters };
    let none = || Unknown::because("no tokenizer");
    let told = cost(&measured(Ok(150), 600), &measured(Ok(50), 200), &Ok(1000));
    assert_eq!((told.tokens, told.characters, told.share_of_context), (Ok(100), 400, Ok(0.1)));
    let told = cost(&measured(Err(none()), 600), &measured(Ok(50), 700), &Ok(1000));
    assert_eq!((told.tokens, told.characters, told.share_of_context), (Err(none()), 0, Err(none())));
    assert!(cost(&measured(Ok(1), 1), &measured(Ok(1), 1), &Ok(0)).share_of_context.is_err());
}

#[test]
fn tokens_are_those_of_the_file() {
    let bytes = include_bytes!("../../../tests/models/tiny-tools/tokenizer.json");
    let tokenizer = Tokenizer::read(bytes).unwrap();
    let text = "<|im_start|>user\nna\u{ef}ve \u{1f389}<|im_end|>\n";
    let tokens = tokenizer.tokens(text).unwrap();
    assert_eq!(tokens.iter().map(|token| token.text.as_str()).collect::<String>(), text);
    assert_eq!((tokens[0].id, tokenizer.count(text).unwrap()), (2040, tokens.len() as u64));
    assert_eq!(Tokenizer::read(b"{}").unwrap_err().exit_code(), 1);
}
