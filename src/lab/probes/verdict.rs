//! What is said of one capability, and what it rests on.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Whether a capability is really on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It is.
    Yes,
    /// It is not, and the engine says so or does otherwise.
    No,
    /// The engine takes the field and does as if it were not there.
    Ignored,
    /// It could not be found out.
    Unknown,
}

impl Verdict {
    /// All, in the order told.
    pub const ALL: [Self; 4] = [Self::Yes, Self::No, Self::Ignored, Self::Unknown];

    /// In files and documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Ignored => "ignored",
            Self::Unknown => "unknown",
        }
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Ignored => "ignored silently",
            other => other.name(),
        }
    }

    /// Whether an option that needs it is of no use.
    pub fn is_off(self) -> bool {
        matches!(self, Self::No | Self::Ignored)
    }
}

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, one clause.
    pub why: String,
    /// Answers that it rests on.
    pub samples: u32,
    /// How probable it is at most that the verdict is wrong by chance; `None` where no chance is in it.
    pub alpha: Option<f64>,
}

impl Finding {
    /// A finding in which no chance is.
    pub fn plain(verdict: Verdict, why: impl Into<String>, samples: usize) -> Self {
        Self { verdict, why: why.into(), samples: u32::try_from(samples).unwrap_or(u32::MAX), alpha: None }
    }

    /// Nothing was found out.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::plain(Verdict::Unknown, why, 0)
    }
}

/// Answers that are alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// How often.
    pub times: u32,
    /// What was answered, cleaned and cut.
    pub text: String,
}

/// Requests that differ in nothing but chance, and what was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What they are for: `control`, `with the field`, …
    pub round: String,
    /// Messages and fields of the first, cut.
    pub request: Value,
    /// How many.
    pub asked: u32,
    /// The answers, alike ones together, the most frequent first; further ones are left out.
    pub replies: Vec<Heard>,
}
