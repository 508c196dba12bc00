//! Two scores side by side.

use super::kept::Side;
use crate::base::Problem;
use crate::base::text::{clean_line, fit, width};
use crate::cli::{Context, output, wrap};
use crate::lab::suite::stats::Difference;
use crate::lab::suite::{Comparison, Row, compare};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The first: the number of a kept score, or a file that `export --jsonl` wrote
    #[arg(value_name = "A")]
    first: String,
    /// The second
    #[arg(value_name = "B")]
    second: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command: the base settings are compared over the cases that both have.
///
/// # Errors
/// When one of them cannot be found.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let [first, second] = [Side::find(&args.first, context)?, Side::find(&args.second, context)?];
    let comparison = compare(&first.base(), &second.base());
    if args.json {
        return output::json(&json!({
            "first": {"about": first.about, "setting": first.plan.base.key()},
            "second": {"about": second.about, "setting": second.plan.base.key()},
            "rows": rows(&comparison),
            "gained": comparison.gained,
            "lost": comparison.lost,
            "left_out": comparison.left_out,
        }));
    }
    let mut out = String::new();
    for (lead, side) in [("first    ", &first), ("second   ", &second)] {
        let setting = side.plan.base.key();
        wrap::paragraph(&mut out, lead, &format!("{}; {}", side.name(), clean_line(&setting)), wrap::columns());
    }
    out.push('\n');
    out.push_str(&table(&comparison));
    output::raw(&out)
}

/// The rows with what they show in a word.
pub(in crate::cli) fn rows(comparison: &Comparison) -> Vec<Value> {
    let row = |row: &Row| {
        let mut value = json!(row);
        value["shown"] = json!(row.words());
        value
    };
    comparison.rows.iter().map(row).collect()
}

/// The table, and which cases changed.
pub(in crate::cli) fn table(comparison: &Comparison) -> String {
    let mut out = String::new();
    line(&mut out, ["category", "first", "second", "difference", ""].map(str::to_owned));
    for row in &comparison.rows {
        let difference = row.difference.map_or("–".to_owned(), words);
        line(&mut out, [row.category.clone(), share(row, true), share(row, false), difference, row.words().to_owned()]);
    }
    let columns = wrap::columns();
    for (lead, cases) in [("gained   ", &comparison.gained), ("lost     ", &comparison.lost)] {
        let cases = if cases.is_empty() { "no case".to_owned() } else { clean_line(&cases.join(", ")) };
        wrap::paragraph(&mut out, lead, &cases, columns);
    }
    if comparison.left_out > 0 {
        let note = format!("{} cases that only one of them has are not counted", comparison.left_out);
        wrap::paragraph(&mut out, "note     ", &note, columns);
    }
    out
}

fn share(row: &Row, first: bool) -> String {
    let rate = if first { row.first } else { row.second };
    rate.value.map_or("–".to_owned(), |value| format!("{:.0} % (n={})", value * 100.0, rate.n))
}

fn words(difference: Difference) -> String {
    let [value, low, high] = [difference.value, difference.low, difference.high].map(|share| share * 100.0);
    format!("{value:+.0} ({low:+.0} to {high:+.0})")
}

fn line(out: &mut String, cells: [String; 5]) {
    let mut text = String::new();
    for (cell, wide) in cells.iter().zip([10, 14, 14, 19, 19]) {
        let cell = fit(cell, wide);
        text.push_str(&format!("{cell}{} ", " ".repeat(wide.saturating_sub(width(&cell)))));
    }
    let _ = writeln!(out, "{}", text.trim_end());
}
