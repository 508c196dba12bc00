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

/// The line as the end of a sentence: without a full stop of its own.
pub fn said(line: &str) -> String {
    sentence(line).trim_end_matches(['.', ' ', ':']).to_owned()
}

/// The line without the processes it came through: `(EngineCore_DP0 pid=1) (Worker_TP0 pid=2) `, `[rank0]: `.
fn own(line: &str) -> &str {
    let mut text = line.trim();
    loop {
        let inner = text.strip_prefix('(').and_then(|inner| inner.split_once(" pid="));
        let process = inner.and_then(|(_, rest)| rest.split_once(") ")).map(|(_, rest)| rest);
        let rank = text.strip_prefix("[rank").and_then(|inner| inner.split_once("]:")).map(|(_, rest)| rest);
        let Some(rest) = process.or(rank) else { return text };
        text = rest.trim_start();
    }
}

/// The line without vLLM's `(Worker pid=1) ERROR 11-21 01:37:59 [core.py:1510] ` and llama-server's stamp and level.
pub fn bare(line: &str) -> &str {
    let mut text = own(line);
    if text.starts_with("ERROR ") || text.starts_with("CRITICAL ") {
        text = text.split_once(".py:").and_then(|(_, rest)| rest.split_once("] ")).map_or(text, |(_, rest)| rest);
    }
    text = logged(text).unwrap_or(text);
    if text.starts_with(|c: char| c.is_ascii_digit())
        && let Some((_, rest)) = text.split_once(" E ")
    {
        text = rest;
    }
    text.trim()
}

/// The message of a line of Python's `logging`, uvicorn's or loguru's: `ERROR:name:…`, `ERROR:    …`,
/// `time - name - ERROR - …`, `| ERROR    | module:function:42 - …`.
fn logged(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix("ERROR:") {
        return if rest.starts_with(' ') { Some(rest) } else { rest.split_once(':').map(|(_, rest)| rest) };
    }
    let python = [" - ERROR - ", " - CRITICAL - "].iter().find_map(|mark| text.split_once(mark));
    let loguru = || text.strip_prefix("| ").unwrap_or(text).strip_prefix("ERROR ")?.split_once(" - ");
    python.or_else(loguru).map(|(_, rest)| rest)
}

/// Words that name a failure however quietly they are said.
const LOUD: &[&str] = &["NewLlamaServer failed", "/dev/shm/nccl", "o space left on device"];

/// Words of lines that tell of warnings, of clients' requests, or of the end of what failed before.
const QUIET: &[&str] = &[
    ":WARNING:",
    ":INFO:",
    ":DEBUG:",
    " - WARNING - ",
    " - INFO - ",
    " UserWarning: ",
    " FutureWarning: ",
    " DeprecationWarning: ",
    " RuntimeWarning: ",
    "log_server_r",
    "watchdog thread terminated",
    // What the file of a model says of itself.
    "llama_model_loader: - kv ",
];

/// Whether a line says itself that it is no error, in the manner of any engine.
pub fn is_quiet(line: &str) -> bool {
    let text = own(line);
    if LOUD.iter().any(|mark| text.contains(mark)) {
        return false;
    }
    let dialects = [Dialect::Vllm, Dialect::LlamaCpp, Dialect::Ollama];
    dialects.iter().filter_map(|dialect| level_of(*dialect, text)).any(|level| level <= Level::Warning)
        || QUIET.iter().any(|mark| text.contains(mark))
}

/// The exception that a line raises: `torch.OutOfMemoryError`, where the line is the last one of a traceback.
pub fn exception(line: &str) -> Option<&str> {
    let text = bare(line);
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    let last = name.rsplit('.').next().unwrap_or_default();
    let raises = ["Error", "Exception", "Interrupt", "Exit"].iter().any(|end| last.ends_with(end));
    let ends = rest.is_empty() || rest.starts_with(':') || rest.starts_with('(');
    (ends && raises && last.starts_with(|c: char| c.is_ascii_uppercase())).then_some(name)
}
