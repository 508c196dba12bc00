//! The catalogue: models with their variants, in vLLM's taxonomy. Data in `presets/models/`.
//!
//! One JSON object a line (`record`). `config` holds the keys of the model's `config.json` that its geometry follows from,
//! read by the reader of real configs, so that both obey the same rules. Variants are named, never weighed: bytes follow
//! from the geometry unless a size was measured. Fields listed in `memory` are known from memory only.

mod build;
mod entry;
mod forms;
mod record;
mod shipped;

#[cfg(test)]
mod tests;

pub use entry::{Capability, Confidence, Entry, Sourced, Taxonomy, Variant};
pub use forms::fidelity;
pub use shipped::FILES;

use crate::base::Problem;
use crate::base::text::clean;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::OnceLock;

/// All models that ship with vramdeck.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalogue {
    /// In the order of the data.
    pub entries: Vec<Entry>,
}

impl Catalogue {
    /// The models that ship with vramdeck; parsed once, when first asked for. A line that cannot be read is left out (the
    /// tests refuse any).
    pub fn shipped() -> &'static Self {
        static SHIPPED: OnceLock<Catalogue> = OnceLock::new();
        SHIPPED.get_or_init(|| {
            let lines = FILES.iter().flat_map(|(_, text)| text.lines());
            Self { entries: lines.filter_map(|line| line_entry(line).ok()).collect() }
        })
    }

    /// Reads entries, one JSON object a line; empty lines and lines that begin with `#` are skipped. `file` names the
    /// source in a problem.
    ///
    /// # Errors
    /// With the first line that is not an entry: unknown keys, missing ones, wrong types.
    pub fn parse(file: &str, text: &str) -> Result<Self, Problem> {
        let mut entries = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            entries.push(line_entry(line).map_err(|why| {
                let hint = "write one model a line as a JSON object, with the keys of the shipped catalogue";
                Problem::failed(format!("line {} of {file} is no model", number + 1), why, hint)
            })?);
        }
        Ok(Self { entries })
    }

    /// Lays `over` on top: an entry with a known id replaces the one that is there, others are added.
    pub fn merge(&mut self, over: Self) {
        for entry in over.entries {
            match self.entries.iter_mut().find(|own| own.id.eq_ignore_ascii_case(&entry.id)) {
                Some(own) => *own = entry,
                None => self.entries.push(entry),
            }
        }
    }

    /// The shipped catalogue with files (name and text) laid over it, and what of them could not be read.
    pub fn with<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Self, Vec<Problem>) {
        let (mut whole, mut problems) = (Self::shipped().clone(), Vec::new());
        for (name, text) in files {
            match Self::parse(name, text) {
                Ok(over) => whole.merge(over),
                Err(problem) => problems.push(problem),
            }
        }
        (whole, problems)
    }

    /// The entry of an id, whatever its case.
    pub fn find(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id.eq_ignore_ascii_case(id))
    }
}

fn line_entry(line: &str) -> Result<Entry, String> {
    if !is_showable(line) {
        return Err("it holds characters that cannot be shown".to_owned());
    }
    build::entry(record::read(line).map_err(|error| error.to_string())?)
}

/// Whether all texts of a line, also those spelt with escapes, can be drawn on one row as they are.
fn is_showable(line: &str) -> bool {
    fn fine(value: &Value) -> bool {
        match value {
            Value::String(text) => is_plain(text),
            Value::Array(list) => list.iter().all(fine),
            Value::Object(map) => map.iter().all(|(key, value)| is_plain(key) && fine(value)),
            _ => true,
        }
    }
    // Without a backslash a text is what stands there; between texts a tab is a blank.
    matches!(clean(line), Cow::Borrowed(_))
        && (!line.contains('\\') || serde_json::from_str(line).is_ok_and(|value| fine(&value)))
}

fn is_plain(text: &str) -> bool {
    !text.contains(['\t', '\n']) && matches!(clean(text), Cow::Borrowed(_))
}
