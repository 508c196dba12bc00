//! The phases of a run.

use crate::base::{Bytes, Problem};
use crate::engines::doctor::{Finding, Remedy, hint, sentence};
use serde::{Deserialize, Serialize};

/// Where a run stands. Moves only forwards along the order written here (a stop may come at any time).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// Checked, not yet started.
    Planned,
    /// The process is there and has said nothing of loading yet.
    Starting,
    /// Weights are being fetched.
    Downloading {
        /// Bytes so far, where the engine says.
        done: Option<Bytes>,
        /// Bytes in all, where the engine says.
        total: Option<Bytes>,
    },
    /// Weights are being loaded.
    Loading {
        /// 0–100, where the engine says.
        percent: Option<u8>,
    },
    /// Compiling, profiling, capturing graphs, warming up.
    Warming,
    /// Answers requests at its endpoint.
    Ready,
    /// A stop was asked for; the group is not empty yet.
    Stopping,
    /// Ended because it was asked to (or by itself with code 0).
    Exited {
        /// Exit code; absent when a signal ended it.
        code: Option<i32>,
        /// The signal that ended it.
        signal: Option<i32>,
    },
    /// Ended, or never came up, for a reason.
    Failed {
        /// What failed, why, what to try; the last log lines are in `detail`.
        problem: Failure,
    },
}

/// A [`Problem`] as it lies in a run's state file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Failure {
    /// What failed.
    pub what: String,
    /// Why.
    pub why: String,
    /// What to try.
    pub hint: String,
    /// The last log lines, cleaned.
    #[serde(default)]
    pub last_lines: Vec<String>,
    /// The cause's name, where the log names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The line that names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// What the cause means, with its numbers; `why` keeps the engine's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// What to change, cheapest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
}

impl Failure {
    /// A failure whose cause was found.
    pub fn found(what: String, finding: Finding, mut last_lines: Vec<String>) -> Self {
        let evidence = finding.evidence;
        if !last_lines.iter().any(|line| line.contains(&evidence)) {
            last_lines.insert(0, evidence.clone());
        }
        Self {
            what,
            why: sentence(&evidence),
            hint: finding.remedies.first().map_or("read the whole log".to_owned(), hint),
            last_lines,
            cause: Some(finding.name.to_owned()),
            evidence: Some(evidence),
            explanation: Some(finding.why),
            remedies: finding.remedies,
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::failed(failure.what, failure.why, failure.hint).with_detail(failure.last_lines)
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { what: problem.what, why: problem.why, hint: problem.hint, last_lines: problem.detail, ..Self::default() }
    }
}

impl Phase {
    /// The name used in JSON and on screen.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Starting => "starting",
            Self::Downloading { .. } => "downloading",
            Self::Loading { .. } => "loading",
            Self::Warming => "warming",
            Self::Ready => "ready",
            Self::Stopping => "stopping",
            Self::Exited { .. } => "exited",
            Self::Failed { .. } => "failed",
        }
    }

    /// Its place in the order that a run goes through.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Planned => 0,
            Self::Starting => 1,
            Self::Downloading { .. } => 2,
            Self::Loading { .. } => 3,
            Self::Warming => 4,
            Self::Ready => 5,
            Self::Stopping => 6,
            Self::Exited { .. } | Self::Failed { .. } => 7,
        }
    }

    /// Whether processes of the run may still be alive.
    pub fn is_live(&self) -> bool {
        !matches!(self, Self::Exited { .. } | Self::Failed { .. })
    }
}
