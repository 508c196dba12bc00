//! Tokens by the model's own `tokenizer.json`.

use crate::base::Problem;

/// The largest `tokenizer.json` that is read, bytes; the largest published ones have some forty million.
pub(super) const LARGEST: u64 = 128 << 20;

/// A tokenizer as Hugging Face's libraries read it.
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
}

/// One token: its number and its text within the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// In the vocabulary.
    pub id: u32,
    /// What it covers; empty where it is a further part of a character.
    pub text: String,
}

impl Tokenizer {
    /// Reads the bytes of a `tokenizer.json`.
    ///
    /// # Errors
    /// When they are none.
    pub fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let mut inner = tokenizers::Tokenizer::from_bytes(bytes).map_err(|error| {
            Problem::failed("tokenizer.json cannot be used", error.to_string(), "download the model's tokenizer again")
        })?;
        // A prompt is counted whole: what a file says of cutting and filling is for training.
        inner.with_padding(None);
        inner.with_truncation(None).map_err(|error| {
            Problem::failed("tokenizer.json cannot be used", error.to_string(), "download the model's tokenizer again")
        })?;
        Ok(Self { inner })
    }

    /// The tokens of a prompt: special ones in it are read as such, none are added.
    ///
    /// # Errors
    /// When the tokenizer fails on the text.
    pub fn tokens(&self, text: &str) -> Result<Vec<Token>, Problem> {
        let told = self.inner.encode(text, false).map_err(|error| {
            Problem::failed("the prompt cannot be counted", error.to_string(), "let the engine count, with --url")
        })?;
        let mut at = 0;
        let pieces = told.get_ids().iter().zip(told.get_offsets()).map(|(id, (start, end))| {
            // Tokens that hold a part of a character name the whole of it: only the first keeps it.
            let from = (*start).max(at);
            at = at.max(*end);
            Token { id: *id, text: text.get(from..*end).unwrap_or_default().to_owned() }
        });
        Ok(pieces.collect())
    }

    /// How many tokens a prompt has.
    ///
    /// # Errors
    /// As [`Self::tokens`].
    pub fn count(&self, text: &str) -> Result<u64, Problem> {
        let told = self.inner.encode_fast(text, false).map_err(|error| {
            Problem::failed("the prompt cannot be counted", error.to_string(), "let the engine count, with --url")
        })?;
        Ok(told.get_ids().len() as u64)
    }
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokenizer").field("vocabulary", &self.inner.get_vocab_size(true)).finish()
    }
}
