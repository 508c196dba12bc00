//! The families of suites: what they measure, and by which names their shipped cases go.

use serde::{Deserialize, Serialize};

/// What a suite measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Tool calls.
    #[default]
    Tools,
    /// Answers under a constraint.
    Structured,
}

impl Family {
    /// Whether it is the one that goes without saying.
    pub fn is_tools(&self) -> bool {
        *self == Self::Tools
    }

    /// The command that runs its suites.
    pub fn command(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Structured => "structured",
        }
    }

    /// The name by which a person asks for a suite that is kept under this one.
    pub fn asked_as(self, kept: &str) -> &str {
        match self {
            Self::Structured if kept == "structured" => "full",
            Self::Structured => kept.strip_prefix("structured-").unwrap_or(kept),
            Self::Tools => kept,
        }
    }

    /// The name under which a suite of this family is kept: its `quick` and `full` ones have names that no other family has.
    pub fn kept_as(self, name: &str) -> String {
        match (self, name) {
            (Self::Tools, name) => name.to_owned(),
            (Self::Structured, "full") => "structured".to_owned(),
            (Self::Structured, name) => format!("structured-{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back() {
        for (family, name, kept) in [
            (Family::Tools, "quick", "quick"),
            (Family::Tools, "structured-x", "structured-x"),
            (Family::Structured, "full", "structured"),
            (Family::Structured, "quick", "structured-quick"),
            (Family::Structured, "enum", "structured-enum"),
        ] {
            assert_eq!((family.kept_as(name).as_str(), family.asked_as(kept)), (kept, name));
        }
        assert_eq!(Family::Structured.asked_as("mine"), "mine", "a file of one's own");
    }
}
