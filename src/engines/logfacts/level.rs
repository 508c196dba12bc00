//! How loud a log line is.

use crate::engines::Dialect;
use serde::{Deserialize, Serialize};

/// Loudness of a line, quietest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// For those who debug the engine.
    Debug,
    /// Ordinary.
    Info,
    /// Worth a look.
    Warning,
    /// Something failed.
    Error,
}

/// The level a line states, where it states one.
pub fn level_of(dialect: Dialect, line: &str) -> Option<Level> {
    let stated = match dialect {
        Dialect::Vllm | Dialect::OpenAi => after_prefix(line).and_then(by_name),
        Dialect::LlamaCpp => by_letter(line),
        Dialect::Ollama => {
            line.split_once("level=").and_then(|(_, rest)| by_name(rest.split(' ').next()?)).or_else(|| by_letter(line))
        }
    };
    stated.or_else(|| by_look(line))
}

/// The first word after vLLM's `(Worker pid=1)`.
fn after_prefix(line: &str) -> Option<&str> {
    let rest = match line.strip_prefix('(') {
        Some(inner) => inner.split_once(") ")?.1,
        None => line,
    };
    Some(rest.split([' ', ':']).next().unwrap_or_default())
}

fn by_name(word: &str) -> Option<Level> {
    Some(match word {
        "DEBUG" | "TRACE" => Level::Debug,
        "INFO" => Level::Info,
        "WARNING" | "WARN" => Level::Warning,
        "ERROR" | "CRITICAL" | "FATAL" => Level::Error,
        _ => return None,
    })
}

/// llama-server: `0.00.048.443 E srv …`.
fn by_letter(line: &str) -> Option<Level> {
    let mut words = line.split(' ');
    let stamp = words.next()?;
    if !stamp.starts_with(|c: char| c.is_ascii_digit()) || stamp.matches('.').count() != 3 {
        return None;
    }
    Some(match words.find(|word| !word.is_empty())? {
        "D" => Level::Debug,
        "I" => Level::Info,
        "W" => Level::Warning,
        "E" => Level::Error,
        _ => return None,
    })
}

/// Lines without a level that plainly are errors: the last line of a traceback, a shell's or loader's complaint.
fn by_look(line: &str) -> Option<Level> {
    let first = line.split([':', ' ']).next().unwrap_or_default();
    let raised = first.ends_with("Error") || first.ends_with("Exception") || first.eq_ignore_ascii_case("error");
    (raised || line.starts_with("Traceback ") || line.contains(": error: ")).then_some(Level::Error)
}
