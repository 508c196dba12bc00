use super::*;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn the_shipped_files_are_read_in_full() {
    assert_eq!(Library::shipped().tools().len(), 52);
    assert_eq!(Library::distractors().tools().len(), 36);
    assert!(Library::distractors().tools().iter().all(|tool| Library::shipped().get(&tool.name).is_none()));
}

#[test]
fn the_cases_are_spread_over_the_categories() {
    let count = |size| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for case in shipped(size) {
            *counts.entry(case.category).or_default() += 1;
        }
        counts.into_iter().collect::<Vec<_>>()
    };
    let named = |counts: [(&str, usize); 9]| counts.map(|(name, count)| (name.to_owned(), count)).to_vec();
    let full = [
        ("forced", 6),
        ("missing", 8),
        ("multi-turn", 12),
        ("nested", 12),
        ("none", 20),
        ("parallel", 12),
        ("pick", 20),
        ("schema", 20),
        ("single", 20),
    ];
    let quick = [
        ("forced", 2),
        ("missing", 2),
        ("multi-turn", 4),
        ("nested", 4),
        ("none", 6),
        ("parallel", 4),
        ("pick", 6),
        ("schema", 4),
        ("single", 6),
    ];
    assert_eq!(count(Size::Full), named(full));
    assert_eq!(count(Size::Quick), named(quick));
    let ids: BTreeSet<String> = shipped(Size::Full).into_iter().map(|case| case.id).collect();
    assert_eq!(ids.len(), 130);
}

fn right_answer(expect: &Expect) -> Answer {
    let made = |call: &WantedCall| MadeCall { name: call.name.clone(), arguments: call.sample().to_string() };
    let says: Vec<&str> = expect.says.iter().filter_map(|group| group.first()).map(String::as_str).collect();
    let value = expect.value.as_ref().and_then(want::Want::sample).map(|value| match value {
        serde_json::Value::String(text) => text,
        value => value.to_string(),
    });
    let text = value.unwrap_or_else(|| if says.is_empty() { "Done.".to_owned() } else { says.join(" and ") });
    let calls: Vec<MadeCall> = expect.calls.iter().map(made).collect();
    let content = (calls.is_empty() || !says.is_empty()).then_some(text);
    Answer { calls, content, ..Answer::default() }
}

#[test]
fn each_kind_of_constraint_has_cases_and_each_case_a_known_value() {
    let all = shipped_of(Family::Structured, Size::Full);
    assert_eq!((all.len(), shipped_of(Family::Structured, Size::Quick).len()), (39, 16));
    let kinds: BTreeSet<&str> = all.iter().filter_map(|case| Some(case.constraint.as_ref()?.kind().name())).collect();
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["choice", "grammar", "json_mode", "json_schema", "regex"]);
    let mut quick: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &all {
        assert!(case.turns[0].expect.value.is_some() && case.tools.is_empty(), "{}", case.id);
        *quick.entry(&case.category).or_default() += usize::from(case.quick);
        assert!(case.category.len() <= 10, "a table has ten columns for {}", case.category);
    }
    assert!(quick.values().all(|count| *count == 1), "{quick:?}");
}

#[test]
fn every_case_scores_its_own_right_answer_as_right_and_others_as_wrong() {
    for case in shipped(Size::Full).into_iter().chain(shipped_of(Family::Structured, Size::Full)) {
        let mut dialogue = Dialogue::new(&case, case.tools.clone());
        for turn in &case.turns {
            assert!(dialogue.ask().is_some(), "{} is over too soon", case.id);
            dialogue.take(right_answer(&turn.expect));
        }
        let outcome = dialogue.outcome("base", 0).unwrap();
        assert_eq!(outcome.label, Label::Right, "{}: {:?}", case.id, outcome.reasons);
        assert_eq!(outcome.facts.turns as usize, case.turns.len(), "{}", case.id);
        assert_eq!(outcome.facts.valid, outcome.facts.emitted, "{}", case.id);

        let first = &case.turns[0].expect;
        let wrong = if first.calls.is_empty() && case.constraint.is_none() {
            Answer {
                calls: vec![MadeCall { name: case.tools[0].name.clone(), arguments: "{}".to_owned() }],
                ..Answer::default()
            }
        } else {
            Answer { content: Some("I can do that.".to_owned()), ..Answer::default() }
        };
        let graded = grade(first, &case.tools, case.constraint.as_ref(), &wrong);
        assert_ne!(graded.label, Label::Right, "{}", case.id);
    }
}

#[test]
fn results_reach_the_model_under_the_id_of_their_call() {
    let line = r#"{"id": "a", "category": "x", "messages": "hi", "tools": ["get_population"], "calls": [{"name": "get_population", "arguments": {"city": "Turin"}, "result": 841600}, {"name": "get_population", "arguments": {"city": "Genoa"}, "result": 558745}], "then": [{}]}"#;
    let case = &cases(line, "mine", Library::shipped()).unwrap()[0];
    let mut dialogue = Dialogue::new(case, case.tools.clone());
    let mut answer = right_answer(&case.turns[0].expect);
    answer.calls.reverse();
    dialogue.take(answer);
    let messages = dialogue.ask().unwrap();
    let results: Vec<(&str, &str)> = messages
        .iter()
        .filter_map(|message| Some((message["tool_call_id"].as_str()?, message["content"].as_str()?)))
        .collect();
    assert_eq!(results, [("call00000", "558745"), ("call00001", "841600")]);
}

#[test]
fn recorded_answers_are_read_again_by_another_parser() {
    let all = shipped(Size::Full);
    let raw = |text: &str| Answer { raw: Some(text.to_owned()), content: Some(text.to_owned()), ..Answer::default() };
    let outcome = |id: &str, text: &str| {
        let case = all.iter().find(|case| case.id == id).unwrap();
        let mut dialogue = Dialogue::new(case, case.tools.clone());
        dialogue.take(raw(text));
        (case, dialogue.outcome("served", 0).unwrap())
    };
    let format = |name| crate::lab::tools::named(name).unwrap();
    let timer = r#"<tool_call>{"name": "set_timer", "arguments": {"minutes": 12}}</tool_call>"#;
    let (case, lost) = outcome("single-timer", timer);
    assert_eq!((lost.label, lost.facts.lost_but_right), (Label::ParserLoss, 1));
    let found = lost.replayed(case, &case.tools, format("hermes"), "hermes").unwrap();
    assert_eq!((found.label, found.setting.as_str()), (Label::Right, "hermes"));
    let missed = lost.replayed(case, &case.tools, format("glm45"), "glm45").unwrap();
    assert_eq!(missed.label, Label::ParserLoss);
    // What the model would have said to the result nobody knows.
    let eight = timer.replace("12", "8");
    let (case, lost) = outcome("multi-turn-thanks", &eight);
    assert_eq!(lost.replayed(case, &case.tools, format("hermes"), "hermes"), None);
}
