//! `best_of`, which no engine has any more: more answers than wanted, and the one shown that the model found most probable.

use super::answer::Answer;
use crate::lab::sampling::{Param, Settings, Support, support};
use crate::wire::Dialect;
use serde::Serialize;

/// What stands in for a parameter that the engine lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Emulated {
    /// The parameter.
    pub param: &'static str,
    /// Candidates of each settings.
    pub k: usize,
    /// How it is done, in words.
    pub how: String,
}

/// Positions of answers by their mean log probability, the best first; those without one are left out. Of two that are
/// equal the earlier one is better.
pub fn ranked(answers: &[&Answer]) -> Vec<usize> {
    let mut scored: Vec<(usize, f64)> = answers
        .iter()
        .enumerate()
        .filter(|(_, answer)| answer.whole())
        .filter_map(|(at, answer)| Some((at, answer.mean_logprob().ok()?)))
        .collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1));
    scored.into_iter().map(|(at, _)| at).collect()
}

/// What these settings emulate in a dialect; `None` where nothing.
pub fn emulated(settings: &Settings, dialect: Dialect) -> Option<Emulated> {
    let k = settings.whole(Param::BestOf).filter(|k| *k > 1)?;
    let how = match support(Param::BestOf, dialect) {
        Support::Emulated { how, .. } => how.clone(),
        // One answer a request is no hindrance here: each is asked for by itself.
        _ => format!(
            "{} has no best_of: vramdeck asks for every candidate by itself, with log probabilities, and shows the one \
             with the best mean",
            dialect.title()
        ),
    };
    Some(Emulated { param: Param::BestOf.name(), k: usize::try_from(k).unwrap_or(usize::MAX), how })
}
