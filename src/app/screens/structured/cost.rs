//! What the constraint costs: the same question with and without it.

use super::effect::Ask;
use crate::base::Problem;
use crate::lab::structured::cost::{Cost as Both, Side, Spread};
use std::time::Duration;

/// The question, and how often it is asked each way.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// The question under the constraint.
    pub ask: Ask,
    /// How often it is asked with the constraint, and how often without.
    pub times: u32,
}

/// What was measured so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measured {
    /// Answers so far, of both ways together.
    pub done: u32,
    /// What is measured, with the constraint, without it.
    pub rows: Vec<[String; 3]>,
    /// What is to be said of it.
    pub notes: Vec<String>,
    /// Whether all is measured.
    pub whole: bool,
}

/// A search for what a constraint costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Cost {
    /// Tells it from others.
    pub id: u64,
    /// The constraint's name.
    pub name: String,
    /// Who is asked.
    pub model: String,
    /// How often it is asked each way.
    pub times: u32,
    /// When it began, as uptime.
    pub begun: Duration,
    /// Whether the person stopped it.
    pub stopping: bool,
    /// What was measured so far, or why no more is.
    pub told: Result<Measured, Problem>,
}

impl Cost {
    /// One that has just begun.
    pub fn new(id: u64, name: String, model: String, times: u32, begun: Duration) -> Self {
        Self { id, name, model, times, begun, stopping: false, told: Ok(Measured::default()) }
    }

    /// Whether more is to come.
    pub fn busy(&self) -> bool {
        self.told.as_ref().is_ok_and(|told| !told.whole)
    }

    /// The table as text.
    pub fn text(&self) -> Option<String> {
        let told = self.told.as_ref().ok()?;
        let head = ["".to_owned(), "with".to_owned(), "without".to_owned()];
        let rows = std::iter::once(&head).chain(&told.rows).map(|row| format!("| {} |", row.join(" | ")));
        Some(rows.chain(told.notes.iter().cloned()).collect::<Vec<_>>().join("\n"))
    }
}

/// What was measured as rows of a table, and what is to be said of it.
pub fn rows(cost: &Both) -> (Vec<[String; 3]>, Vec<String>) {
    let row = |title: &str, of: &dyn Fn(&Side) -> String| [title.to_owned(), of(&cost.with), of(&cost.without)];
    let spread = |one: Option<Spread>, digits: usize, unit: &str| match one {
        None => "unknown".to_owned(),
        Some(one) if one.n == 1 => format!("{:.digits$}{unit}", one.median),
        Some(one) => format!("{:.digits$}{unit} ({:.digits$} to {:.digits$})", one.median, one.min, one.max),
    };
    let rows = vec![
        row("answers", &|side| side.asked.saturating_sub(side.failed).to_string()),
        row("obey", &|side| format!("{} of {}", side.valid.0, side.valid.1)),
        row("cut by length", &|side| side.cut.to_string()),
        row("first token", &|side| spread(side.first_token_seconds, 3, " s")),
        row("tokens a second", &|side| spread(side.tokens_per_second, 1, "")),
        row("tokens", &|side| spread(side.tokens, 0, "")),
        row("of them blanks", &|side| spread(side.blank_tokens, 1, "")),
    ];
    let mut notes = vec![
        "Medians with the least and the most. Tokens are the server's count; those of blanks are told by their share of the \
         bytes, an estimate."
            .to_owned(),
    ];
    let failed = cost.with.failed + cost.without.failed;
    if failed > 0 {
        notes.push(format!("{failed} answers did not come and count for nothing else"));
    }
    (rows, notes)
}
