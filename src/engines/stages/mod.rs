//! The loading of an engine, watched: stages with their progress, folded from its log, and how long each took before.

mod fold;
mod llamacpp;
mod outlook;
mod past;
mod progress;
#[cfg(test)]
mod tests;
mod vllm;

pub use outlook::{Outlook, STILL};
pub use past::{Past, PastStage, Took};

use crate::base::Bytes;
use crate::engines::Dialect;
use crate::engines::logfacts::is_worth;
use serde::{Deserialize, Serialize};

/// What a start goes through. Engines skip some; the order is theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageKind {
    /// The process reads its flags and loads its libraries.
    Start,
    /// Files of the model are fetched.
    Download,
    /// Weights are read.
    Weights,
    /// Kernels are compiled (`torch.compile`).
    Compile,
    /// Memory is profiled and the KV cache set aside.
    Profile,
    /// CUDA graphs are captured.
    Graphs,
    /// Warm-up, routes, the first answer to a health check.
    Serve,
}

impl StageKind {
    /// All, in the usual order.
    pub const ALL: [Self; 7] =
        [Self::Start, Self::Download, Self::Weights, Self::Compile, Self::Profile, Self::Graphs, Self::Serve];

    /// The word of the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Download => "download",
            Self::Weights => "weights",
            Self::Compile => "compile",
            Self::Profile => "profile",
            Self::Graphs => "graphs",
            Self::Serve => "serve",
        }
    }

    /// The words for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Download => "download",
            Self::Weights => "weights",
            Self::Compile => "compile",
            Self::Profile => "KV cache",
            Self::Graphs => "graphs",
            Self::Serve => "warm-up",
        }
    }
}

/// What an amount counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Files of weights.
    Shards,
    /// Files that are fetched.
    Files,
    /// Percent.
    Percent,
    /// Captured graphs.
    Graphs,
}

/// How far a stage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// So many.
    pub done: u64,
    /// Of so many, where the engine says.
    pub total: Option<u64>,
    /// Of what.
    pub unit: Unit,
}

impl Amount {
    /// Share that is done, 0 to 1, where the whole is known.
    pub fn share(&self) -> Option<f64> {
        let total = self.total.filter(|total| *total > 0)?;
        Some((self.done as f64 / total as f64).clamp(0.0, 1.0))
    }

    /// `3 of 4 shards`, `450 MB of 1.0 GB`, `45 %`.
    pub fn words(&self) -> String {
        let count = |n: u64| match self.unit {
            Unit::Bytes => Bytes(n).to_string(),
            _ => n.to_string(),
        };
        let noun = match self.unit {
            Unit::Bytes => "",
            Unit::Percent => return format!("{} %", self.done),
            Unit::Shards => " shards",
            Unit::Files => " files",
            Unit::Graphs => " graphs",
        };
        match self.total {
            Some(total) => format!("{} of {}{noun}", count(self.done), count(total)),
            None => format!("{}{noun}", count(self.done)),
        }
    }
}

/// One file that is fetched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileBar {
    /// Its name as the engine shows it (long ones are cut by their downloader).
    pub name: String,
    /// Bytes so far.
    pub done: u64,
    /// Bytes in all, where said.
    pub total: Option<u64>,
}

/// One stage. Times are seconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Which.
    pub kind: StageKind,
    /// When it began: when the one before ended.
    pub began: f64,
    /// When it ended; absent while it goes on.
    pub ended: Option<f64>,
    /// Seconds by the engine's own account, where it gives one.
    #[serde(default)]
    pub said: Option<f64>,
    /// How far it is.
    #[serde(default)]
    pub progress: Option<Amount>,
    /// The longest time in it without any movement so far, seconds.
    #[serde(default)]
    pub still: f64,
}

impl Stage {
    /// Seconds that it took, or takes so far.
    pub fn seconds(&self, now: f64) -> f64 {
        (self.ended.unwrap_or(now) - self.began).max(0.0)
    }
}

/// The stages of one start.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Stages {
    /// Those begun, in order; each begins where the one before ended, and none begins again.
    #[serde(default)]
    pub list: Vec<Stage>,
    /// Files that are fetched, in order of their appearance.
    #[serde(default)]
    pub files: Vec<FileBar>,
    /// Bytes a second of the download, over the last seconds.
    #[serde(default)]
    pub rate: Option<f64>,
    /// When bytes came in last.
    #[serde(default)]
    pub bytes_at: f64,
    /// What bars of the present stage counted that are through: the next one goes on from there.
    #[serde(default)]
    pub counted: u64,
    /// When anything moved last: a line, or a bar that came further.
    #[serde(default)]
    pub moved_at: f64,
    /// The last line, cut.
    #[serde(default)]
    pub last_line: String,
    /// What earlier starts of the same kind took on this machine.
    #[serde(default)]
    pub past: Option<Past>,
    /// When it answered its health check.
    #[serde(default)]
    pub ready_at: Option<f64>,
}

/// What a line or a bar says of stages.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A stage begins, or goes on.
    Begin(StageKind),
    /// A stage is so far; it begins where it has not.
    Progress(StageKind, Amount),
    /// A file is so far; belongs to the download.
    File(FileBar),
    /// A stage is over, after so many seconds where said.
    Done(StageKind, Option<f64>),
}

/// The marks of one line or bar of an engine's log (free of escape sequences).
pub fn marks(dialect: Dialect, line: &str) -> Vec<Mark> {
    if !is_worth(line) {
        return Vec::new();
    }
    match dialect {
        Dialect::Vllm => vllm::marks(line),
        Dialect::LlamaCpp | Dialect::Ollama => llamacpp::marks(line),
        Dialect::OpenAi => Vec::new(),
    }
}
