//! What changed between two sets of settings, and which of several answers is the best.

use super::{Param, Settings, value};
use crate::wire::TokenLogprob;

/// The change in words, for the transcript: `temperature 0.70 → unset, seed 3`. Empty when nothing changed.
pub fn describe(before: &Settings, after: &Settings) -> String {
    let one = |param: Param| match (before.0.get(&param), after.0.get(&param)) {
        (old, new) if old == new => None,
        (None, Some(new)) => Some(format!("{} {}", param.name(), value::format(new))),
        (Some(old), None) => Some(format!("{} {} → unset", param.name(), value::format(old))),
        (Some(old), Some(new)) => Some(format!("{} {} → {}", param.name(), value::format(old), value::format(new))),
        (None, None) => None,
    };
    Param::ALL.into_iter().filter_map(one).collect::<Vec<_>>().join(", ")
}

/// The index of the choice with the best mean log probability of its tokens; `None` when none has any.
pub fn best_by_mean_logprob<'a>(choices: impl IntoIterator<Item = &'a [TokenLogprob]>) -> Option<usize> {
    let mean = |tokens: &[TokenLogprob]| tokens.iter().map(|token| token.logprob).sum::<f64>() / tokens.len() as f64;
    let scored = choices.into_iter().enumerate().filter(|(_, tokens)| !tokens.is_empty());
    scored.map(|(at, tokens)| (at, mean(tokens))).fold(None, better).map(|(at, _)| at)
}

/// The earlier of two equals stays.
fn better(best: Option<(usize, f64)>, next: (usize, f64)) -> Option<(usize, f64)> {
    match best {
        Some(best) if best.1 >= next.1 || next.1.is_nan() => Some(best),
        _ => Some(next),
    }
}
