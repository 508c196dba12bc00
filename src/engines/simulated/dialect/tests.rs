use super::*;
use crate::engines::simulated::SimDialect;
use crate::engines::simulated::request::{Ask, Generate, Refusal, ToolChoice, chat};
use crate::engines::simulated::rng::Rng;

fn ask() -> Ask {
    chat(SimDialect::Vllm, json!({"messages": [{"role": "user", "content": "x"}]}).as_object().unwrap(), 100).unwrap()
}

fn token() -> Token {
    let other = Token { id: 8, bytes: b"b".to_vec(), logprob: -0.1, top: Vec::new() };
    Token { id: 7, bytes: b"a".to_vec(), logprob: -2.0, top: vec![other] }
}

fn text(text: &str) -> Event {
    Event::Text { choice: 0, reasoning: false, text: text.into(), tokens: vec![token()], count: 1 }
}

fn call() -> [Event; 3] {
    let arguments = |text: &str| Event::Arguments { choice: 0, index: 0, text: text.into(), count: 1 };
    [Event::Call { choice: 0, index: 0, name: "f".into(), count: 1 }, arguments("{\"a\""), arguments(": 1}")]
}

fn end(reason: Reason) -> Event {
    Event::End { choice: 0, reason, stop: None }
}

fn stream(dialect: SimDialect, ask: &Ask, events: &[Event]) -> Vec<Value> {
    let counts = Counts::default();
    let mut writer = ChatWriter::new(dialect, ask, "m".into(), 1, Rng::new(1, 1));
    let mut out = writer.open(&counts);
    for event in events {
        out.extend(writer.event(event, &counts));
    }
    out
}

#[test]
fn first_deltas_differ() {
    for (dialect, first) in [
        (SimDialect::Vllm, json!({"role": "assistant", "content": ""})),
        (SimDialect::LlamaCpp, json!({"role": "assistant", "content": null})),
        (SimDialect::Ollama, json!({"content": "hi", "role": "assistant"})),
    ] {
        assert_eq!(stream(dialect, &ask(), &[text("hi")])[0]["choices"][0]["delta"], first, "{dialect:?}");
    }
}

#[test]
fn tool_deltas_differ() {
    let [a, b, c] = call();
    let events = [a, b, c, end(Reason::ToolCalls)];
    let calls = |dialect| -> Vec<Value> {
        let chunks = stream(dialect, &ask(), &events);
        chunks.iter().filter_map(|c| c["choices"][0]["delta"].get("tool_calls").map(|t| t[0].clone())).collect()
    };
    let vllm = calls(SimDialect::Vllm);
    assert_eq!(vllm[0]["function"], json!({"name": "f"}), "the name comes without arguments");
    assert!(vllm[1].get("id").is_none() && vllm[0]["id"].as_str().unwrap().starts_with("chatcmpl-tool-"));
    let llama = calls(SimDialect::LlamaCpp);
    assert_eq!(llama[0]["function"]["name"], "f");
    assert!(llama[0]["function"]["arguments"].is_string());
    let ollama = calls(SimDialect::Ollama);
    assert_eq!(ollama.len(), 1, "whole");
    assert_eq!(ollama[0]["function"]["arguments"], "{\"a\": 1}");
}

#[test]
fn named_calls_end_with_stop_in_vllm() {
    let [a, b, c] = call();
    let events = [a, b, c, end(Reason::ToolCalls)];
    let finish = |dialect, choice| {
        let ask = Ask { tool_choice: choice, ..ask() };
        stream(dialect, &ask, &events).last().unwrap()["choices"][0]["finish_reason"].clone()
    };
    let named = || ToolChoice::Named("f".into());
    assert_eq!(finish(SimDialect::Vllm, named()), "stop");
    assert_eq!(finish(SimDialect::Vllm, ToolChoice::Required), "tool_calls");
    assert_eq!(finish(SimDialect::LlamaCpp, named()), "tool_calls");
}

#[test]
fn reasoning_has_three_names() {
    let events = [Event::Text { choice: 0, reasoning: true, text: "hm".into(), tokens: Vec::new(), count: 1 }];
    for (dialect, field) in [
        (SimDialect::Vllm, "reasoning"),
        (SimDialect::LlamaCpp, "reasoning_content"),
        (SimDialect::Ollama, "reasoning"),
    ] {
        let chunks = stream(dialect, &ask(), &events);
        assert!(chunks.iter().any(|c| c["choices"][0]["delta"][field] == "hm"), "{dialect:?}");
    }
    let mut native = NativeWriter::new(Generate::Chat, "m".into(), Rng::new(1, 1));
    assert_eq!(native.event(&events[0], "now").unwrap()["message"]["thinking"], "hm");
}

#[test]
fn whole_answers_have_their_fields() {
    let counts = Counts { prompt: 3, completion: 2, ..Counts::default() };
    let whole = |dialect, events: &[Event]| {
        let mut writer = ChatWriter::new(dialect, &ask(), "m".into(), 1, Rng::new(1, 1));
        events.iter().for_each(|event| writer.note(event));
        writer.whole(&counts)
    };
    let vllm = whole(SimDialect::Vllm, &[text("hi"), end(Reason::Stop)]);
    let message = &vllm["choices"][0]["message"];
    for field in ["refusal", "annotations", "audio", "function_call", "reasoning"] {
        assert!(message.get(field).is_some_and(Value::is_null), "{field}");
    }
    assert!(message.get("tool_calls").is_none());
    assert_eq!(vllm["usage"]["total_tokens"], 5);
    assert!(whole(SimDialect::LlamaCpp, &[text("hi")])["timings"]["predicted_n"] == 2);
    let [a, b, _] = call();
    let cut = whole(SimDialect::Vllm, &[a, b, end(Reason::Length)]);
    assert!(cut["choices"][0]["message"]["content"].as_str().unwrap().starts_with("<tool_call>"));
    assert_eq!(cut["choices"][0]["finish_reason"], "length");
}

#[test]
fn logprobs_differ() {
    let list = |dialect| {
        let ask = Ask { logprobs: Some(1), ..ask() };
        let chunks = stream(dialect, &ask, &[text("a")]);
        chunks.iter().find_map(|c| c["choices"][0]["logprobs"].get("content").map(|l| l[0].clone())).unwrap()
    };
    let vllm = list(SimDialect::Vllm);
    assert_eq!(vllm["top_logprobs"][0]["token"], "a", "the drawn one comes first");
    let llama = list(SimDialect::LlamaCpp);
    assert_eq!((&llama["id"], &llama["top_logprobs"][0]["token"]), (&json!(7), &json!("b")));
}

#[test]
fn native_lines() {
    let mut writer = NativeWriter::new(Generate::Chat, "m".into(), Rng::new(1, 1));
    call().iter().for_each(|event| writer.note(event));
    writer.note(&end(Reason::ToolCalls));
    let last = writer.last("now", &Counts::default(), 0.5, false);
    assert_eq!(last["message"]["tool_calls"][0]["function"]["arguments"], json!({"a": 1}), "an object, not text");
    assert_eq!((&last["done_reason"], &last["load_duration"]), (&json!("stop"), &json!(500_000_000)));
    let mut writer = NativeWriter::new(Generate::Prompt, "m".into(), Rng::new(1, 1));
    assert_eq!(writer.event(&text("a"), "now").unwrap()["response"], "a");
}

#[test]
fn errors_have_the_dialects_shape() {
    let why = Refusal::new(404, "NotFoundError", "no", Some("model"));
    assert_eq!(refusal(SimDialect::Vllm, &why, false).1["error"]["param"], "model");
    assert_eq!(refusal(SimDialect::LlamaCpp, &why, false).1["error"]["code"], 404);
    assert_eq!(refusal(SimDialect::Ollama, &why, true).1, json!({"error": "no"}));
    assert_eq!(refusal(SimDialect::Ollama, &why, false).1["error"]["code"], Value::Null);
    assert_eq!(unauthorized(SimDialect::Vllm), json!({"error": "Unauthorized"}));
}
