//! A score as rows of text: one a category, all at the end.

use super::score::{Scored, Tally};
use crate::base::text::{clean_line, fit, width};

/// Widths of the columns after the category; with the blanks between them a row has 79.
const WIDTHS: [usize; 8] = [21, 6, 6, 6, 4, 5, 7, 6];

impl Scored {
    /// The head, a row for each category, and one for all: at most 79 columns each.
    pub fn rows(&self) -> Vec<String> {
        let all = format!("pass^{}", self.all.k);
        let head = ["pass@1 (95 %, n)", &all, "schema", "invent", "F1", "lost", "call", "tokens"];
        let mut out = vec![line("category", head.map(str::to_owned))];
        let rows = self.categories.iter().map(|(name, tally)| (name.as_str(), tally));
        out.extend(rows.chain([("all", &self.all)]).map(|(name, tally)| line(name, cells(tally))));
        out
    }
}

fn cells(tally: &Tally) -> [String; 8] {
    let none = || "–".to_owned();
    let percent = |share: Option<f64>| share.map_or_else(none, |share| format!("{:.0} %", share * 100.0));
    let pass = tally.pass.value.map_or_else(none, |_| tally.pass.to_string());
    [
        pass,
        percent(tally.pass_all.value),
        percent(tally.valid.value),
        percent(tally.hallucinated.value),
        tally.trigger_f1.map_or_else(none, |value| format!("{value:.2}")),
        percent(tally.lost.value),
        tally.first_call_seconds.map_or_else(none, |seconds| format!("{seconds:.2} s")),
        tally.completion_tokens.map_or_else(none, |tokens| format!("{tokens:.0}")),
    ]
}

fn line(name: &str, cells: [String; 8]) -> String {
    let name = clean_line(name);
    let name = fit(&name, 10);
    let mut text = format!("{name}{}", " ".repeat(10usize.saturating_sub(width(&name))));
    for (at, (cell, wide)) in cells.iter().zip(WIDTHS).enumerate() {
        let gap = " ".repeat(wide.saturating_sub(width(cell)));
        // The first column reads as words, the others as numbers.
        text.push_str(&if at == 0 { format!(" {cell}{gap}") } else { format!(" {gap}{cell}") });
    }
    text.trim_end().to_owned()
}
