//! One shape for every failure: what failed, why, what to try.

use super::text::clean;
use serde::Serialize;

/// Whose fault it is, which decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The thing asked for failed: exit code 1.
    Failed,
    /// It was asked for wrongly: exit code 2.
    Usage,
}

/// A failure as the UI draws it and the command line prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What failed, one sentence without a full stop.
    pub what: String,
    /// Why, as far as known.
    pub why: String,
    /// What to try next.
    pub hint: String,
    /// Evidence: the engine's own words, last log lines. Already cleaned for the terminal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub detail: Vec<String>,
    /// Which exit code it leads to.
    #[serde(skip)]
    pub fault: Fault,
}

impl Problem {
    /// The thing asked for failed. The texts are cleaned for the terminal.
    pub fn failed(what: impl Into<String>, why: impl Into<String>, hint: impl Into<String>) -> Self {
        // Names of files, keys and hosts go into the sentences as they were found: they are made inert here, once.
        let inert = |text: String| clean(&text).into_owned();
        let (what, why, hint) = (inert(what.into()), inert(why.into()), inert(hint.into()));
        Self { what, why, hint, detail: Vec::new(), fault: Fault::Failed }
    }

    /// It was asked for wrongly.
    pub fn usage(what: impl Into<String>, why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { fault: Fault::Usage, ..Self::failed(what, why, hint) }
    }

    /// Adds evidence lines.
    pub fn with_detail(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.detail.extend(lines.into_iter().map(|line| clean(&line).into_owned()));
        self
    }

    /// The process exit code of the command-line contract.
    pub fn exit_code(&self) -> u8 {
        match self.fault {
            Fault::Failed => 1,
            Fault::Usage => 2,
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.what, self.why)?;
        for line in &self.detail {
            write!(f, "\n  | {line}")?;
        }
        if !self.hint.is_empty() {
            write!(f, "\n  try: {}", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_three_questions() {
        let problem = Problem::usage("port 99999 cannot be used", "ports end at 65535", "leave --port out")
            .with_detail(["seen: 99999".to_owned()]);
        assert_eq!(
            problem.to_string(),
            "port 99999 cannot be used: ports end at 65535\n  | seen: 99999\n  try: leave --port out"
        );
        assert_eq!(problem.exit_code(), 2);
        assert_eq!(Problem::failed("a", "b", "c").exit_code(), 1);
    }
}
