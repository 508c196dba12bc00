use super::super::want::tests::any_json;
use super::*;
use crate::lab::suite::{Case, Library, cases};
use proptest::prelude::*;
use serde_json::json;

fn case(rest: &str) -> Case {
    let text = format!(
        r#"{{"id": "a", "category": "x", "messages": "hi", "tools": ["get_weather", "set_timer", "add"], {rest}}}"#
    );
    cases(&text, "test", Library::shipped()).unwrap().remove(0)
}

fn made(calls: &[(&str, &str)]) -> Answer {
    let call =
        |(name, arguments): &(&str, &str)| MadeCall { name: (*name).to_owned(), arguments: (*arguments).to_owned() };
    Answer { calls: calls.iter().map(call).collect(), ..Answer::default() }
}

fn said(text: &str) -> Answer {
    Answer { content: Some(text.to_owned()), ..Answer::default() }
}

fn graded(case: &Case, answer: &Answer) -> Graded {
    grade(&case.turns[0].expect, &case.tools, case.constraint.as_ref(), answer)
}

const ONE: &str = r#""calls": [{"name": "get_weather", "arguments": {"city": {"$text": "Paris"}}}]"#;
const TWO: &str = r#""calls": [{"name": "set_timer", "arguments": {"minutes": 1}}, {"name": "set_timer", "arguments": {"minutes": {"$any": [1, 2]}}}]"#;
const NONE: &str = r#""says": [["12", "twelve"]]"#;

#[test]
fn each_fault_has_its_label_and_its_place() {
    let paris = ("get_weather", r#"{"city": "paris"}"#);
    let cut = Answer { finish: Some("length".to_owned()), ..said("The weather in") };
    let table: Vec<(&str, Answer, Label, &str)> = vec![
        (ONE, made(&[paris]), Label::Right, ""),
        (ONE, made(&[("get_weather", r#"{"city": "Rome"}"#)]), Label::WrongArgument, "get_weather/city"),
        (ONE, made(&[("set_timer", r#"{"minutes": 3}"#)]), Label::WrongName, "set_timer"),
        (ONE, made(&[("weather", r#"{"city": "Paris"}"#)]), Label::HallucinatedName, "weather"),
        (ONE, made(&[("get_weather", r#"{"city": 7}"#)]), Label::SchemaViolation, "get_weather/city"),
        (ONE, made(&[("get_weather", "[1]")]), Label::SchemaViolation, "get_weather"),
        (ONE, made(&[("get_weather", r#"{"city""#)]), Label::SchemaViolation, "get_weather"),
        (ONE, made(&[paris, ("set_timer", r#"{"minutes": 3}"#)]), Label::ExtraCall, "set_timer"),
        (ONE, made(&[paris, paris]), Label::ExtraCall, "get_weather"),
        (ONE, said("It is sunny."), Label::MissingCall, "get_weather"),
        (ONE, cut, Label::Truncated, ""),
        (ONE, made(&[]), Label::NoAnswer, ""),
        (ONE, Answer { failure: Some("refused".to_owned()), ..made(&[paris]) }, Label::Failed, ""),
        (TWO, made(&[("set_timer", r#"{"minutes": 2}"#), ("set_timer", r#"{"minutes": 1}"#)]), Label::Right, ""),
        (TWO, made(&[("set_timer", r#"{"minutes": 2}"#)]), Label::MissingCall, "set_timer"),
        (NONE, said("It is 12."), Label::Right, ""),
        (r#""says": [["couldn't"], "1 200"]"#, said("I couldn’t find 1\u{202f}200"), Label::Right, ""),
        (NONE, said("It is 120 or 112."), Label::WrongText, ""),
        (NONE, made(&[paris]), Label::ExtraCall, "get_weather"),
    ];
    for (rest, answer, label, at) in table {
        let graded = graded(&case(rest), &answer);
        let first = graded.reasons.first().map_or("", |reason| reason.at.as_str());
        assert_eq!((graded.label, first), (label, at), "{rest} {answer:?} {:?}", graded.reasons);
    }
}

#[test]
fn a_call_that_the_server_dropped_is_the_parsers_fault() {
    let hermes = r#"<tool_call>{"name": "get_weather", "arguments": {"city": "Paris"}}</tool_call>"#;
    let left = graded(&case(ONE), &said(hermes));
    assert_eq!((left.label, left.facts.lost, left.facts.lost_but_right), (Label::ParserLoss, 1, 1));
    let raw = Answer { raw: Some(hermes.to_owned()), ..Answer::default() };
    assert_eq!(graded(&case(ONE), &raw).label, Label::ParserLoss);
    let wrong = graded(&case(ONE), &said(&hermes.replace("Paris", "Rome")));
    assert_eq!((wrong.label, wrong.facts.lost_but_right), (Label::ParserLoss, 0));
    let format = crate::lab::tools::named("hermes").unwrap();
    let replayed = super::super::replay(&raw, format, &case(ONE).tools).unwrap();
    assert_eq!(graded(&case(ONE), &replayed).label, Label::Right);
    let kept = Answer { raw: raw.raw.clone(), ..made(&[("get_weather", r#"{"city": "Paris"}"#)]) };
    let kept = graded(&case(ONE), &kept);
    assert_eq!((kept.label, kept.facts.searched, kept.facts.lost), (Label::Right, 1, 0));
}

#[test]
fn a_call_shown_in_an_explanation_is_no_call() {
    let shown = r#"{"name": "get_weather", "parameters": {"city": "Paris"}}"#;
    assert_eq!(graded(&case(ONE), &said(shown)).label, Label::ParserLoss);
    let explained = graded(&case(r#""says": []"#), &said(shown));
    assert_eq!((explained.label, explained.facts.lost), (Label::Right, 0));
    let marked = format!("<tool_call>{}</tool_call>", shown.replace("parameters", "arguments"));
    assert_eq!(graded(&case(r#""says": []"#), &said(&marked)).label, Label::ParserLoss);
}

#[test]
fn what_never_reached_the_reader_is_no_answer() {
    let thought = Answer { raw: Some("<think>hm</think>".to_owned()), ..Answer::default() };
    let graded = graded(&case(r#""says": []"#), &thought);
    assert_eq!(graded.label, Label::NoAnswer);
    assert!(graded.reasons[0].why.contains("17 characters"), "{:?}", graded.reasons);
}

#[test]
fn a_call_that_only_its_last_token_makes_whole_is_found() {
    let raw = "<|channel|>commentary to=functions.get_weather <|constrain|>json<|message|>{\"city\": \"Paris\"}";
    let answer = Answer { raw: Some(raw.to_owned()), raw_end: "<|call|>".to_owned(), ..Answer::default() };
    let graded = graded(&case(ONE), &answer);
    assert_eq!((graded.label, graded.facts.lost_but_right), (Label::ParserLoss, 1), "{:?}", graded.reasons);
}

#[test]
fn order_matters_only_where_it_is_said() {
    let both = r#"{"name": "set_timer", "arguments": {"minutes": 1}}, {"name": "add", "arguments": {"a": 1, "b": 2}}"#;
    let answer = made(&[("add", r#"{"a": 1, "b": 2.0}"#), ("set_timer", r#"{"minutes": 1}"#)]);
    assert_eq!(graded(&case(&format!(r#""calls": [{both}]"#)), &answer).label, Label::Right);
    assert_eq!(graded(&case(&format!(r#""calls": [{both}], "ordered": true"#)), &answer).label, Label::WrongOrder);
}

#[test]
fn a_text_under_a_schema_is_graded_the_same_way() {
    let case = case(
        r#""answer_schema": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}, "value": {"n": {"$any": [1, 2]}}"#,
    );
    let table = [
        (r#"{"n": 2}"#, Label::Right),
        (r#"{"n": 3}"#, Label::WrongValue),
        (r#"{"n": "2"}"#, Label::NotEnforced),
        (r#"{"n": 2"#, Label::NotEnforced),
    ];
    for (text, label) in table {
        let graded = graded(&case, &said(text));
        assert_eq!((graded.label, graded.facts.emitted), (label, 1), "{text}");
        assert_eq!(graded.facts.valid == 1, label != Label::NotEnforced, "{text}");
        assert_eq!(
            (graded.facts.known, graded.facts.known_right),
            (graded.facts.valid, u32::from(label == Label::Right))
        );
    }
}

#[test]
fn what_is_wrong_with_a_text_under_a_constraint_has_its_name() {
    let rest = |constraint: &str, value: &str| format!(r#""constraint": {constraint}, "value": {value}"#);
    let step =
        r#"{"json_schema": {"properties": {"n": {"type": "integer", "multipleOf": 5}, "m": {}}, "required": ["n"]}}"#;
    let choice = r#"{"choice": ["yes", "no"]}"#;
    let stepped = rest(step, r#"{"n": 5, "m": {"$optional": 1}}"#);
    let chosen = rest(choice, r#""yes""#);
    let cut = |text: &str| Answer { finish: Some("length".to_owned()), ..said(text) };
    let failed = |label| Answer { failure: Some("HTTP 400".to_owned()), failed_as: label, ..Answer::default() };
    let quoted = Answer { as_json: true, ..said("\"yes\"") };
    for (rest, answer, label) in [
        (&stepped, said(r#"{"n": 5}"#), Label::Right),
        (&stepped, said(r#"{"m": 1, "n": 5}"#), Label::Right),
        (&stepped, said(r#"{"n": 10}"#), Label::WrongValue),
        // One back end at least passes over `multipleOf`, none over `type`.
        (&stepped, said(r#"{"n": 7}"#), Label::Invalid),
        (&stepped, said(r#"{"n": "5"}"#), Label::NotEnforced),
        (&stepped, said("The number is 5."), Label::NotEnforced),
        (&stepped, cut("{\"n\": 5                                          "), Label::Truncated),
        (&stepped, cut("{\"n\": 10}       "), Label::WrongValue),
        (&stepped, cut("Certainly! The num"), Label::NotEnforced),
        (&chosen, cut("ye"), Label::Truncated),
        (&stepped, failed(Some(Label::Refused)), Label::Refused),
        (&stepped, failed(Some(Label::NotOffered)), Label::NotOffered),
        (&stepped, failed(Some(Label::Right)), Label::Failed),
        (&stepped, failed(None), Label::Failed),
        (&chosen, said("yes"), Label::Right),
        (&chosen, said("no"), Label::WrongValue),
        (&chosen, said("maybe"), Label::NotEnforced),
        (&chosen, said("\"yes\""), Label::NotEnforced),
        (&chosen, quoted, Label::Right),
    ] {
        let graded = graded(&case(rest), &answer);
        assert_eq!(graded.label, label, "{answer:?} {:?}", graded.reasons);
    }
    let looped = graded(&case(&stepped), &cut(&format!("{{\"n\": 5{}", " ".repeat(40))));
    assert!(looped.reasons[0].why.contains("the last 40 bytes are blanks"), "{:?}", looped.reasons);
    let turned = graded(&case(&stepped), &said(r#"{"m": 1, "n": 5}"#));
    assert_eq!(turned.facts.order_differs, 1, "another order is counted and never wrong");
}

#[test]
fn a_flood_of_calls_ends() {
    let many = made(&vec![("set_timer", r#"{"minutes": 1}"#); 100_000]);
    let graded = graded(&case(TWO), &many);
    assert_eq!((graded.label, graded.facts.calls), (Label::ExtraCall, 100_000));
    assert_eq!(graded.reasons.len(), MOST_REASONS);
}

proptest! {
    #[test]
    fn nothing_panics(value in any_json(), name in "(get_weather|set_timer|add|[ -~]{0,4})", text in any_json()) {
        let mut answer = made(&[(&name, &value.to_string()), ("add", &text.to_string()), (&name, &name)]);
        answer.content = Some(text.to_string());
        for rest in [ONE, TWO, NONE, r#""answer_schema": {"type": "object"}, "value": {"a": 1}"#] {
            let graded = graded(&case(rest), &answer);
            prop_assert_eq!(graded.label == Label::Right, graded.reasons.is_empty());
            prop_assert!(graded.facts.valid <= graded.facts.emitted);
        }
    }

    #[test]
    fn the_order_of_calls_does_not_matter(turn in 0..3_usize, wrong in any::<bool>()) {
        let case = case(r#""calls": [{"name": "set_timer", "arguments": {"minutes": 1}}, {"name": "set_timer", "arguments": {"minutes": {"$anything": 5}}}, {"name": "add", "arguments": {"a": 1, "b": 2}}]"#);
        let sum = json!({"a": 1, "b": if wrong { 3 } else { 2 }}).to_string();
        let mut answer = made(&[("set_timer", r#"{"minutes": 1}"#), ("set_timer", r#"{"minutes": 9}"#), ("add", &sum)]);
        let still = graded(&case, &answer);
        answer.calls.rotate_left(turn);
        let turned = graded(&case, &answer);
        prop_assert_eq!(turned.label, still.label);
        prop_assert_eq!(turned.facts, still.facts);
        prop_assert_eq!(turned.label == Label::Right, !wrong);
    }
}
