//! What a list of tools costs: the same conversation with and without it.

use crate::base::{Reading, Unknown};

/// How long a text is.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Tokens, or why they are not counted.
    pub tokens: Reading<u64>,
    /// Characters.
    pub characters: u64,
}

/// What tools add to a prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Cost {
    /// Tokens with the tools less those without, or why they are not known.
    pub tokens: Reading<u64>,
    /// The same in characters.
    pub characters: u64,
    /// The tokens as a part of the context, from 0 to 1, or why it is not known.
    pub share_of_context: Reading<f64>,
}

/// What the tools cost: `with` and `without` them, in a context of so many tokens.
pub fn cost(with: &Measured, without: &Measured, context: &Reading<u64>) -> Cost {
    let tokens = match (&with.tokens, &without.tokens) {
        (Ok(with), Ok(without)) => Ok(with.saturating_sub(*without)),
        (Err(why), _) | (_, Err(why)) => Err(why.clone()),
    };
    let share = match (&tokens, context) {
        (Ok(_), Ok(0)) => Err(Unknown::because("the context is said to be empty")),
        // Both are far below 2^52.
        (Ok(tokens), Ok(context)) => Ok(*tokens as f64 / *context as f64),
        (Err(why), _) | (_, Err(why)) => Err(why.clone()),
    };
    Cost { tokens, characters: with.characters.saturating_sub(without.characters), share_of_context: share }
}
