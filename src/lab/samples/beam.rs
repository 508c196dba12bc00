//! Beam search: who has it, and the score of what it found.

use super::answer::Answer;
use crate::base::{Reading, Unknown};
use crate::lab::sampling::{Param, support};
use crate::wire::Dialect;
use serde::Serialize;

/// Why a dialect has no beam search; `None` where it has.
pub fn unsupported(dialect: Dialect) -> Option<&'static str> {
    support(Param::UseBeamSearch, dialect).why_not()
}

/// The score of a beam.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// The sum of the natural log probabilities of its tokens.
    pub cumulative_logprob: f64,
    /// The exponent of the length.
    pub length_penalty: f64,
    /// Tokens of the prompt and of the beam: vLLM divides by both.
    pub length: u64,
    /// What vLLM orders the beams by: the sum, divided by the length to the power of the penalty.
    pub score: f64,
    /// Whether the log probability of the token that ends it is missing in the sum, and so in the score: vLLM does not tell
    /// it. The true score is this or less.
    pub without_end: bool,
}

/// Scores a beam as vLLM 0.32 does (`get_beam_search_score`): cumulative log probability / length^penalty, where the length
/// counts the prompt's tokens too.
///
/// # Errors
/// When the server told of no log probabilities or did not count the prompt.
pub fn score(answer: &Answer, length_penalty: f64) -> Reading<Score> {
    let cumulative_logprob = answer.logprob_sum()?;
    let prompt = answer.prompt_tokens.ok_or(Unknown::because("the server did not count the prompt's tokens"))?;
    let length = prompt.saturating_add(answer.tokens.len() as u64).max(1);
    let score = cumulative_logprob / (length as f64).powf(length_penalty);
    if !score.is_finite() {
        return Err(Unknown::because("the length penalty makes it no number"));
    }
    let without_end = answer.finish() == Some("stop");
    Ok(Score { cumulative_logprob, length_penalty, length, score, without_end })
}
