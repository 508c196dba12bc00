//! A Hugging Face `config.json` becomes [`Facts`].
//!
//! Keys are read by all the names that families give them; what a family always has (biases, norms, tied heads) stands in
//! `family`. A key that is missing is assumed only where the library's own default is certain, and then said as a
//! [`Doubt`](super::geometry::Doubt); a key that nothing can stand for is a refusal that names it.

mod attention;
mod family;
mod feed;
mod keys;
mod mixers;
mod others;
mod plan;
mod rope;
mod stack;
mod tower;
mod whole;

#[cfg(test)]
mod tests;

use super::facts::{Facts, Source};
use super::quant::Quant;
use crate::base::Problem;
use crate::base::text::clean_line;
use keys::{Keys, refuse, said};
use serde_json::{Map, Value};

/// Reads the text of a `config.json`.
///
/// # Errors
/// When it is no JSON object, or a size is missing, contradicts another or is absurd; names the key.
pub fn parse(json: &str) -> Result<Facts, Problem> {
    let value = serde_json::from_str(json).map_err(|error| refuse(format!("it is not JSON: {error}")))?;
    from_value(&value)
}

/// Reads a `config.json` that is parsed already.
///
/// # Errors
/// As [`parse`].
pub fn from_value(value: &Value) -> Result<Facts, Problem> {
    let top = value.as_object().ok_or_else(|| refuse("it is not a JSON object"))?;
    let mut keys = Keys { text: decoder(top), top, doubts: Vec::new() };
    let mut geometry = whole::geometry(&mut keys)?;
    let quant = Quant::from_config(top);
    if let super::quant::Scheme::Unknown(name) = &quant.scheme {
        keys.grave(format!("the quantisation `{name}` is not known: the bytes of the weights are only bounded"));
    }
    if Quant::is_mixed(top) {
        keys.doubt("several quantisations are mixed: all matrices are counted in the first");
    }
    geometry.head_quantised = Quant::covers_head(top);
    geometry.kv_fp8 = Quant::asks_fp8_cache(top);
    geometry.doubts = keys.doubts;
    let name = clean_line(said(top, "_name_or_path").and_then(Value::as_str).unwrap_or_default());
    // Words of the file that are shown: whoever wrote it must not steer a terminal.
    geometry.doubts.iter_mut().for_each(|doubt| doubt.what = clean_line(&doubt.what));
    geometry.architecture = clean_line(&geometry.architecture);
    geometry.model_type = clean_line(&geometry.model_type);
    Ok(Facts { name, geometry, quant, source: Source::Config, ..Facts::default() })
}

/// The part that describes the decoder: nested once or twice in multimodal configs, else the whole.
fn decoder(top: &Map<String, Value>) -> &Map<String, Value> {
    const NESTS: [&str; 8] = [
        "text_config",
        "llm_config",
        "language_config",
        "language_model_config",
        "thinker_config",
        "language_model",
        "decoder_config",
        "llama_config",
    ];
    let mut at = top;
    for _ in 0..2 {
        let Some(inner) = NESTS.iter().find_map(|name| said(at, name).and_then(Value::as_object)) else { break };
        at = inner;
    }
    at
}
