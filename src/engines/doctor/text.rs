//! Lines without what engines put around their words.

use crate::base::text::fit;
use crate::engines::Dialect;
use crate::engines::logfacts::{Level, level_of};

/// The line without its prefix, stamp and pydantic's tail: what a person wants to read.
pub fn sentence(line: &str) -> String {
    let text = bare(line);
    let text = text.split(" [type=").next().unwrap_or(text).trim();
    let text = text.strip_prefix("Value error, ").or_else(|| text.strip_prefix("ValueError: ")).unwrap_or(text);
    let text = text.strip_prefix("vllm: error: ").or_else(|| text.strip_prefix("vllm serve: error: ")).unwrap_or(text);
    fit(text, 400).into_owned()
}

/// The line without vLLM's `(Worker pid=1) ERROR 11-21 01:37:59 [core.py:1510] ` and llama-server's stamp and level.
pub fn bare(line: &str) -> &str {
    let mut text = line.trim();
    if let Some((_, rest)) = text.strip_prefix('(').and_then(|inner| inner.split_once(" pid=")) {
        text = rest.split_once(") ").map_or(text, |(_, rest)| rest);
    }
    if text.starts_with("ERROR ") || text.starts_with("CRITICAL ") {
        text = text.split_once(".py:").and_then(|(_, rest)| rest.split_once("] ")).map_or(text, |(_, rest)| rest);
    }
    if text.starts_with(|c: char| c.is_ascii_digit())
        && let Some((_, rest)) = text.split_once(" E ")
    {
        text = rest;
    }
    text.trim()
}

/// Whether a line says itself that it is no error, in the manner of any engine.
pub fn is_quiet(line: &str) -> bool {
    let dialects = [Dialect::Vllm, Dialect::LlamaCpp, Dialect::Ollama];
    dialects.iter().filter_map(|dialect| level_of(*dialect, line)).any(|level| level <= Level::Warning)
        || [":WARNING:", ":INFO:", ":DEBUG:", " UserWarning: ", " FutureWarning: ", " DeprecationWarning: "]
            .iter()
            .any(|mark| line.contains(mark))
}

/// The exception that a line raises: `torch.OutOfMemoryError`, where the line is the last one of a traceback.
pub fn exception(line: &str) -> Option<&str> {
    let text = bare(line);
    let name = text.split([':', ' ', '(']).next().unwrap_or_default();
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
    let last = name.rsplit('.').next().unwrap_or_default();
    let raises = ["Error", "Exception", "Interrupt", "Exit"].iter().any(|end| last.ends_with(end));
    (plain && raises && last.starts_with(|c: char| c.is_ascii_uppercase())).then_some(name)
}
