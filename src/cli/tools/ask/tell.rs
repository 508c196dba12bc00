//! What happened in an exchange, for people and programs.

use crate::base::Problem;
use crate::base::text::clean_line;
use crate::cli::output;
use crate::lab::agent::flow::{CallState, Kind};
use crate::lab::agent::{End, Loop};
use crate::lab::xray::{Difference, Told};
use serde_json::{Value, json};

/// Tells all of it.
///
/// # Errors
/// When nothing can be printed.
pub(super) fn tell(json: bool, it: &Loop, answers: &[Told]) -> Result<(), Problem> {
    if json {
        return output::json(&document(it, answers));
    }
    let mut turn = 0;
    for (_, depth, node) in it.trace().rows() {
        let said = match &node.kind {
            Kind::Turn { content, reasoning } => {
                turn += 1;
                let reasoned = if reasoning.is_empty() { String::new() } else { format!(" (reasons) {reasoning}") };
                let text = if content.trim().is_empty() { "calls" } else { content };
                format!("answer {turn}:{reasoned} {text}")
            }
            Kind::Call { name, arguments, state, .. } => format!("{} {name} {arguments}", word(*state)),
            Kind::Result { text, cut } => format!("= {text}{}", if *cut { " (cut)" } else { "" }),
            Kind::Problem(why) => format!("! {why}"),
            Kind::End(end) => format!("end: {}", end_word(end)),
        };
        output::line(&format!("{}{}", "  ".repeat(depth), clean_line(&said)))?;
        if let (Kind::Turn { .. }, Some(told)) = (&node.kind, answers.get(turn - 1)) {
            told.differences()
                .iter()
                .try_for_each(|one| output::line(&clean_line(&format!("  {}: {}", one.label(), one.words()))))?;
        }
    }
    Ok(())
}

fn word(state: CallState) -> &'static str {
    match state {
        CallState::Waiting => "waiting",
        CallState::Asked => "asked",
        CallState::Running => "running",
        CallState::Done => "done",
        CallState::Failed => "failed",
        CallState::Refused => "refused",
        CallState::Malformed => "malformed",
    }
}

fn end_word(end: &End) -> String {
    match end {
        End::Answered => "answered".to_owned(),
        End::Steps => "steps".to_owned(),
        End::Malformed => "malformed".to_owned(),
        End::Looping(name) => format!("looping: {name}"),
        End::Stopped => "stopped".to_owned(),
        End::Failed(why) => format!("failed: {why}"),
    }
}

fn document(it: &Loop, answers: &[Told]) -> Value {
    let node = |(_, depth, node): (usize, usize, &crate::lab::agent::flow::Node)| {
        let mut out = match &node.kind {
            Kind::Turn { content, reasoning } => json!({"kind": "turn", "content": content, "reasoning": reasoning}),
            Kind::Call { name, arguments, state, .. } => {
                json!({"kind": "call", "name": name, "arguments": arguments, "state": word(*state)})
            }
            Kind::Result { text, cut } => json!({"kind": "result", "text": text, "cut": cut}),
            Kind::Problem(why) => json!({"kind": "problem", "why": why}),
            Kind::End(end) => json!({"kind": "end", "end": end_word(end)}),
        };
        out["depth"] = depth.into();
        out
    };
    json!({
        "end": it.end().map(end_word),
        "trace": it.trace().rows().into_iter().map(node).collect::<Vec<_>>(),
        "answers": answers.iter().map(answer).collect::<Vec<_>>(),
        "messages": it.messages(),
    })
}

fn answer(told: &Told) -> Value {
    let Told { exchange, seen, replayed, .. } = told;
    let unknown = |why: &crate::base::Unknown| json!({"unknown": why.why});
    let returned = &exchange.returned;
    json!({
        "prompt": exchange.prompt.as_ref().map_or_else(unknown, |prompt| {
            json!({"text": prompt.text, "tokens": prompt.tokens, "basis": prompt.basis})
        }),
        "tool_cost": exchange.cost.as_ref().map_or_else(unknown, |cost| {
            json!({"tokens": cost.tokens, "share_of_context": cost.share})
        }),
        "raw": exchange.raw.as_ref().map_or_else(unknown, |raw| json!({"text": raw.text, "end": raw.end, "basis": raw.basis})),
        "tokens": exchange.pieces.as_ref().map_or_else(unknown, |all| json!({"pieces": all.pieces, "basis": all.basis})),
        "returned": {
            "content": returned.content,
            "reasoning": returned.reasoning,
            "finish": returned.finish,
            "calls": returned.calls.iter().map(|call| json!({"name": call.name, "arguments": call.arguments})).collect::<Vec<_>>(),
        },
        "server_parser": exchange.server_parser,
        "read_as": seen.as_ref().ok().map(|seen| &seen.parsed.format),
        "calls": seen.as_ref().ok().map(|seen| seen.parsed.calls.iter().map(|call| json!({
            "name": call.name, "arguments": call.arguments, "complete": call.complete, "known": call.known,
            "span": [call.span.start, call.span.end],
        })).collect::<Vec<_>>()),
        "differences": seen.as_ref().ok().map(|seen| seen.differences.iter().map(difference).collect::<Vec<_>>()),
        "parsers": replayed.as_ref().ok().map(|all| {
            let good = all.iter().filter(|one| one.good > 0);
            good.map(|one| json!({"format": one.format, "calls": one.good})).collect::<Vec<_>>()
        }),
    })
}

fn difference(one: &Difference) -> Value {
    json!({"kind": one.label().replace(' ', "_"), "words": one.words()})
}
