//! What the lines of an engine's log say: pure, one line at a time, per dialect.

mod level;
mod llamacpp;
mod ollama;
mod progress;
mod vllm;
mod worth;

pub use crate::engines::doctor::{Cause, cause_of};
pub use level::{Level, level_of};
pub use progress::Progress;
pub use worth::is_worth;

use crate::base::Bytes;
use crate::engines::Dialect;

/// Something a log line says.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The engine is alive and has read its flags.
    Alive,
    /// Weights are being fetched: bytes so far and in all, where said.
    Downloading(Option<Bytes>, Option<Bytes>),
    /// Weights are being read: percent, where said.
    Loading(Option<u8>),
    /// Weights are in; compiling, profiling or warming up.
    Warming,
    /// The server listens.
    Listening,
    /// Context length of one request, in tokens.
    Context(u64),
    /// Size of the KV cache in tokens.
    KvTokens(u64),
    /// How many requests of full length fit at once.
    Concurrency(f64),
    /// A figure of memory, by the engine's own account.
    Memory(MemoryPart, Bytes),
    /// Of the figure just told, so much lies in the host's memory.
    HostMemory(MemoryPart, Bytes),
    /// The engine says it shuts down.
    ShuttingDown,
}

/// What a figure of memory is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryPart {
    /// Model weights.
    Weights,
    /// The KV cache.
    KvCache,
    /// CUDA graphs.
    Graphs,
    /// Compute buffers.
    Compute,
    /// CUDA graphs as vLLM estimates them before it captures any, which is what it takes off the budget.
    GraphsEstimate,
    /// Recurrent state.
    State,
}

/// All facts of one line (already free of escape sequences).
pub fn facts(dialect: Dialect, line: &str) -> Vec<Fact> {
    if !is_worth(line) {
        return Vec::new();
    }
    match dialect {
        Dialect::Vllm => vllm::facts(line),
        Dialect::LlamaCpp => llamacpp::facts(line),
        Dialect::Ollama => ollama::facts(line),
        Dialect::OpenAi => Vec::new(),
    }
}

/// The number right after `marker`, thousands separators allowed.
fn number_after(line: &str, marker: &str) -> Option<f64> {
    let rest = line.split_once(marker)?.1.trim_start();
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(rest.len());
    let digits: String = rest.get(..end)?.trim_end_matches(['.', ',']).replace(',', "");
    digits.parse().ok().filter(|n: &f64| n.is_finite())
}

/// The size right after `marker`: a number with `GiB`, `MiB`, `KiB`, `B` or tqdm's `G`, `M`, `k`.
fn size_after(line: &str, marker: &str) -> Option<Bytes> {
    let number = number_after(line, marker)?;
    let rest = line.split_once(marker)?.1.trim_start();
    let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ',').trim_start();
    Some(Bytes((number * unit_factor(unit)?) as u64))
}

fn unit_factor(unit: &str) -> Option<f64> {
    let binary = unit.get(1..).is_some_and(|rest| rest.starts_with("iB"));
    let (binary_factor, decimal_factor) = match unit.chars().next() {
        Some('G') => (crate::base::units::GIB as f64, 1e9),
        Some('M') => (crate::base::units::MIB as f64, 1e6),
        Some('K' | 'k') => (crate::base::units::KIB as f64, 1e3),
        Some('B') => return Some(1.0),
        _ => return None,
    };
    Some(if binary { binary_factor } else { decimal_factor })
}

/// A tqdm progress bar: `NAME:  45%|████▌ | 450M/1.00G [00:05<00:06, 90MB/s]`.
fn tqdm(line: &str) -> Option<(&str, u8, Option<Bytes>, Option<Bytes>)> {
    let (head, rest) = line.split_once("%|")?;
    let (name, percent) = head.rsplit_once(':').unwrap_or(("", head));
    let percent: u8 = percent.trim().parse().ok().filter(|p| *p <= 100)?;
    let tail = rest.split_once("| ")?.1;
    let (done, rest) = tail.split_once('/')?;
    let size = |text: &str| size_after(&format!("={}", text.trim()), "=");
    let total = rest.split([' ', '[']).next().and_then(size);
    Some((name.trim(), percent, size(done), total))
}

#[cfg(test)]
mod tests;
