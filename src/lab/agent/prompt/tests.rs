//! Prompts as data: what they write, their own formats read.

use super::*;
use crate::lab::agent::Library;
use crate::lab::tools::{Compiled, Tools, parse};
use serde_json::json;
use std::sync::Arc;

#[test]
fn what_a_prompt_writes_its_format_reads() {
    assert_eq!(prompts().len(), read(SHIPPED).unwrap().len());
    assert_eq!(prompts().first().map(|prompt| prompt.name.as_str()), Some("tool_call"));
    let arguments = json!({"city": "Ulm \"an\" der {Donau}", "days": 3, "deep": {"a": [null, true, 1.5]}});
    let call = ("get_weather".to_owned(), arguments.as_object().cloned().unwrap());
    for prompt in prompts() {
        let format = Arc::new(Compiled::new(crate::lab::tools::named(&prompt.format).unwrap()).unwrap());
        let text = prompt.calls(&[call.clone(), call.clone()]);
        let parsed = parse(text.as_bytes(), &format, &Arc::new(Tools::default()), 0);
        assert_eq!(parsed.calls.len(), 2, "{}: {text}: {parsed:?}", prompt.name);
        for one in &parsed.calls {
            assert_eq!(one.arguments.clone().map(Value::Object), Some(arguments.clone()), "{}: {text}", prompt.name);
        }
        let words = prompt.instruct(&Library::shipped().tools);
        assert!(words.contains("get_weather") && !words.contains("{tools}"), "{}", prompt.name);
        let told = prompt.result("f", "a \"b\" {name}");
        assert!(told.contains("{name}") && told.contains('b'), "what is put in is not looked through: {told}");
    }
}

#[test]
fn prompts_that_cannot_work_are_refused() {
    let of = |fields: &str| read(&format!("[[prompt]]\nname = \"a\"\nformat = \"hermes\"\n{fields}"));
    assert!(of("instructions = \"{tools}\"\ncall = \"{call}\"\nresult = \"{result}\"").is_ok());
    assert!(of("instructions = \"\"\ncall = \"{call}\"\nresult = \"{result}\"").is_err());
    assert!(of("instructions = \"{tools}\"\ncall = \"x\"\nresult = \"{result}\"").is_err());
    assert!(of("instructions = \"{tools}\"\ncall = \"{call}\"\nresult = \"x\"").is_err());
    assert!(of("instruct = \"{tools}\"").is_err());
    assert!(named("nope").unwrap_err().hint.contains("mistral"));
}

#[test]
fn messages_become_text() {
    let messages = [
        json!({"role": "system", "content": "Be kind."}),
        json!({"role": "user", "content": "Weather?"}),
        json!({"role": "assistant", "content": null, "reasoning": "so", "tool_calls": [
            {"id": "1", "type": "function", "function": {"name": "w", "arguments": "{\"a\": 1}"}},
            {"id": "2", "type": "function", "function": {"name": "v", "arguments": {}}}]}),
        json!({"role": "tool", "tool_call_id": "1", "content": "sun"}),
        json!({"role": "tool", "tool_call_id": "2", "content": [{"type": "text", "text": "rain"}]}),
        json!({"role": "user", "content": [{"type": "text", "text": "And?"}, {"type": "image_url"}]}),
    ];
    let tools = [Definition::read(&json!({"name": "w", "description": "d", "parameters": {"properties": {
        "a": {"type": "integer"}, "b": {"enum": [1, 2]}}, "required": ["a"]}}))
    .unwrap()];
    let out = named("tool_call").unwrap().convert(&messages, &tools);
    assert!(
        out[0]["content"]
            .as_str()
            .unwrap()
            .starts_with("Be kind.\n\nYou can use these tools:\n- w(a: integer, b?: [1,2]): d\n")
    );
    assert_eq!(
        out[2],
        json!({"role": "assistant", "content":
        "TOOL_CALL: {\"name\":\"w\",\"arguments\":{\"a\":1}}\nTOOL_CALL: {\"name\":\"v\",\"arguments\":{}}"})
    );
    assert_eq!(out[3], json!({"role": "user", "content": "TOOL_RESULT w: sun\nTOOL_RESULT v: rain"}));
    assert_eq!(out[4], messages[5]);

    let out = named("mistral").unwrap().convert(&messages, &tools);
    let roles: Vec<&Value> = out.iter().filter_map(|one| one.get("role")).collect();
    assert_eq!(roles, ["user", "assistant", "user"]);
    let first = out[0]["content"].as_str().unwrap();
    assert!(first.starts_with("Be kind.\n\n[AVAILABLE_TOOLS] [{") && first.ends_with("\n\nWeather?"), "{first}");
    assert_eq!(
        out[2]["content"][0]["text"],
        "[TOOL_RESULTS] {\"name\": \"w\", \"content\": \"sun\"}[/TOOL_RESULTS]\n[TOOL_RESULTS] {\"name\": \"v\", \"content\": \"rain\"}[/TOOL_RESULTS]"
    );
    assert_eq!(out[2]["content"][2]["type"], "image_url");
    assert!(named("hermes").unwrap().convert(&[], &tools)[0]["content"].as_str().unwrap().contains("<tools>"));
    assert!(named("hermes").unwrap().convert(&[], &[]).is_empty());
}
