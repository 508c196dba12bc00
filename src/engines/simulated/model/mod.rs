//! The language model: word pieces with bytes to fall back on, n-grams over vramdeck's own texts.

mod corpus;
mod language;
mod ngram;
mod vocab;

pub use language::{Focus, LanguageModel};
pub use vocab::{ASSISTANT, END, THINK, THINK_END, TokenId, Vocab};
