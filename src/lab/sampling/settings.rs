//! The parameters and their values.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A sampling parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Param {
    /// Divides the logits before softmax; 0 is greedy.
    Temperature,
    /// Keeps the smallest set of tokens whose probability reaches this.
    TopP,
    /// Keeps this many tokens.
    TopK,
    /// Keeps tokens at least this share as probable as the best.
    MinP,
    /// Locally typical sampling mass.
    TypicalP,
    /// Subtracted once from logits of tokens already generated.
    PresencePenalty,
    /// Subtracted per occurrence from logits of tokens already generated.
    FrequencyPenalty,
    /// Divides logits of tokens already seen.
    RepetitionPenalty,
    /// Most tokens to generate.
    MaxTokens,
    /// Fewest tokens before end-of-sequence may come.
    MinTokens,
    /// Answers per request.
    N,
    /// Seed of the random generator.
    Seed,
    /// Strings that end the answer.
    Stop,
    /// Whether to go on past end-of-sequence.
    IgnoreEos,
    /// How many alternatives' log probabilities to return per token.
    Logprobs,
    /// Beam search instead of sampling.
    UseBeamSearch,
    /// Exponent of the length in a beam's score.
    LengthPenalty,
    /// Candidates generated, of which the best is shown (emulated today by `n` and mean log probability).
    BestOf,
}

/// The value of a parameter. That a parameter is unset is said by its absence from [`Settings`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    /// A switch.
    Switch(bool),
    /// A whole number.
    Whole(i64),
    /// A real number.
    Real(f64),
    /// A list of strings.
    Strings(Vec<String>),
}

/// A set of sampling settings; what is not in it is unset and is not sent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Settings(pub BTreeMap<Param, Setting>);
