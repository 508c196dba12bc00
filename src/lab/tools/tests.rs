//! Tests of the parser as a whole: what it tells, in which order, and when.

use super::{Compiled, Event, Parser, Tools, named};
use std::sync::Arc;

fn parser(format: &str) -> Parser {
    let compiled = Compiled::new(named(format).unwrap()).unwrap();
    let tools = Tools::read(r#"[{"name": "f"}]"#).unwrap();
    Parser::new(Arc::new(compiled), Arc::new(tools))
}

fn told(events: &[Event]) -> Vec<String> {
    let words = events.iter().map(|event| match event {
        Event::Content { text, .. } => format!("content {text}"),
        Event::Reasoning { text, .. } => format!("reasoning {text}"),
        Event::Marker { span } => format!("marker {}", span.len()),
        Event::CallBegin { index, name } => format!("begin {index} {name}"),
        Event::Arguments { index, text } => format!("arguments {index} {text}"),
        Event::CallEnd { index, complete, known, .. } => format!("end {index} {complete} {known:?}"),
        Event::WasReasoning { span } => format!("was reasoning {} to {}", span.start, span.end),
        Event::Problem(text) => format!("problem {text}"),
    });
    words.collect()
}

#[test]
fn events_come_in_the_order_of_the_text() {
    let text = b"<think>a</think>b<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>\n<tool_call>{\"name\": \"g\"}</tool_call>c";
    let mut parser = parser("hermes");
    let events = [parser.feed(text), parser.finish()].concat();
    let expected = [
        "marker 7",
        "reasoning a",
        "marker 8",
        "content b",
        "begin 0 f",
        "arguments 0 {}",
        "end 0 true Some(true)",
        "marker 1",
        "problem no tool of this name was offered: g",
        "begin 1 g",
        "arguments 1 {}",
        "end 1 true Some(false)",
        "content c",
    ];
    assert_eq!(told(&events), expected);
}

#[test]
fn text_is_told_at_once_and_what_may_be_a_marker_is_held_back() {
    let mut parser = parser("hermes");
    assert_eq!(told(&parser.feed("gr\u{fc}\u{df}".as_bytes())), ["content grüß"]);
    assert_eq!(told(&parser.feed(b"e <tool")), ["content e "]);
    assert_eq!(parser.pending(), b"<tool");
    assert_eq!(told(&parser.feed(b"box> \xf0\x9f")), ["content <toolbox> "]);
    assert_eq!(parser.pending(), b"\xf0\x9f", "half a character waits for the rest");
    assert_eq!(told(&parser.feed(b"\x8e\x8c<tool_call>{\"name\"")), ["content 🎌"]);
    assert_eq!(parser.pending(), b"<tool_call>{\"name\"");
    assert_eq!(told(&parser.finish()), ["problem the text ends within a call", "content <tool_call>{\"name\""]);
}

#[test]
fn calls_of_a_list_are_told_as_each_ends() {
    let mut parser = parser("phi4mini");
    let first = parser.feed(b"functools[{\"name\": \"f\", \"arguments\": {\"a\": 1}}, {\"na");
    assert_eq!(told(&first), ["marker 10", "begin 0 f", "arguments 0 {\"a\": 1}", "end 0 true Some(true)"]);
    let second = parser.feed(b"me\": \"f\"}] ");
    assert_eq!(told(&second), ["marker 2", "begin 1 f", "arguments 1 {}", "end 1 true Some(true)", "marker 1"]);
    assert_eq!(told(&parser.finish()), ["marker 1"]);
}

#[test]
fn reasoning_that_the_prompt_began_is_known_late_or_from_the_start() {
    let text = b"so</think>no";
    let mut late = parser("hermes");
    let events = [late.feed(text), late.finish()].concat();
    assert_eq!(told(&events), ["content so", "was reasoning 0 to 2", "marker 8", "content no"]);
    let mut early = parser("hermes").thinking();
    let events = [early.feed(text), early.finish()].concat();
    assert_eq!(told(&events), ["reasoning so", "marker 8", "content no"]);
}

#[test]
fn every_format_has_a_name_of_its_own_and_can_be_made_ready() {
    for format in super::formats() {
        let compiled = Compiled::new(format).unwrap();
        assert_eq!(compiled.name(), format.name);
        assert!(!format.models.is_empty(), "{} names no models", format.name);
        let names = super::formats().iter().flat_map(|one| std::iter::once(&one.name).chain(&one.aliases));
        assert_eq!(
            names.filter(|name| **name == format.name || format.aliases.contains(name)).count(),
            1 + format.aliases.len()
        );
    }
    assert_eq!(named("phi4_mini_json").unwrap().name, "phi4mini");
    let problem = named("hermse").unwrap_err();
    assert!(problem.hint.starts_with("try hermes"), "{}", problem.hint);
}
