//! The loop as a whole: what it asks, what it runs, and that it ends.

use super::*;
use crate::lab::agent::prompt;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn tools() -> Vec<Definition> {
    let city = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let all = json!([
        {"name": "weather", "parameters": city, "run": {"kind": "command", "argv": ["weather", "{city}"]},
         "limits": {"bytes": 10}},
        {"name": "calculator", "parameters": {"properties": {"expression": {}}}, "run": {"kind": "calculator"}},
    ]);
    all.as_array().unwrap().iter().map(|one| Definition::read(one).unwrap()).collect()
}

fn new(settings: Settings) -> Loop {
    Loop::new(settings, tools()).unwrap()
}

fn calls(all: &[(&str, &str)]) -> Message {
    let one = |(at, (name, arguments)): (usize, &(&str, &str))| Asked {
        id: format!("c{at}"),
        name: (*name).to_owned(),
        arguments: (*arguments).to_owned(),
    };
    Message::Answered(Answered { calls: all.iter().enumerate().map(one).collect(), ..Answered::default() })
}

fn says(text: &str) -> Message {
    Message::Answered(Answered { content: text.to_owned(), ..Answered::default() })
}

fn answers(id: usize, text: &str) -> Message {
    Message::Result(CallId(id), Outcome::Answered(text.as_bytes().to_vec()))
}

/// Effects in short.
fn told(effects: &[Effect]) -> String {
    let word = |effect: &Effect| match effect {
        Effect::Ask { messages, tools, .. } => format!("ask {} {}", messages.len(), tools.is_some()),
        Effect::Confirm { call, name, .. } => format!("confirm {} {name}", call.0),
        Effect::Run { call, plan } => format!("run {} {}", call.0, plan.lines().join(" ")),
        Effect::Cancel(call) => format!("cancel {}", call.0),
        Effect::Paused => "paused".to_owned(),
        Effect::Ended(end) => format!("ended {end:?}"),
    };
    effects.iter().map(word).collect::<Vec<_>>().join("; ")
}

fn hello() -> Vec<Value> {
    vec![json!({"role": "user", "content": "Weather in Ulm?"})]
}

fn last(it: &Loop) -> String {
    it.messages().last().map(|one| one["content"].as_str().unwrap_or_default().to_owned()).unwrap_or_default()
}

const ULM: &str = "{\"city\": \"Ulm\"}";

#[test]
fn a_call_is_asked_for_run_and_answered() {
    let mut it = new(Settings::default());
    assert_eq!(told(&it.begin(hello())), "ask 1 true");
    assert_eq!(told(&it.begin(hello())), "", "it has begun");
    assert_eq!(told(&it.update(calls(&[("weather", ULM)]), 1.0)), "confirm 0 weather");
    assert_eq!(
        it.asked().map(|(id, name, _)| (id.0, name.to_owned())).collect::<Vec<_>>(),
        [(0, "weather".to_owned())]
    );
    assert_eq!(told(&it.update(answers(0, "sun"), 1.5)), "", "nothing runs yet");
    let run = it.update(Message::Permitted(CallId(0), Answer::Once), 2.0);
    assert_eq!(told(&run), "run 0 word 0: weather word 1: Ulm at most 30 s and 10 bytes");
    assert_eq!(told(&it.update(Message::Permitted(CallId(0), Answer::Once), 2.0)), "", "one yes, one run");
    assert_eq!(told(&it.update(answers(0, &"x".repeat(5000)), 3.0)), "ask 3 true");
    assert_eq!(last(&it), "xxxxxxxxxx\n[cut after 10 bytes: at least 4990 more]");
    assert_eq!(told(&it.update(answers(0, "late"), 3.0)), "");
    assert_eq!(told(&it.update(says("Sun."), 4.0)), "ended Answered");
    assert_eq!(it.messages().len(), 4);
    assert_eq!(told(&it.update(Message::Go, 5.0)), "");
    let rows: Vec<(usize, f64, Option<f64>)> =
        it.trace().rows().iter().map(|(_, depth, node)| (*depth, node.began, node.ended)).collect();
    let expected =
        [(0, 1.0, Some(3.0)), (1, 1.0, Some(3.0)), (2, 3.0, Some(3.0)), (0, 4.0, Some(4.0)), (0, 4.0, Some(4.0))];
    assert_eq!(rows, expected);
}

#[test]
fn parallel_calls_run_together_or_one_after_another() {
    let both = || calls(&[("weather", ULM), ("calculator", "{\"expression\": \"1+1\"}")]);
    let mut it = new(Settings::default());
    it.begin(hello());
    assert_eq!(told(&it.update(both(), 0.0)), "confirm 0 weather; confirm 1 calculator");
    assert!(
        told(&it.update(Message::Permitted(CallId(1), Answer::Once), 0.0))
            .starts_with("run 1 nothing runs; the answer is 2")
    );
    assert!(told(&it.update(Message::Permitted(CallId(0), Answer::Once), 0.0)).starts_with("run 0"));
    assert_eq!(told(&it.update(answers(1, "2"), 0.0)), "");
    assert_eq!(told(&it.update(answers(0, "sun"), 0.0)), "ask 4 true");
    assert_eq!(it.messages()[2]["tool_call_id"], "c0", "results stand in the order of the calls");

    let mut it = new(Settings { parallel: false, ..Settings::default() });
    it.begin(hello());
    assert_eq!(told(&it.update(both(), 0.0)), "confirm 0 weather");
    it.update(Message::Permitted(CallId(0), Answer::Once), 0.0);
    assert_eq!(told(&it.update(answers(0, "sun"), 0.0)), "confirm 1 calculator");
}

#[test]
fn permission_is_kept_for_the_chat_and_no_means_no() {
    let mut it = new(Settings::default());
    it.begin(hello());
    let three = [("weather", ULM), ("weather", "{\"city\": \"Bonn\"}"), ("calculator", "{\"expression\": \"1\"}")];
    it.update(calls(&three), 0.0);
    let told_now = told(&it.update(Message::Permitted(CallId(0), Answer::Chat), 0.0));
    assert!(told_now.contains("run 0") && told_now.contains("run 1") && !told_now.contains("run 2"), "{told_now}");
    it.update(Message::Permitted(CallId(2), Answer::Never), 0.0);
    it.update(answers(0, "a"), 0.0);
    assert_eq!(told(&it.update(answers(1, "b"), 0.0)), "ask 5 true");
    assert_eq!(last(&it), "Error: the user did not allow this call");
    let kept = it.permissions().clone();
    let mut it = new(Settings::default()).with_permissions(kept);
    it.begin(hello());
    let effects = it.update(calls(&[("weather", ULM), ("calculator", "{\"expression\": \"1\"}")]), 0.0);
    assert!(told(&effects).starts_with("run 0") && effects.len() == 1, "{}", told(&effects));
    assert_eq!(told(&it.update(Message::Stop, 0.0)), "cancel 0; ended Stopped");
    assert_eq!(it.messages().len(), 4, "each call has its message, also when it was stopped");
}

#[test]
fn calls_that_cannot_be_used_go_back_with_their_error() {
    let deep = "[".repeat(100_000);
    let table = [
        ("wether", ULM, "Did you mean weather?"),
        ("get the weather", ULM, "there is no tool named \"get the weather\""),
        ("", ULM, "there is no tool named \"\""),
        ("weather", "{\"city\": ", "are no JSON"),
        ("weather", "[1]", "are no JSON object but [1]"),
        ("weather", "\"{}\"", "are no JSON object"),
        ("weather", "null", "are no JSON object"),
        ("weather", deep.as_str(), "are no JSON"),
        ("weather", "", "`city` is missing"),
        ("weather", "{\"city\": 4}", "city: must be string, not a number"),
        ("weather", "{\"city\": \"--flag\"}", "flag of the program"),
    ];
    for (name, arguments, why) in table {
        let mut it = new(Settings::default());
        it.begin(hello());
        assert_eq!(told(&it.update(calls(&[(name, arguments)]), 0.0)), "ask 3 true", "{name} {why}");
        assert!(last(&it).starts_with("Error: ") && last(&it).contains(why), "{}", last(&it));
        let kept = it.messages()[1]["tool_calls"][0]["function"]["arguments"].as_str().unwrap();
        assert!(serde_json::from_str::<Value>(kept).unwrap().is_object());
        it.update(calls(&[(name, arguments)]), 0.0);
        assert_eq!(told(&it.update(calls(&[(name, arguments)]), 0.0)), "ended Malformed");
    }
    let mut it = new(Settings::default());
    it.begin(hello());
    let mixed = calls(&[("nope", "{}"), ("weather", ULM)]);
    assert_eq!(told(&it.update(mixed, 0.0)), "confirm 1 weather", "what is right runs");
}

#[test]
fn faults_are_told_briefly_and_ids_are_told_apart() {
    let mut it = Loop::new(
        Settings::default(),
        vec![
            Definition::read(&json!({"name": "t", "parameters": {"properties": {}, "additionalProperties": false}}))
                .unwrap(),
        ],
    )
    .unwrap();
    it.begin(hello());
    it.update(calls(&[("t", &format!("{{\"{}\": 1}}", "x".repeat(500_000)))]), 0.0);
    assert!(last(&it).len() < 2200, "{}", last(&it).len());
    let mut it = new(Settings::default());
    it.begin(hello());
    let same = |_| Asked { id: "same".to_owned(), name: "weather".to_owned(), arguments: ULM.to_owned() };
    it.update(Message::Answered(Answered { calls: (0..3).map(same).collect(), ..Answered::default() }), 0.0);
    it.update(Message::Stop, 0.0);
    let ids: BTreeSet<&str> = it.messages().iter().filter_map(|one| one["tool_call_id"].as_str()).collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
}

#[test]
fn steps_loops_failures_and_pauses() {
    let mut it = new(Settings { steps: 2, stepwise: true, ..Settings::default() });
    it.begin(hello());
    let sum = |n: usize| calls(&[("calculator", format!("{{\"expression\": \"{n}\"}}").as_str())]);
    it.update(sum(1), 0.0);
    it.update(Message::Permitted(CallId(0), Answer::Chat), 0.0);
    assert_eq!(told(&it.update(answers(0, "1"), 0.0)), "paused");
    assert_eq!(told(&it.update(sum(3), 0.0)), "", "nobody was asked");
    assert_eq!(told(&it.update(Message::Go, 0.0)), "ask 3 true");
    it.update(sum(2), 0.0);
    assert_eq!(told(&it.update(Message::Result(CallId(1), Outcome::TimedOut(30.0)), 0.0)), "ended Steps");
    assert!(last(&it).contains("within 30 s"));

    let mut it = new(Settings::default());
    it.begin(hello());
    for n in 0..2 {
        it.update(calls(&[("weather", ULM)]), 0.0);
        it.update(Message::Permitted(CallId(n), Answer::Once), 0.0);
        it.update(Message::Result(CallId(n), Outcome::Failed("gone".to_owned())), 0.0);
        assert_eq!(last(&it), "Error: gone");
    }
    assert_eq!(told(&it.update(calls(&[("weather", "{\"city\":\"Ulm\"}")]), 0.0)), "ended Looping(\"weather\")");

    let mut it = new(Settings::default());
    it.begin(hello());
    assert_eq!(it.update(calls(&[("weather", ULM); 4]), 0.0).len(), 4, "one answer may ask for several results");

    let mut it = new(Settings::default());
    it.begin(hello());
    assert_eq!(told(&it.update(Message::Failed("down".to_owned()), 0.0)), "ended Failed(\"down\")");
    assert!(Loop::new(Settings::default(), [tools(), tools()].concat()).is_err());
}

#[test]
fn prompted_mode_reads_the_raw_text() {
    for (name, text) in [
        (
            "tool_call",
            "<think>hm</think>Let me see.\nTOOL_CALL: {\"name\": \"weather\", \"arguments\": {\"city\": \"Ulm\"}}",
        ),
        (
            "hermes",
            "<think>hm</think>Let me see.\n<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Ulm\"}}</tool_call>",
        ),
    ] {
        let mode = Mode::Prompted(Box::new(prompt::named(name).unwrap().clone()));
        let mut it = new(Settings { mode, ..Settings::default() });
        let Some(Effect::Ask { messages, tools: None, .. }) = it.begin(hello()).pop() else { panic!("{name}") };
        assert!(messages[0]["content"].as_str().unwrap().contains("weather"), "{name}");
        assert_eq!(told(&it.update(says(text), 0.0)), "confirm 0 weather", "{name}");
        it.update(Message::Permitted(CallId(0), Answer::Once), 0.0);
        let Some(Effect::Ask { messages, .. }) = it.update(answers(0, "sun"), 0.0).pop() else { panic!("{name}") };
        let written = messages[2]["content"].as_str().unwrap();
        assert!(written.starts_with("Let me see.") && written.contains("Ulm") && !written.contains("hm<"), "{written}");
        assert_eq!(messages[3]["role"], "user");
        assert!(messages[3]["content"].as_str().unwrap().contains("sun"), "{name}");
        assert_eq!(told(&it.update(says("It is sunny."), 0.0)), "ended Answered");
        let Kind::Turn { content, reasoning } = &it.trace().nodes[0].kind else { panic!() };
        assert_eq!((content.trim(), reasoning.as_str()), ("Let me see.", "hm"));
    }
}

#[test]
fn prompted_calls_that_break_off_are_asked_for_again() {
    let mode = Mode::Prompted(Box::new(prompt::named("hermes").unwrap().clone()));
    let mut it = new(Settings { mode, ..Settings::default() });
    it.begin(hello());
    for round in 0..3 {
        let effects = it.update(says("<tool_call>{\"name\": \"weather\", \"argum"), 0.0);
        assert_eq!(
            told(&effects),
            if round < 2 { format!("ask {} false", 4 + 2 * round) } else { "ended Malformed".to_owned() }
        );
    }
    let mode = Mode::Prompted(Box::new(prompt::named("llama3_json").unwrap().clone()));
    let mut it = new(Settings { mode, ..Settings::default() });
    it.begin(hello());
    assert_eq!(told(&it.update(says("In C a block begins with {"), 0.0)), "ended Answered");
    let unknown = prompt::Prompt { format: "nope".to_owned(), ..prompt::prompts()[0].clone() };
    assert!(Loop::new(Settings { mode: Mode::Prompted(Box::new(unknown)), ..Settings::default() }, tools()).is_err());
}

/// What a world of ill will may tell.
fn anything() -> impl Strategy<Value = Message> {
    let name = prop_oneof![Just("weather"), Just("calculator"), Just("a b"), Just("")];
    let arguments = prop_oneof![Just(ULM), Just("{\"expression\": \"1+\"}"), Just("{"), Just("4"), Just("")];
    let answer = prop_oneof![Just(Answer::Once), Just(Answer::Chat), Just(Answer::No), Just(Answer::Never)];
    let outcome = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Outcome::Answered),
        Just(Outcome::Failed("no".to_owned())),
        Just(Outcome::TimedOut(1.0))
    ];
    prop_oneof![
        4 => proptest::collection::vec((name, arguments), 0..4).prop_map(|all| calls(&all)),
        2 => "(TOOL_CALL: )?(\\{\"name\": \"weather\", \"arguments\": \\{\"city\": \"[a-z]\"\\}\\})?[ a-z{<]{0,5}".prop_map(|text| says(&text)),
        4 => (0_usize..12, answer).prop_map(|(id, answer)| Message::Permitted(CallId(id), answer)),
        4 => (0_usize..12, outcome).prop_map(|(id, outcome)| Message::Result(CallId(id), outcome)),
        2 => Just(Message::Go),
    ]
}

proptest! {
    #[test]
    fn nothing_runs_without_a_yes(
        all in proptest::collection::vec(anything(), 0..80), prompted in any::<bool>(), parallel in any::<bool>(), stepwise in any::<bool>()
    ) {
        let mode = if prompted { Mode::Prompted(Box::new(prompt::prompts()[0].clone())) } else { Mode::Native };
        let mut it = new(Settings { mode, parallel, stepwise, ..Settings::default() });
        it.begin(hello());
        let (mut names, mut yes, mut chat, mut ran) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for message in all {
            if let Message::Permitted(id, answer) = &message
                && let Some((_, name, _)) = it.asked().find(|(one, ..)| one == id)
            {
                if answer.is_yes() { yes.insert(*id); }
                if *answer == Answer::Chat { chat.insert(name.to_owned()); }
            }
            let effects = it.update(message, 0.0);
            for call in &it.calls { names.insert(call.id, call.name.clone()); }
            for effect in effects {
                if let Effect::Run { call, .. } = effect {
                    prop_assert!(yes.contains(&call) || names.get(&call).is_some_and(|name| chat.contains(name)));
                    prop_assert!(ran.insert(call), "a call runs once");
                }
            }
        }
    }

    #[test]
    fn it_always_ends(picks in proptest::collection::vec(anything(), 8), steps in 0_usize..6, yes in any::<bool>()) {
        let mut it = new(Settings { steps, ..Settings::default() });
        let mut effects = it.begin(hello());
        let mut asked = 0;
        while let Some(effect) = effects.pop() {
            effects.extend(match effect {
                Effect::Ask { .. } => {
                    asked += 1;
                    prop_assert!(asked <= steps.max(1) + 1, "{} questions", asked);
                    let pick = picks.iter().filter(|one| matches!(one, Message::Answered(_))).nth(asked - 1);
                    it.update(pick.cloned().unwrap_or_else(|| calls(&[("calculator", "{\"expression\": \"1\"}")])), 0.0)
                }
                Effect::Confirm { call, .. } => it.update(Message::Permitted(call, if yes { Answer::Once } else { Answer::No }), 0.0),
                Effect::Run { call, .. } => it.update(Message::Result(call, Outcome::Answered(vec![255])), 0.0),
                Effect::Cancel(_) | Effect::Paused | Effect::Ended(_) => Vec::new(),
            });
        }
        prop_assert!(it.end().is_some());
        prop_assert!(it.trace().nodes.iter().all(|node| node.ended.is_some()));
        prop_assert_eq!(it.trace().rows().len(), it.trace().nodes.len());
        let made = it.messages().iter().filter_map(|one| one["tool_calls"].as_array()).map(Vec::len).sum::<usize>();
        prop_assert_eq!(made, it.messages().iter().filter(|one| one["role"] == "tool").count());
    }
}
