//! Tool calls: whether a choice of tools is obeyed, and how calls are streamed.

use crate::lab::probes::ask::{Answer, Ask, Said};
use crate::lab::probes::bench::{Bench, Need, fields, user};
use crate::lab::probes::rule::{Marked, unanswered};
use crate::lab::probes::stats::{CONTROL, TREATED};
use crate::lab::probes::verdict::{Finding, Verdict};
use serde_json::{Map, Value, json};

type Found = Result<Finding, Need>;

const ONE: &str = "What is the weather in Paris?";
const TWO: &str = "Compare the weather in Rome and Tokyo.";
const NONE: &str = "Say hello.";
/// The most tokens of an answer.
const MOST: u64 = 96;

/// Two tools, so that the one named can be another than the one that fits.
fn offer() -> Value {
    let tool = |name: &str, what: &str| {
        json!({"type": "function", "function": {
            "name": name, "description": what,
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        }})
    };
    json!([tool("get_weather", "The weather in a city now"), tool("get_population", "How many people live in a city")])
}

/// Fields of a request with tools; without thinking where the model calls only so, or thinks too long.
fn base(bench: &Bench) -> Result<Map<String, Value>, Need> {
    let plain = fields(json!({"temperature": 0, "max_tokens": MOST, "tools": offer()}));
    let scout = bench.chats("scout: does it call?", 1, ONE, plain.clone())?;
    if scout.iter().filter_map(Answer::said).any(|said| !said.calls().is_empty()) {
        return Ok(plain);
    }
    let mut quiet = plain.clone();
    quiet.insert("chat_template_kwargs".into(), json!({"enable_thinking": false}));
    let scout = bench.chats("scout: does it call without thinking?", 1, ONE, quiet.clone())?;
    let calls = scout.iter().filter_map(Answer::said).any(|said| !said.calls().is_empty());
    Ok(if calls { quiet } else { plain })
}

fn held(
    bench: &Bench,
    text: &str,
    (name, field, value): (&str, &str, Value),
    says: &str,
    mark: &dyn Fn(&Said) -> Option<bool>,
) -> Found {
    let base = base(bench)?;
    let control = bench.chats(&format!("control: tools offered, {text:?}"), CONTROL, text, base.clone())?;
    let mut with = base;
    with.insert(field.to_owned(), value);
    let treated = bench.chats(&format!("{name}, greedy"), TREATED, text, with)?;
    let found = Marked { treated, control, mark, strict: true, says }.finding();
    let calls = control.iter().filter_map(Answer::said).any(|said| !said.calls().is_empty());
    if found.verdict == Verdict::Unknown && found.samples > 0 && text != NONE && !calls {
        return Ok(Finding {
            samples: found.samples,
            ..Finding::unknown("the model makes no call that could be held back")
        });
    }
    Ok(found)
}

/// A call where there would be none.
pub(in crate::lab::probes) fn required(bench: &Bench) -> Found {
    // A text that was cut off might have gone on to a call.
    let mark = |said: &Said| match (said.calls().is_empty(), said.finish()) {
        (true, "length") => None,
        (none, _) => Some(!none),
    };
    held(bench, NONE, ("tool_choice required", "tool_choice", json!("required")), "call", &mark)
}

/// A call of the tool that is named, where another fits.
pub(in crate::lab::probes) fn named(bench: &Bench) -> Found {
    let named = json!({"type": "function", "function": {"name": "get_population"}});
    let mark = |said: &Said| match (said.calls().first(), said.finish()) {
        (None, "length") => None,
        (call, _) => Some(call.is_some_and(|call| call.name == "get_population")),
    };
    held(bench, ONE, ("tool_choice by name", "tool_choice", named), "call the tool that is named", &mark)
}

/// No call where there would be one.
pub(in crate::lab::probes) fn none(bench: &Bench) -> Found {
    let mark = |said: &Said| Some(said.calls().is_empty());
    held(bench, ONE, ("tool_choice none", "tool_choice", json!("none")), "make no call", &mark)
}

/// One call where there would be two.
pub(in crate::lab::probes) fn one_at_a_time(bench: &Bench) -> Found {
    let mark = |said: &Said| Some(said.calls().len() < 2);
    held(
        bench,
        TWO,
        ("parallel_tool_calls false", "parallel_tool_calls", json!(false)),
        "make fewer than two calls",
        &mark,
    )
}

/// The arguments of a call come piece by piece.
pub(in crate::lab::probes) fn streamed(bench: &Bench) -> Found {
    let base = base(bench)?;
    let answers = bench
        .round("a call, streamed", false, || vec![Ask::Chat { messages: user(ONE), fields: base, stream: true }; 3])?;
    if let Some(found) = unanswered(answers, &[]) {
        return Ok(found);
    }
    let calls = answers.iter().filter_map(Answer::said).filter_map(|said| said.calls().first());
    let pieces: Vec<u32> = calls.filter(|call| call.arguments.len() > 8).map(|call| call.pieces).collect();
    let listed = pieces.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    Ok(match pieces.iter().max() {
        None => Finding::unknown("the model makes no call with arguments that could be streamed"),
        Some(0 | 1) => Finding::plain(Verdict::No, "the arguments come whole, in one piece", pieces.len()),
        Some(_) => Finding::plain(Verdict::Yes, format!("the arguments came in {listed} pieces"), pieces.len()),
    })
}
