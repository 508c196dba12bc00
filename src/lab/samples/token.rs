//! Tokens with what the server told of them: probability, rank, the alternatives and their entropy.
//!
//! Log probabilities are those of the model, before temperature and all other sampling (vLLM's `raw_logprobs`, which is its
//! default; llama-server's too): at temperature 2 the same prompt gives the same numbers.

use crate::lab::sampling::{Param, Settings, Support, support};
use crate::wire::{Dialect, TokenLogprob};
use serde::{Deserialize, Serialize};

/// A token of an answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Token {
    /// Its text.
    pub text: String,
    /// Natural logarithm of its probability; `None` where it was put in by hand and was not among the alternatives seen.
    pub logprob: Option<f64>,
    /// Alternatives seen at its place, most probable first; whether it is among them depends on the server.
    pub top: Vec<(String, f64)>,
}

impl From<TokenLogprob> for Token {
    fn from(token: TokenLogprob) -> Self {
        Self { text: token.token, logprob: Some(token.logprob), top: token.top }
    }
}

/// Tokens of what a server sent.
pub fn tokens(sent: &[TokenLogprob]) -> Vec<Token> {
    sent.iter().cloned().map(Token::from).collect()
}

/// The place of the chosen token among all tokens, the most probable being 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// Exactly this.
    Exactly(usize),
    /// This or a later one: more is not seen.
    AtLeast(usize),
}

/// The rank of the chosen token, as far as the alternatives seen tell it.
///
/// vLLM puts the chosen token among the alternatives whatever its rank, in place of the last one: the last of its list may
/// really be far behind. It is not behind an unseen one, though, when all unseen ones together are less probable.
/// llama-server and others list the best alone: a chosen token that is not among them comes after them.
pub fn rank(token: &Token, dialect: Dialect) -> Option<Rank> {
    let own = token.logprob?;
    if token.top.is_empty() {
        return None;
    }
    let before = token.top.iter().filter(|(text, logprob)| *logprob > own && *text != token.text).count();
    let listed = token.top.iter().any(|(text, _)| *text == token.text);
    let last = before + 1 >= token.top.len();
    let unseen = 1.0 - token.top.iter().map(|(_, logprob)| probability(*logprob)).sum::<f64>();
    Some(match listed {
        true if dialect != Dialect::Vllm || !last || unseen < probability(own) => Rank::Exactly(before + 1),
        true => Rank::AtLeast(before + 1),
        false => Rank::AtLeast(token.top.len() + 1),
    })
}

/// How undecided the model was, as far as it is seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Entropy {
    /// Bits, at least: all that is unseen counts as one further token, and any other division of it would have more.
    pub bits_at_least: f64,
    /// How many tokens were seen.
    pub of: usize,
    /// Their probability together, 0 to 1.
    pub seen: f64,
}

/// A lower bound of the Shannon entropy at a token's place, −Σ p·log₂ p over the tokens seen (the chosen one included) and
/// one more that has all the rest of the probability. `None` where no alternatives were seen.
pub fn entropy(token: &Token) -> Option<Entropy> {
    if token.top.is_empty() {
        return None;
    }
    let own = token.logprob.filter(|_| token.top.iter().all(|(text, _)| *text != token.text));
    let seen: Vec<f64> = token.top.iter().map(|(_, logprob)| *logprob).chain(own).map(probability).collect();
    let sum: f64 = seen.iter().sum();
    // Rounding of servers may reach a little above one.
    let rest = (1.0 - sum).max(0.0);
    let bits = seen.iter().chain([&rest]).filter(|p| **p > 0.0).map(|p| -p * p.log2()).sum::<f64>();
    Some(Entropy { bits_at_least: bits.max(0.0), of: seen.len(), seen: sum.min(1.0) })
}

/// The probability of a log probability, between 0 and 1 whatever was sent.
pub(super) fn probability(logprob: f64) -> f64 {
    if logprob.is_nan() { 0.0 } else { logprob.exp().clamp(0.0, 1.0) }
}

/// How probable a token was, in five steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Heat {
    /// 0.9 and more.
    Sure,
    /// 0.5 and more.
    Likely,
    /// 0.2 and more.
    Open,
    /// 0.05 and more.
    Unlikely,
    /// Less.
    Rare,
}

impl Heat {
    /// From sure to rare.
    pub const ALL: [Self; 5] = [Self::Sure, Self::Likely, Self::Open, Self::Unlikely, Self::Rare];

    /// The least probability of the step.
    pub fn from(self) -> f64 {
        match self {
            Self::Sure => 0.9,
            Self::Likely => 0.5,
            Self::Open => 0.2,
            Self::Unlikely => 0.05,
            Self::Rare => 0.0,
        }
    }
}

/// The step of a token; `None` where its probability is not known.
pub fn heat(token: &Token) -> Option<Heat> {
    let p = probability(token.logprob?);
    Heat::ALL.into_iter().find(|step| p >= step.from())
}

/// Why an answer has no log probabilities.
pub fn absent(settings: &Settings, dialect: Dialect) -> String {
    let asked = settings.whole(Param::Logprobs);
    match (support(Param::Logprobs, dialect), asked) {
        (Support::No { why }, _) => why.clone(),
        (_, None) => "they were not asked for: set logprobs".to_owned(),
        // Measured with llama-server 0.7.0.
        (_, Some(..=0)) if dialect == Dialect::LlamaCpp => {
            "llama-server gives none where no alternatives are asked for: set logprobs to 1 or more".to_owned()
        }
        (_, Some(_)) => format!("they were asked for, and {} gave none", dialect.title()),
    }
}
