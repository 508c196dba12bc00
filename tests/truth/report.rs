//! Errors by kind: how many, how many answered, median, ninth decile, largest.

use crate::rows::{Outcome, Row};
use std::fmt;

/// A limit: so large a share of the errors of a kind (and tag) must be at most `most`.
#[derive(Clone, Copy)]
pub struct Bar {
    pub kind: &'static str,
    pub tag: Option<&'static str>,
    pub share: f64,
    pub most: f64,
}

pub struct Report {
    rows: &'static [Row],
}

const KINDS: [&str; 5] = ["weights", "kv_given", "end_to_end", "kv_total", "gguf_weights"];
const TAGS: [&str; 6] = ["uniform", "hybrid", "moe", "quantized", "vlm", "tp"];

/// Unit of the errors of a kind.
pub fn unit(kind: &str) -> &'static str {
    if kind == "end_to_end" { "GiB" } else { "%" }
}

/// The error of a figure: percent, or GiB where both below zero are the same answer.
fn error(row: &Row) -> Option<f64> {
    match row.outcome {
        Outcome::Figure { got, want, .. } if row.kind == "end_to_end" => Some((got.max(0.0) - want.max(0.0)).abs()),
        Outcome::Figure { got, want, .. } => Some(100.0 * (got / want - 1.0).abs()),
        _ => None,
    }
}

/// The smallest error that `share` of all stay at or below; the mean of two for an even median.
fn quantile(errors: &[f64], share: f64) -> f64 {
    let mut sorted = errors.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    if share == 0.5 && n.is_multiple_of(2) {
        return f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]);
    }
    sorted[(share * n as f64).ceil() as usize - 1]
}

impl Report {
    pub fn of(rows: &'static [Row]) -> Self {
        Self { rows }
    }

    fn pick(&self, kind: &str, tag: Option<&str>, gate: Option<bool>) -> Vec<&'static Row> {
        let has = |row: &Row| tag.is_none_or(|tag| row.tags.iter().any(|own| own == tag));
        self.rows
            .iter()
            .filter(|row| row.kind == kind && has(row) && gate.is_none_or(|gate| row.gate == gate))
            .collect()
    }

    /// Rows of a kind decide where they are marked so; kinds that have none count all their rows.
    fn deciding(&self, kind: &str, tag: Option<&str>) -> Vec<&'static Row> {
        let rows = self.pick(kind, tag, Some(true));
        if rows.is_empty() { self.pick(kind, tag, None) } else { rows }
    }

    pub fn quantile(&self, bar: Bar) -> f64 {
        let errors: Vec<f64> = self.deciding(bar.kind, bar.tag).into_iter().filter_map(error).collect();
        if errors.is_empty() { 0.0 } else { quantile(&errors, bar.share) }
    }

    pub fn coverage(&self) -> f64 {
        let answered = self.rows.iter().filter(|row| !matches!(row.outcome, Outcome::None(_))).count();
        answered as f64 / self.rows.len() as f64
    }

    fn verdicts(&self) -> impl Iterator<Item = (&'static Row, bool, bool, &'static str)> {
        self.rows.iter().filter(|row| row.gate).filter_map(|row| match &row.outcome {
            Outcome::Verdict { agrees, false_fit, said } => Some((row, *agrees, *false_fit, said.as_str())),
            _ => None,
        })
    }

    pub fn agreement(&self) -> f64 {
        let all = self.verdicts().count();
        self.verdicts().filter(|(_, agrees, ..)| *agrees).count() as f64 / all as f64
    }

    /// Failures that were called `fits`, among all rows.
    pub fn false_fits(&self) -> Vec<String> {
        let false_fit = |row: &&Row| matches!(row.outcome, Outcome::Verdict { false_fit: true, .. });
        self.rows.iter().filter(false_fit).map(|row| row.id.clone()).collect()
    }

    /// Of the end-to-end figures, how many lie within the margin said, and how many there are.
    pub fn within_margin(&self) -> (usize, usize) {
        let rows = self.deciding("end_to_end", None);
        let within = |row: &&&Row| match row.outcome {
            Outcome::Figure { margin, .. } => error(row).is_some_and(|error| error <= margin),
            _ => false,
        };
        (rows.iter().filter(within).count(), rows.len())
    }

    /// Rows further off than `most` in their unit, worst first within a kind, each with its note.
    pub fn far(&self, most: impl Fn(&str) -> f64) -> Vec<String> {
        let mut found: Vec<(&Row, f64)> = self
            .rows
            .iter()
            .filter_map(|row| error(row).map(|e| (row, e)))
            .filter(|(row, e)| *e > most(&row.kind))
            .collect();
        found.sort_by(|(a, x), (b, y)| a.kind.cmp(&b.kind).then(y.total_cmp(x)));
        let text = |(row, e): (&Row, f64)| {
            let Outcome::Figure { got, want, .. } = row.outcome else { return String::new() };
            let sign = if got < want { "-" } else { "+" };
            format!("  {:<16} {sign}{e:.2} {}  {}", row.id, unit(&row.kind), row.note)
        };
        found.into_iter().map(text).collect()
    }

    fn line(&self, f: &mut fmt::Formatter<'_>, kind: &str, tag: Option<&str>) -> fmt::Result {
        let rows = self.deciding(kind, tag);
        let errors: Vec<f64> = rows.iter().filter_map(|row| error(row)).collect();
        if errors.is_empty() {
            return Ok(());
        }
        let (unit, coverage) = (unit(kind), 100 * errors.len() / rows.len());
        let name = tag.map_or_else(|| kind.to_owned(), |tag| format!("  {tag}"));
        let [median, p90, max] = [0.5, 0.9, 1.0].map(|share| format!("{:.2} {unit}", quantile(&errors, share)));
        writeln!(f, "{name:<16}{:>4}{coverage:>8} %{median:>12}{p90:>12}{max:>12}", rows.len())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<16}{:>4}{:>10}{:>12}{:>12}{:>12}", "figure", "n", "coverage", "median", "p90", "max")?;
        for kind in KINDS {
            self.line(f, kind, None)?;
            for tag in TAGS {
                self.line(f, kind, Some(tag))?;
            }
        }
        let right = self.verdicts().filter(|(_, agrees, ..)| *agrees).count();
        let all = self.verdicts().count();
        writeln!(f, "{:<16}{all:>4}      agree {right} of {all}, false fits {:?}", "verdict", self.false_fits())?;
        for (row, _, _, said) in self.verdicts().filter(|(_, agrees, ..)| !agrees) {
            writeln!(f, "  wrong: {} was called {said}", row.id)?;
        }
        for row in self.rows {
            if let Outcome::None(why) = &row.outcome {
                writeln!(f, "  unanswered: {}: {why}", row.id)?;
            }
        }
        Ok(())
    }
}
