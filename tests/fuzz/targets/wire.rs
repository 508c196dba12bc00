//! What servers send.

use crate::check::{problem, row};
use crate::mutate::{Rng, pieces};
use serde_json::Value;
use std::collections::BTreeMap;
use vramdeck::wire::fault::{
    Asked, Broke, Refusal, excerpt, from_answer, from_transport, in_stream, not_an_answer, own_words,
};
use vramdeck::wire::models::{add_loaded, dialect_of, models as listed};
use vramdeck::wire::pooling::{self, Ask, Pooled, Task};
use vramdeck::wire::{BodyKind, Reply, SseParser, StreamEvent, StreamReader, base_url};

pub const TOKENS: &[&[u8]] = &[
    b"data: ",
    b"data: [DONE]\n\n",
    b"event: error\n",
    b"\"choices\":[",
    b"\"delta\":{\"content\":\"",
    b"\"index\":",
    b"\"finish_reason\":\"stop\"",
    b"\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"",
    b"\"logprobs\":{\"content\":[",
    b"\"usage\":{\"completion_tokens\":",
    b"\"error\":",
    b"\"detail\":",
    b"\"message\":{\"content\":",
    b"\"done\":true",
    b"\\ud800",
    b"null",
    b"{}",
    b"\\u001b",
    b"\"data\":[{\"id\":\"",
    b"\"max_model_len\":",
];

pub const FAULT_TOKENS: &[&[u8]] = &[
    b"{\"error\":",
    b"{\"message\":\"",
    b"{\"detail\":[",
    b"\"loc\":[",
    b"\"code\":",
    b"<title>",
    b"</title>",
    b"<html",
    b"litellm.",
    b"Exception - ",
    b"maximum context length",
    b"model not found",
    b"loading",
    b"\\u001b",
    b"\\\"",
    b"no_db_connection",
];

/// Any cut of the bytes gives the same events; no event holds more than the bound.
pub fn sse(data: &[u8]) {
    let limit = [40, 1000, 1 << 20][Rng::of(data).below(3)];
    let read = |pieces: &[&[u8]]| {
        let mut parser = SseParser::with_limit(limit);
        let mut events = Vec::new();
        let fed = pieces.iter().try_for_each(|piece| parser.feed(piece, &mut events));
        if fed.is_ok() {
            parser.finish(&mut events);
        }
        (events, fed, parser.replaced())
    };
    let whole = read(&[data]);
    let cut = read(&pieces(data));
    assert_eq!((&whole.0, whole.1), (&cut.0, cut.1), "a cut changes the events");
    let held = |text: &str| text.len() <= limit * 3;
    assert!(whole.0.iter().all(|event| held(&event.data) && held(&event.name)), "an event beyond the bound");
    if whole.1.is_ok() {
        assert_eq!(whole.2, cut.2, "replaced sequences are counted the same");
    }
}

/// Every kind of body: any cut gives the same events, the reply holds exactly the texts that came, one end comes last.
pub fn stream(data: &[u8]) {
    let limit = [60, 4000, 1 << 20][Rng::of(data).below(3)];
    for kind in [BodyKind::Sse, BodyKind::JsonLines, BodyKind::Whole] {
        let read = |pieces: &[&[u8]]| {
            let mut reader = StreamReader::new(kind, limit);
            let mut events = Vec::new();
            pieces.iter().for_each(|piece| reader.feed(piece, &mut events));
            reader.finish(&mut events);
            events
        };
        let events = read(&[data]);
        assert_eq!(events, read(&pieces(data)), "a cut changes the events of {kind:?}");
        ends_once(&events);
        assembled(events);
    }
    let _ = BodyKind::sniff(data);
    let _ = BodyKind::of(&String::from_utf8_lossy(data));
}

fn ends_once(events: &[StreamEvent]) {
    let is_end = |event: &StreamEvent| matches!(event, StreamEvent::Done | StreamEvent::Failed(_));
    let ends = events.iter().filter(|event| is_end(event)).count();
    assert_eq!((ends, events.last().is_some_and(is_end)), (1, true), "{events:?}");
    for event in events {
        if let StreamEvent::Failed(told) = event {
            problem(told);
        }
    }
}

fn assembled(events: Vec<StreamEvent>) {
    let mut texts: BTreeMap<u32, (String, String, usize)> = BTreeMap::new();
    for event in &events {
        if let StreamEvent::Delta(delta) = event {
            let (text, reasoning, tokens) = texts.entry(delta.choice).or_default();
            text.push_str(&delta.content);
            reasoning.push_str(&delta.reasoning);
            *tokens += delta.logprobs.len();
        }
    }
    let reply: Reply = events.into_iter().collect();
    assert!(reply.choices.is_sorted_by(|a, b| a.index < b.index), "choices are in order, each once");
    for choice in &reply.choices {
        let (text, reasoning, tokens) = texts.remove(&choice.index).unwrap_or_default();
        assert_eq!((&choice.text, &choice.reasoning, choice.logprobs.len()), (&text, &reasoning, tokens));
    }
    assert!(texts.is_empty(), "a choice is lost: {texts:?}");
    assert_ne!(reply.done, reply.failed.is_some());
}

/// Bodies of refusals and texts of errors: a problem on single rows, never empty, never long.
pub fn fault(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let told = |told: vramdeck::base::Problem| {
        problem(&told);
        let parts = [&told.what, &told.why, &told.hint].into_iter().chain(&told.detail);
        for part in parts {
            row("part of a fault", part);
            assert!(part.chars().count() < 700, "too long to show: {}", part.len());
        }
    };
    let asked = Asked { url: "http://127.0.0.1:1", model: "m", with_key: data.len().is_multiple_of(2) };
    for status in [200, 302, 400, 401, 404, 418, 429, 500, 502, 503, 999] {
        let refusal = Refusal { status, retry_after: Some(text), location: Some(text) };
        told(from_answer(asked, refusal, data));
    }
    told(not_an_answer(asked.url, text, data));
    told(in_stream(&serde_json::from_slice(data).unwrap_or_else(|_| Value::from(text))));
    for broke in [Broke::Connecting, Broke::NoAnswer, Broke::Silent(5), Broke::Midway] {
        told(from_transport(asked.url, broke, text));
    }
    row("an excerpt", &excerpt(text));
    if let Some(words) = own_words(text) {
        row("the server's words", &words);
        assert!(!words.trim().is_empty());
    }
}

/// Lists of models of any shape.
pub fn models(data: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    let mut found = listed(&value).unwrap_or_default();
    assert!(found.iter().all(|model| model.context_tokens != Some(0)), "no context is not a context of 0");
    let before = found.len();
    add_loaded(&mut found, &value);
    assert_eq!(found.len(), before);
    let _ = dialect_of(&found);
}

/// What a person types as a URL: one that can be asked, or a problem.
pub fn url(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    match base_url(text) {
        Ok(url) => {
            assert!(url.starts_with("http://") || url.starts_with("https://"), "{url}");
            assert!(
                !url.ends_with('/') && !url.contains(char::is_whitespace) && !url.contains(char::is_control),
                "{url}"
            );
        }
        Err(told) => problem(&told),
    }
}

/// Every task: what is let in answers each text once, with finite numbers.
pub fn pooling(data: &[u8]) {
    let texts = 1 + Rng::of(data).below(3);
    for task in Task::ALL {
        let ask = Ask::new(task, "q", vec!["text".to_owned(); texts]);
        let answer = match pooling::read(&ask, "http://h", data) {
            Ok(answer) => answer,
            Err(told) => {
                problem(&told);
                continue;
            }
        };
        let (count, finite) = match &answer.pooled {
            Pooled::Vectors(rows) => (rows.len(), rows.iter().flatten().all(|x| x.is_finite())),
            Pooled::Numbers(numbers) => (numbers.len(), numbers.iter().all(|x| x.is_finite())),
            Pooled::Classes(all) => (all.len(), all.iter().flat_map(|class| &class.probs).all(|x| x.is_finite())),
            Pooled::Tokens(all) => (all.len(), all.iter().flatten().flatten().all(|x| x.is_finite())),
        };
        assert!(count == texts && finite, "{answer:?}");
        let names = vramdeck::lab::pooling::labels::names(&String::from_utf8_lossy(data));
        let told = vramdeck::lab::pooling::tell(ask, answer, &names, Vec::new(), 0.1);
        if let vramdeck::lab::pooling::Given::Tokens(all) = &told.given {
            assert!(all.iter().all(|one| one.spans().is_empty()), "texts that nobody told");
        }
    }
}
