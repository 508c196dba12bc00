use super::*;
use crate::engines::simulated::SimDialect;
use crate::engines::simulated::request::{Ask, chat};
use serde_json::{Value, json};
use std::sync::{Arc, LazyLock};

static KNOWLEDGE: LazyLock<Arc<Knowledge>> = LazyLock::new(|| Arc::new(Knowledge::new().unwrap()));

fn ask(mut body: Value) -> Ask {
    if body.get("messages").is_none() {
        body["messages"] = json!([{"role": "user", "content": "What is the KV cache and how large is it?"}]);
    }
    chat(SimDialect::Vllm, body.as_object().unwrap(), 4096).unwrap()
}

fn events(ask: Ask, think: bool) -> Vec<Event> {
    let prompt = KNOWLEDGE.prompt(&ask);
    let budget = ask.max_tokens.unwrap_or(2000) as usize;
    let mut generation = Generation::start(KNOWLEDGE.clone(), ask, &prompt, budget, think, None, 11).unwrap();
    if generation.is_beam() {
        return generation.beams(|| true);
    }
    let mut all = Vec::new();
    while let Some(more) = generation.step() {
        all.extend(more);
    }
    all
}

fn text(events: &[Event], of: u32) -> String {
    let piece = |event: &Event| match event {
        Event::Text { choice, reasoning: false, text, .. } if *choice == of => Some(text.clone()),
        _ => None,
    };
    events.iter().filter_map(piece).collect()
}

fn end(events: &[Event], of: u32) -> (Reason, Option<String>) {
    let found = events.iter().rev().find_map(|event| match event {
        Event::End { choice, reason, stop } if *choice == of => Some((*reason, stop.clone())),
        _ => None,
    });
    found.unwrap()
}

fn weather_tool() -> Value {
    json!([{"type": "function", "function": {"name": "get_weather", "description": "Current weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer",
        "minimum": 1, "maximum": 5}}, "required": ["city", "days"], "additionalProperties": false}}}])
}

fn calls(events: &[Event]) -> Vec<(String, Value)> {
    let mut calls: Vec<(String, String)> = Vec::new();
    for event in events {
        match event {
            Event::Call { name, .. } => calls.push((name.clone(), String::new())),
            Event::Arguments { text, .. } => calls.last_mut().unwrap().1.push_str(text),
            _ => {}
        }
    }
    calls.into_iter().map(|(name, arguments)| (name, serde_json::from_str(&arguments).expect(&arguments))).collect()
}

#[test]
fn the_same_seed_says_the_same() {
    let run = |seed: u64, t: f64| {
        text(&events(ask(json!({"temperature": t, "max_tokens": 80})), false), 0) + &seed.to_string()
    };
    assert_eq!(run(1, 1.0), run(1, 1.0));
    let two = events(ask(json!({"n": 2, "temperature": 1.5, "max_tokens": 60})), false);
    assert_ne!(text(&two, 0), text(&two, 1), "each answer has numbers of its own");
}

#[test]
fn an_answer_ends_by_itself_and_is_long_enough() {
    for temperature in [0.0, 0.7, 1.0] {
        let events = events(ask(json!({"temperature": temperature})), false);
        assert_eq!(end(&events, 0), (Reason::Stop, None));
        let text = text(&events, 0);
        let least = if temperature < 0.9 { 80 } else { 10 };
        assert!(text.len() > least, "{temperature}: {text}");
        assert!(temperature > 0.0 || text.contains("cache"), "{text}");
    }
}

#[test]
fn limits_and_stops_act() {
    let short = events(ask(json!({"max_tokens": 5})), false);
    assert_eq!(end(&short, 0).0, Reason::Length);
    assert_eq!(short.iter().map(Event::count).sum::<u64>(), 5);
    let stopped = events(ask(json!({"stop": ["cache"], "temperature": 0})), false);
    assert_eq!(end(&stopped, 0), (Reason::Stop, Some("cache".to_owned())));
    assert!(!text(&stopped, 0).contains("cache"));
    let endless = events(ask(json!({"ignore_eos": true, "max_tokens": 700})), false);
    assert_eq!(end(&endless, 0).0, Reason::Length);
}

#[test]
fn reasoning_comes_first_and_apart() {
    let events = events(ask(json!({})), true);
    let first_answer =
        events.iter().position(|e| matches!(e, Event::Text { reasoning: false, text, .. } if !text.is_empty()));
    let last_thought = events.iter().rposition(|e| matches!(e, Event::Text { reasoning: true, .. }));
    assert!(last_thought.unwrap() > 2 && last_thought < first_answer, "{last_thought:?} {first_answer:?}");
}

#[test]
fn tools_are_called_when_asked() {
    let paris = json!([{"role": "user", "content": "What is the weather in Paris?"}]);
    for (choice, messages, expected) in [
        ("auto", paris.clone(), 1),
        ("required", paris.clone(), 1),
        ("none", paris, 0),
        ("auto", json!([{"role": "user", "content": "Say hello"}]), 0),
        ("auto", json!([{"role": "user", "content": "Tell me the weather in Lima and Tokyo"}]), 2),
    ] {
        let body = json!({"tools": weather_tool(), "tool_choice": choice, "messages": messages, "max_tokens": 500});
        let events = events(ask(body), false);
        let calls = calls(&events);
        assert_eq!(calls.len(), expected, "{choice} {messages}");
        for (name, arguments) in calls {
            assert_eq!(name, "get_weather");
            assert!(arguments["city"].is_string() && (1..=5).contains(&arguments["days"].as_i64().unwrap()));
        }
        assert_eq!(end(&events, 0).0, if expected > 0 { Reason::ToolCalls } else { Reason::Stop });
    }
}

#[test]
fn a_result_is_cited() {
    let body = json!({"tools": weather_tool(), "messages": [
        {"role": "user", "content": "What is the weather in Paris?"},
        {"role": "assistant", "content": ""},
        {"role": "tool", "name": "get_weather", "content": "{\"sky\": \"clear\"}"},
    ]});
    let events = events(ask(body), false);
    assert!(text(&events, 0).contains("get_weather says: {\"sky\": \"clear\"}"));
    assert!(calls(&events).is_empty());
}

#[test]
fn logprobs_are_those_of_the_model() {
    let events = events(ask(json!({"logprobs": true, "top_logprobs": 3, "temperature": 0, "max_tokens": 10})), false);
    let mut seen = 0;
    for event in &events {
        let Event::Text { tokens, .. } = event else { continue };
        for token in tokens {
            seen += 1;
            assert_eq!(token.top.len(), 3);
            assert!(token.logprob <= 0.0 && token.top.is_sorted_by(|a, b| a.logprob >= b.logprob));
            assert_eq!(token.top[0].id, token.id, "greedy takes the best");
            assert!(token.top.iter().map(|t| t.logprob.exp()).sum::<f32>() <= 1.001);
        }
    }
    assert_eq!(seen, 10);
}

#[test]
fn beams_come_whole_and_sorted() {
    let events = events(ask(json!({"use_beam_search": true, "n": 3, "temperature": 0, "max_tokens": 12})), false);
    let texts: Vec<String> = (0..3).map(|i| text(&events, i)).collect();
    assert!(texts.iter().all(|t| !t.is_empty()) && texts[0] != texts[1], "{texts:?}");
}

#[test]
fn merging_loses_nothing() {
    let all = events(ask(json!({"max_tokens": 100, "logprobs": true})), false);
    let mut merger = Merger::new(4);
    let mut merged: Vec<Event> = all.iter().flat_map(|e| merger.push(e.clone())).collect();
    merged.extend(merger.finish());
    assert_eq!(text(&merged, 0), text(&all, 0));
    assert_eq!(merged.iter().map(Event::count).sum::<u64>(), all.iter().map(Event::count).sum::<u64>());
    assert!(merged.len() < all.len());
}
