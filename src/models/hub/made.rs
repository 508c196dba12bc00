//! Repositories of GGUF files that others made of a model, as the Hub lists them.

use super::Asked;
use super::answer::is_gated;
use crate::base::text::clean_line;
use serde_json::Value;

/// A repository whose card says that it was quantised from a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its name.
    pub repo: String,
    /// How often it was downloaded of late, as the Hub counts; `None` where it does not say.
    pub downloads: Option<u64>,
    /// Whether its terms must be accepted first.
    pub gated: bool,
}

/// A repository that holds the quantisation that was sought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub made: Made,
    /// Bytes of the files.
    pub bytes: u64,
}

/// Reads the answer to `/api/models?filter=…`, in its order; names that are no names of repositories are left out.
///
/// # Errors
/// In words, when it is no list.
pub fn made(json: &[u8]) -> Result<Vec<Made>, String> {
    let value: Value = serde_json::from_slice(json).map_err(|error| clean_line(&error.to_string()))?;
    let list = value.as_array().ok_or("it is no list of repositories")?;
    let one = |entry: &Value| {
        let name = entry.get("id").or_else(|| entry.get("modelId"))?.as_str()?;
        let repo = Asked::parse(name).ok().filter(|asked| asked.repo == name)?.repo;
        let downloads = entry.get("downloads").and_then(Value::as_u64);
        Some(Made { repo, downloads, gated: is_gated(entry) })
    };
    Ok(list.iter().filter_map(one).collect())
}
