//! One answer looked through: the prompt as the model read it, what the model wrote, and what the server made of it.
//!
//! [`look`] reads the raw text with a parser of ours, lays its calls beside those the server returned, and names every
//! [`Difference`]; [`replay`] reads the same text with every other format. Nothing is asked again. A [`Question`] becomes a
//! [`Told`].

mod differ;
mod pair;
mod question;
mod replay;
#[cfg(test)]
mod tests;
mod told;

pub use differ::Difference;
pub use pair::Pair;
pub use question::{Choice, Manner, Question};
pub use replay::{Replayed, replay};
pub use told::Told;

use crate::base::{Reading, Unknown};
use crate::lab::agent::{Asked, Definition};
use crate::lab::tools::{Compiled, Format, Parsed, Tools, detect, formats, parse};
use crate::wire::raw::{Pieces, Prompt, Raw};
use serde_json::Value;
use std::sync::Arc;

/// What the list of tools costs in the prompt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Tokens of the prompt with the tools, less those without.
    pub tokens: u64,
    /// Its share of the context, 0 to 1, where the context's length is known.
    pub share: Option<f64>,
}

/// What the server returned.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Returned {
    /// The text for the reader.
    pub content: String,
    /// The reasoning that it told apart.
    pub reasoning: String,
    /// The calls that it found.
    pub calls: Vec<Asked>,
    /// Why the answer ended, in its word.
    pub finish: Option<String>,
    /// Tokens of prompt and answer, as it counts them.
    pub tokens: Option<(u64, u64)>,
}

/// All that is known of one answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Exchange {
    /// The tools that were offered.
    pub tools: Vec<Definition>,
    /// The prompt as the model read it.
    pub prompt: Reading<Prompt>,
    /// What the tools cost in it.
    pub cost: Reading<Cost>,
    /// What the model wrote.
    pub raw: Reading<Raw>,
    /// Its tokens.
    pub pieces: Reading<Pieces>,
    /// What the server returned.
    pub returned: Returned,
    /// The parser that the server was told to use, where that is known: its flag's value.
    pub server_parser: Option<String>,
    /// The format that the model was told to write, where its calls are read here and the server was not asked for any: then
    /// the server can lose nothing.
    pub prompted: Option<String>,
}

impl Exchange {
    /// The tools as the parsers know them.
    pub fn offered(&self) -> Arc<Tools> {
        let list: Value = self.tools.iter().map(Definition::to_openai).collect();
        Arc::new(Tools::read(&list.to_string()).unwrap_or_default())
    }
}

/// An answer looked through.
#[derive(Debug, Clone, PartialEq)]
pub struct Xray {
    /// The raw text as our parser reads it.
    pub parsed: Parsed,
    /// Calls of the text beside those returned.
    pub pairs: Vec<Pair>,
    /// Everything that differs or breaks a rule, the worst first.
    pub differences: Vec<Difference>,
}

/// Looks through an answer. The text is read by the format that is named, else by the one that fits it best.
///
/// # Errors
/// Why it cannot be looked through: the raw text is not known.
pub fn look(exchange: &Exchange, format: Option<&Format>) -> Reading<Xray> {
    let raw = exchange.raw.as_ref().map_err(Clone::clone)?;
    let tools = exchange.offered();
    let parsed = match format {
        None => best(raw, |text| detect(text, formats(), &tools, 0)),
        Some(format) => {
            let ready = Compiled::new(format).map_err(|problem| Unknown::because(problem.why))?;
            let ready = Arc::new(ready);
            best(raw, |text| parse(text, &ready, &tools, 0))
        }
    };
    let pairs = pair::pairs(&parsed.calls, &exchange.returned.calls);
    let differences = differ::differences(exchange, &parsed, &pairs);
    Ok(Xray { parsed, pairs, differences })
}

/// Reads a text without the token that ends it, unless a call is whole only with it.
fn best(raw: &Raw, read: impl Fn(&[u8]) -> Parsed) -> Parsed {
    let parsed = read(raw.text.as_bytes());
    if raw.end.is_empty() || parsed.calls.iter().all(|call| call.complete) {
        return parsed;
    }
    let whole = read(format!("{}{}", raw.text, raw.end).as_bytes());
    let complete = |parsed: &Parsed| parsed.calls.iter().filter(|call| call.complete).count();
    if complete(&whole) > complete(&parsed) { whole } else { parsed }
}
