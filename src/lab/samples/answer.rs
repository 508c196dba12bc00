//! One answer, with what came with it.

use super::branch::Parent;
use super::token::Token;
use crate::base::{Problem, Reading, Unknown};
use serde::{Deserialize, Serialize};

/// Where an answer belongs: which settings of the grid, which answer of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Place {
    /// Position of its settings in the grid.
    pub setting: usize,
    /// Which answer of these settings, from 0.
    pub index: usize,
}

/// What became of a question.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Outcome {
    /// The answer is on its way.
    #[default]
    Coming,
    /// It is whole, with the server's reason to end where it gave one.
    Whole(Option<String>),
    /// It broke; what came before stays.
    Failed(Problem),
    /// It was stopped by the person.
    Stopped,
}

/// What happens on the way.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// More text of an answer; its reasoning is told at the end.
    Text {
        /// Which answer.
        place: Place,
        /// The piece.
        text: String,
    },
    /// An answer has ended, in whatever way.
    Ended(Box<Answer>),
    /// Answers of a settings are asked for one by one after all.
    Apart {
        /// Position of the settings.
        setting: usize,
        /// Why.
        why: String,
    },
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// Where it belongs.
    pub place: Place,
    /// The text, raw.
    pub text: String,
    /// The reasoning, raw; empty where the server took none out.
    pub reasoning: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Its tokens, where the server told of them.
    pub tokens: Vec<Token>,
    /// How many tokens it has, where the server counted it alone.
    pub counted: Option<u64>,
    /// Tokens of its prompt, where the server said.
    pub prompt_tokens: Option<u64>,
    /// Seconds from the request to its end.
    pub seconds: Option<f64>,
    /// The seed that asks for it again, where it is known.
    pub seed: Option<i64>,
    /// The answer that it branched off, and where.
    pub parent: Option<Parent>,
}

impl Answer {
    /// Whether there is an answer, whole.
    pub fn whole(&self) -> bool {
        matches!(self.outcome, Outcome::Whole(_))
    }

    /// The server's reason to end.
    pub fn finish(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Whole(finish) => finish.as_deref(),
            _ => None,
        }
    }

    /// How many tokens it has.
    pub fn token_count(&self) -> Reading<u64> {
        match (self.tokens.len(), self.counted) {
            (0, Some(counted)) => Ok(counted),
            (0, None) => Err(Unknown::because("the server counts all answers of a request together")),
            (tokens, _) => Ok(tokens as u64),
        }
    }

    /// The sum of the natural log probabilities of its tokens: that of the whole text, given the prompt.
    pub fn logprob_sum(&self) -> Reading<f64> {
        if self.tokens.is_empty() {
            return Err(Unknown::because("the server gave no log probabilities"));
        }
        let all: Option<Vec<f64>> = self.tokens.iter().map(|token| token.logprob.filter(|p| p.is_finite())).collect();
        let all = all.ok_or_else(|| Unknown::because("a token has no log probability"))?;
        Ok(all.iter().sum())
    }

    /// Their mean.
    pub fn mean_logprob(&self) -> Reading<f64> {
        self.logprob_sum().map(|sum| sum / self.tokens.len() as f64)
    }
}
