use super::*;
use serde_json::json;

const HERMES: &str = "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Ulm\"}}\n</tool_call>";

fn exchange(text: &str, calls: &[(&str, &str)], finish: &str) -> Exchange {
    let city = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let tool = Definition::read(&json!({"name": "weather", "parameters": city})).unwrap();
    let asked = |(name, arguments): &(&str, &str)| Asked {
        id: String::new(),
        name: (*name).to_owned(),
        arguments: (*arguments).to_owned(),
    };
    let content = if calls.is_empty() { text.to_owned() } else { String::new() };
    let calls = calls.iter().map(asked).collect();
    let unknown = || Unknown::because("not asked");
    Exchange {
        tools: vec![tool],
        prompt: Err(unknown()),
        cost: Err(unknown()),
        raw: Ok(Raw { text: text.to_owned(), end: "<|im_end|>".to_owned(), basis: "a test" }),
        pieces: Err(unknown()),
        returned: Returned { content, calls, finish: Some(finish.to_owned()), ..Returned::default() },
        server_parser: Some("pythonic".to_owned()),
        prompted: None,
    }
}

fn labels(exchange: &Exchange) -> Vec<&'static str> {
    look(exchange, None).unwrap().differences.iter().map(Difference::label).collect()
}

#[test]
fn what_differs_has_its_name() {
    let ulm = "{\"city\":\"Ulm\"}";
    let stray = HERMES.replace("weather", "stars");
    let empty = HERMES.replace("{\"city\": \"Ulm\"}", "{}");
    let cut = &HERMES[..40];
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, &'a [&'a str]);
    let table: &[Row<'_>] = &[
        (HERMES, &[("weather", ulm)], "tool_calls", &[]),
        ("Hello.", &[], "stop", &[]),
        (HERMES, &[], "stop", &["parser loss"]),
        (HERMES, &[("weather", "{\"city\": \"Bonn\"}")], "tool_calls", &["changed by the server"]),
        ("Hello.", &[("weather", ulm)], "tool_calls", &["not in the text"]),
        (&stray, &[("stars", ulm)], "tool_calls", &["hallucinated tool"]),
        (&empty, &[("weather", "{}")], "tool_calls", &["schema violation"]),
        (cut, &[], "length", &["truncated", "broken call"]),
    ];
    for (text, calls, finish, want) in table {
        assert_eq!(labels(&exchange(text, calls, finish)), *want, "{text}");
    }
    // Two calls of which the server returned the second only.
    let both = format!("{HERMES}\n{}", HERMES.replace("Ulm", "Bonn"));
    let one = exchange(&both, &[("weather", "{\"city\": \"Bonn\"}")], "tool_calls");
    let seen = look(&one, None).unwrap();
    assert_eq!(seen.pairs[0], Pair { written: Some(0), returned: None, same: false });
    assert_eq!(seen.pairs[1], Pair { written: Some(1), returned: Some(0), same: true });
    let loss = seen.differences[0].words();
    assert!(loss.contains("pythonic") && loss.contains("hermes"), "{loss}");
    // Where the calls are read here, no server can lose one.
    let prompted = |told: &str| Exchange { prompted: Some(told.to_owned()), ..exchange(HERMES, &[], "stop") };
    assert!(labels(&prompted("hermes")).is_empty());
    assert_eq!(labels(&prompted("seed_tool_call")), ["another form"]);
}

#[test]
fn an_answer_that_a_reasoning_parser_swallowed_is_named() {
    let mut all = exchange("{\"answer\": 4}", &[], "stop");
    all.returned = Returned { reasoning: "{\"answer\": 4}".into(), finish: Some("stop".into()), ..Returned::default() };
    assert_eq!(labels(&all), ["swallowed by reasoning"]);
}

#[test]
fn without_the_raw_text_nothing_is_said() {
    let why = Unknown::because("this endpoint is not known to show the raw text");
    let hidden = Exchange { raw: Err(why.clone()), ..exchange("", &[], "stop") };
    assert_eq!(look(&hidden, None), Err(why.clone()));
    assert_eq!(replay(&hidden, formats()), Err(why));
}

#[test]
fn the_replay_finds_the_right_parser() {
    let all = replay(&exchange(HERMES, &[], "stop"), formats()).unwrap();
    assert_eq!((all[0].good, all.len()), (1, formats().len()));
    let good = |name: &str| all.iter().find(|one| one.format == name).map(|one| one.good);
    assert_eq!((good("hermes"), good("llama4_pythonic"), good("kimi_k2")), (Some(1), Some(0), Some(0)));
    let wrong = formats().iter().find(|format| format.name == "kimi_k2").unwrap();
    assert!(look(&exchange(HERMES, &[], "stop"), Some(wrong)).unwrap().parsed.calls.is_empty());
}

#[test]
fn an_end_that_belongs_to_the_call_is_read_with_it() {
    let mut all = exchange(
        "<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{\"city\": \"Ulm\"}",
        &[("weather", "{\"city\": \"Ulm\"}")],
        "tool_calls",
    );
    all.raw = all.raw.map(|raw| Raw { end: "<|call|>".to_owned(), ..raw });
    let seen = look(&all, None).unwrap();
    assert!(seen.parsed.calls.iter().all(|call| call.complete) && !seen.parsed.calls.is_empty(), "{:?}", seen.parsed);
}
