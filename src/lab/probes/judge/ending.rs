//! What ends an answer: a stop string, the most and the fewest tokens, the end-of-sequence token.

use crate::lab::probes::ask::{Answer, Said};
use crate::lab::probes::bench::{Bench, HELLO, Need, SHORT};
use crate::lab::probes::rule::Marked;
use crate::lab::probes::stats::TREATED;
use crate::lab::probes::verdict::Finding;
use serde_json::{Value, json};

type Found = Result<Finding, Need>;

/// Greedy answers with one more field, held against those without.
fn greedy(bench: &Bench, more: &[(&str, Value)], says: &str, mark: &dyn Fn(&Said) -> Option<bool>) -> Found {
    let control = bench.greedy_pool()?;
    let mut with = bench.greedy()?;
    let named: Vec<String> = more.iter().map(|(name, value)| format!("{name} {value}")).collect();
    with.extend(more.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let treated = bench.chats(&format!("{}, greedy", named.join(", ")), TREATED, HELLO, with)?;
    Ok(Marked { treated, control, mark, strict: true, says }.finding())
}

/// A word out of the greedy answer ends it.
pub(in crate::lab::probes) fn stop(bench: &Bench) -> Found {
    let Some(reference) = bench.reference()? else { return Ok(Finding::unknown("no greedy answer is usual")) };
    let Some(word) = stopper(&reference).map(str::to_owned) else {
        return Ok(Finding::unknown("the greedy answer has no second word to stop at"));
    };
    let says = format!("lack {word:?}");
    greedy(bench, &[("stop", json!([word]))], &says, &|said| Some(!said.whole().contains(&word)))
}

/// A word of at least three letters that does not stand at the beginning.
fn stopper(text: &str) -> Option<&str> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() >= 3);
    words.skip(1).find(|word| text.find(word).is_some_and(|at| at > 0))
}

/// Not one token more.
pub(in crate::lab::probes) fn max_tokens(bench: &Bench) -> Found {
    let mark = |said: &Said| said.completion_tokens.map(|tokens| tokens <= 3);
    greedy(bench, &[("max_tokens", json!(3))], "have at most 3 tokens", &mark)
}

/// No end before so many.
pub(in crate::lab::probes) fn min_tokens(bench: &Bench) -> Found {
    let least = SHORT - 4;
    if let Some(found) = never_ends(bench)? {
        return Ok(found);
    }
    let says = format!("have at least {least} tokens");
    let mark = |said: &Said| said.completion_tokens.map(|tokens| tokens >= least);
    greedy(bench, &[("min_tokens", json!(least))], &says, &mark)
}

/// On to the most tokens, whatever the model says.
pub(in crate::lab::probes) fn ignore_eos(bench: &Bench) -> Found {
    if let Some(found) = never_ends(bench)? {
        return Ok(found);
    }
    let mark =
        |said: &Said| Some(said.finish() == "length" && said.completion_tokens.is_none_or(|tokens| tokens >= SHORT));
    greedy(bench, &[("ignore_eos", json!(true))], &format!("go on to {SHORT} tokens"), &mark)
}

/// Unknown, where the greedy answer does not end by itself.
fn never_ends(bench: &Bench) -> Result<Option<Finding>, Need> {
    let ended = |answer: &Answer| answer.said().is_some_and(|said| said.finish() == "stop");
    let pool = bench.greedy_pool()?;
    let why = format!("the model's own answer does not end within {SHORT} tokens");
    Ok((pool.iter().any(|answer| answer.said().is_some()) && !pool.iter().any(ended)).then(|| Finding::unknown(why)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_string_stands_behind_something() {
        for (text, word) in [
            ("Hello! How can I help you?", Some("How")),
            ("Hello", None),
            ("", None),
            ("ab cd", None),
            ("the the end", Some("end")),
        ] {
            assert_eq!(stopper(text), word, "{text}");
        }
    }
}
