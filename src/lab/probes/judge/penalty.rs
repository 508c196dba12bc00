//! Penalties: a greedy text that must change.
//!
//! Presence and frequency penalties are bounded, and a text may be too sure to change. With the probabilities of a greedy text in
//! hand it is known beforehand where an engine that obeys must take another token: the chosen one was written before and a new one
//! lies less than the penalty behind it (or, with a negative penalty, the other way round). Only then an unchanged text tells.

use crate::lab::probes::ask::{Answer, Ask, Said};
use crate::lab::probes::bench::{Bench, HELLO, Need, fields, mode, user};
use crate::lab::probes::rule::Marked;
use crate::lab::probes::stats::{CONTROL, TREATED};
use crate::lab::probes::verdict::{Finding, Verdict};
use crate::wire::{Dialect, TokenLogprob};
use serde_json::{Map, Value, json};

type Found = Result<Finding, Need>;

/// The most tokens of the texts.
const LONG: u64 = 48;
/// Texts among which one is sought that must change.
const STORIES: [&str; 3] = [
    "Tell me a long story about a dragon and a king.",
    "Say hello, and hello, and hello again, ten times.",
    "Compare the weather in Rome and Tokyo, and in Paris, and in Oslo.",
];
/// How far beyond what is needed the penalty must reach: engines round.
const MARGIN: f64 = 0.5;

/// Subtracted once from what was written.
pub(in crate::lab::probes) fn presence(bench: &Bench) -> Found {
    bounded(bench, "presence_penalty", |times| f64::from(times.min(1)))
}

/// Subtracted for each time it was written.
pub(in crate::lab::probes) fn frequency(bench: &Bench) -> Found {
    bounded(bench, "frequency_penalty", f64::from)
}

fn long(bench: &Bench) -> Result<Map<String, Value>, Need> {
    let mut all = fields(json!({"temperature": 0, "max_tokens": LONG}));
    if matches!(bench.situation.dialect, Dialect::Vllm | Dialect::LlamaCpp) {
        all.insert("ignore_eos".into(), json!(true));
    }
    all.extend(bench.style()?);
    Ok(all)
}

/// Where a text must change the most: which text, by which penalty, and how far beyond what is needed.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Lever {
    story: usize,
    penalty: f64,
    beyond: f64,
}

fn bounded(bench: &Bench, field: &str, weight: fn(u32) -> f64) -> Found {
    let plain = long(bench)?;
    let mut logged = plain.clone();
    logged.insert("logprobs".into(), json!(true));
    logged.insert("top_logprobs".into(), json!(20));
    let looked = bench.round("where a penalty must show", false, || {
        let ask = |story: &&str| Ask::Chat { messages: user(story), fields: logged.clone(), stream: false };
        STORIES.iter().map(ask).collect()
    })?;
    let tokens = |answer: &Answer| -> Vec<TokenLogprob> {
        let choice = answer.said().and_then(|said| said.choices.first());
        choice.map(|choice| choice.logprobs.clone()).unwrap_or_default()
    };
    let levers = looked.iter().enumerate().flat_map(|(story, answer)| {
        let tokens = tokens(answer);
        [2.0, -2.0].map(|penalty| Lever { story, penalty, beyond: beyond(&tokens, STORIES[story], penalty, weight) })
    });
    let best = levers.fold(Lever { story: 0, penalty: 2.0, beyond: f64::NEG_INFINITY }, |best, next| {
        if next.beyond > best.beyond { next } else { best }
    });
    let story = STORIES[best.story];
    let control = bench.chats(
        &format!("control: long greedy text {}", best.story + 1),
        CONTROL + TREATED,
        story,
        plain.clone(),
    )?;
    let mut with = plain;
    with.insert(field.to_owned(), json!(best.penalty));
    let treated = bench.chats(&format!("{field} {}, greedy", best.penalty), TREATED, story, with)?;
    let (others, control) = control.split_at_checked(TREATED as usize).unwrap_or((control, &[]));
    let first = mode(others).unwrap_or_default();
    let mark = |said: &Said| Some(said.whole() != first);
    let found = Marked { treated, control, mark: &mark, strict: false, says: "differ from the greedy text" }.finding();
    if found.verdict == Verdict::Ignored && best.beyond < MARGIN {
        let why = "the greedy text stays, and no place in it was found where it must change";
        return Ok(Finding { samples: found.samples, ..Finding::unknown(why) });
    }
    Ok(found)
}

/// How far the best place lies beyond the need to change; negative infinity where there is none. Conservative in what counts as
/// written before: engines differ in whether the prompt does.
fn beyond(tokens: &[TokenLogprob], prompt: &str, penalty: f64, weight: fn(u32) -> f64) -> f64 {
    let mut best = f64::NEG_INFINITY;
    for (at, chosen) in tokens.iter().enumerate() {
        let times = |token: &str| tokens[..at].iter().filter(|before| before.token == token).count() as u32;
        let is_new = |token: &str| times(token) == 0 && !prompt.contains(token.trim());
        for (other, logprob) in
            chosen.top.iter().filter(|(other, _)| *other != chosen.token && !other.trim().is_empty())
        {
            let behind = chosen.logprob - logprob;
            let reach = match penalty > 0.0 {
                true if is_new(other) => penalty * weight(times(&chosen.token)),
                false if is_new(&chosen.token) && !chosen.token.trim().is_empty() => -penalty * weight(times(other)),
                _ => continue,
            };
            if reach > 0.0 {
                best = best.max(reach - behind);
            }
        }
    }
    best
}

/// A hundredth of the logits divides what was seen by so little that it is chosen: the greedy text changes.
pub(in crate::lab::probes) fn repetition(bench: &Bench) -> Found {
    let Some(reference) = bench.reference()? else { return Ok(Finding::unknown("no greedy answer is usual")) };
    let field = if bench.situation.dialect == Dialect::LlamaCpp { "repeat_penalty" } else { "repetition_penalty" };
    let mut with = bench.greedy()?;
    with.insert(field.to_owned(), json!(0.01));
    let treated = bench.chats(&format!("{field} 0.01, greedy"), TREATED, HELLO, with)?;
    let control = bench.greedy_pool()?;
    let mark = |said: &Said| Some(said.whole() != reference);
    Ok(Marked { treated, control, mark: &mark, strict: false, says: "differ from the greedy answer" }.finding())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str, logprob: f64, others: &[(&str, f64)]) -> TokenLogprob {
        let others = others.iter().map(|(other, logprob)| ((*other).to_owned(), *logprob));
        let top = std::iter::once((text.to_owned(), logprob)).chain(others).collect();
        TokenLogprob { token: text.into(), logprob, top }
    }

    #[test]
    fn it_is_known_where_a_text_must_change() {
        let text = [token("a", -0.1, &[]), token("b", -0.1, &[]), token("a", -0.2, &[("new", -1.2), ("b", -0.3)])];
        let once: fn(u32) -> f64 = |times| f64::from(times.min(1));
        assert!((beyond(&text, "", 2.0, once) - 1.0).abs() < 1e-9);
        // A word of the prompt may count as written.
        assert_eq!(beyond(&text, "a new one", 2.0, once), f64::NEG_INFINITY);
        let text = [token("b", -0.1, &[]), token("a", -0.2, &[("b", -1.0)])];
        assert!((beyond(&text, "", -2.0, once) - 1.2).abs() < 1e-9);
        let twice = [token("b", -0.1, &[]), token("b", -0.1, &[]), token("a", -0.2, &[("b", -3.7)])];
        assert!((beyond(&twice, "", -2.0, f64::from) - 0.5).abs() < 1e-9);
        assert!((beyond(&twice, "", -2.0, once) + 1.5).abs() < 1e-9);
        assert_eq!(beyond(&[], "", 2.0, once), f64::NEG_INFINITY);
    }
}
