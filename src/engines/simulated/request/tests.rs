use super::*;
use crate::engines::simulated::SimDialect;
use crate::engines::simulated::sampling::Order;
use serde_json::json;

fn vllm(body: Value) -> Result<Ask, Refusal> {
    let mut body = body.as_object().unwrap().clone();
    body.entry("messages").or_insert(json!([{"role": "user", "content": "hi"}]));
    chat(SimDialect::Vllm, &body, 2048)
}

fn llama(body: Value) -> Result<Ask, Refusal> {
    let mut body = body.as_object().unwrap().clone();
    body.entry("messages").or_insert(json!([]));
    chat(SimDialect::LlamaCpp, &body, 2048)
}

#[test]
fn vllm_refuses_what_is_out_of_range() {
    for (body, words, param) in [
        (json!({"temperature": -1}), "non-negative, got -1.0", Some("temperature")),
        (json!({"temperature": 3.0}), "in [0, 2], got 3.0", Some("temperature")),
        (json!({"temperature": "hot"}), "'loc': 'body.temperature'", Some("body.temperature")),
        (json!({"top_p": 0}), "in (0, 1]", Some("top_p")),
        (json!({"min_p": 2}), "in [0, 1], got 2.0", None),
        (json!({"repetition_penalty": 0}), "greater than zero", None),
        (json!({"presence_penalty": 3}), "in [-2, 2]", None),
        (json!({"max_tokens": 0}), "at least 1", Some("max_tokens")),
        (json!({"max_tokens": 1_000_000}), "max_model_len=2048", Some("max_tokens")),
        (json!({"logprobs": true, "top_logprobs": 50}), "max allowed: 20", Some("logprobs")),
        (json!({"n": 2, "temperature": 0}), "greedy sampling, got 2", None),
        (json!({"messages": []}), "empty conversation", None),
        (json!({"structured_outputs": {"regex": "a", "choice": ["b"]}}), "only use one kind", None),
        (json!({"structured_outputs": {"jsonn": {}}}), "none are specified", None),
        (json!({"tool_choice": "required"}), "`tools` must be set", Some("tool_choice")),
    ] {
        let refusal = vllm(body.clone()).unwrap_err();
        assert_eq!(refusal.status, 400, "{body}");
        assert!(refusal.message.contains(words), "{body}: {}", refusal.message);
        assert_eq!(refusal.param.as_deref(), param, "{body}");
    }
}

#[test]
fn vllm_accepts_the_rest() {
    for body in [
        json!({"temperature": 0}),
        json!({"top_k": 0}),
        json!({"frobnicate": 1}),
        json!({"use_beam_search": true, "n": 2, "temperature": 0}),
        json!({"max_tokens": null}),
    ] {
        assert!(vllm(body.clone()).is_ok(), "{body}");
    }
}

#[test]
fn llama_accepts_nearly_everything() {
    for body in [json!({"temperature": -1}), json!({"temperature": 3.0}), json!({"max_tokens": 1_000_000}), json!({})] {
        assert!(llama(body.clone()).is_ok(), "{body}");
    }
    let refusal = llama(json!({"temperature": "hot"})).unwrap_err();
    assert!(refusal.message.contains("type must be number, but is string"), "{}", refusal.message);
    let named = json!({"tool_choice": {"type": "function", "function": {"name": "nope"}}});
    assert_eq!(llama(named).unwrap().tool_choice, ToolChoice::Auto, "the object form is ignored");
}

#[test]
fn rules_are_found() {
    for (body, rule) in [
        (json!({"response_format": {"type": "json_object"}}), Some(Rule::JsonObject)),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"a": 1}}}}),
            Some(Rule::Schema(json!({"a": 1}))),
        ),
        (json!({"structured_outputs": {"json": "{\"a\": 1}"}}), Some(Rule::Schema(json!({"a": 1})))),
        (json!({"structured_outputs": {"regex": "a+"}}), Some(Rule::Regex("a+".into()))),
        (json!({"structured_outputs": {"choice": ["a", "b"]}}), Some(Rule::Choice(vec!["a".into(), "b".into()]))),
        (json!({"guided_json": {"a": 1}}), None),
        (json!({"response_format": {"type": "text"}}), None),
    ] {
        assert_eq!(vllm(body.clone()).unwrap().rule, rule, "{body}");
    }
    assert_eq!(llama(json!({"grammar": "root ::= \"a\""})).unwrap().rule, Some(Rule::Grammar("root ::= \"a\"".into())));
}

#[test]
fn defaults_differ() {
    let of = |ask: Ask| (ask.settings.temperature, ask.settings.top_k, ask.settings.order);
    assert_eq!(of(vllm(json!({})).unwrap()), (1.0, 0, Order::TemperatureFirst));
    assert_eq!(of(llama(json!({})).unwrap()), (0.8, 40, Order::TemperatureLast));
}

#[test]
fn ollama_reads_options_and_format() {
    let read = |body: Value| native(Generate::Chat, body.as_object().unwrap());
    let ask =
        read(json!({"model": "a", "messages": [{"role": "user", "content": "x"}], "format": "json", "think": true,
        "options": {"temperature": 0, "num_predict": 5, "stop": ["q"], "seed": 4}}))
        .unwrap();
    assert_eq!((ask.max_tokens, ask.stream, ask.seed, ask.think), (Some(5), true, Some(4), Some(true)));
    assert_eq!((ask.stop, ask.rule), (vec!["q".to_owned()], Some(Rule::JsonObject)));
    let refusal = read(json!({"options": {"temperature": "hot"}})).unwrap_err();
    assert_eq!((refusal.status, refusal.message.as_str()), (500, "option \"temperature\" must be of type float32"));
}

#[test]
fn content_parts_and_tool_turns_are_read() {
    let ask = vllm(json!({"messages": [
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url"}]},
        {"role": "tool", "name": "get", "content": "7"},
    ]}))
    .unwrap();
    assert_eq!(ask.last_user_text(), "a");
    assert_eq!(ask.turns[1], Turn { role: "tool".into(), text: "7".into(), name: Some("get".into()) });
}
