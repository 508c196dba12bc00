//! A score as rows of text: one a category, all at the end.

use super::answer::Label;
use super::family::Family;
use super::score::{Scored, Tally};
use super::stats::Rate;
use crate::base::text::{clean_line, fit, width};

/// One column after the category.
struct Column {
    head: &'static str,
    wide: usize,
    cell: fn(&Tally) -> Option<String>,
}

const fn column(head: &'static str, wide: usize, cell: fn(&Tally) -> Option<String>) -> Column {
    Column { head, wide, cell }
}

/// With the blanks between them a row has at most 79 columns.
const TOOLS: [Column; 8] = [
    column("pass@1 (95 %, n)", 21, pass),
    column("pass^", 6, |tally| percent(tally.pass_all)),
    column("schema", 6, |tally| percent(tally.valid)),
    column("invent", 6, |tally| percent(tally.hallucinated)),
    column("F1", 4, |tally| tally.trigger_f1.map(|value| format!("{value:.2}"))),
    column("lost", 5, |tally| percent(tally.lost)),
    column("call", 7, |tally| seconds(tally.first_call_seconds)),
    column("tokens", 6, tokens),
];

const STRUCTURED: [Column; 8] = [
    column("pass@1 (95 %, n)", 21, pass),
    column("pass^", 6, |tally| percent(tally.pass_all)),
    column("valid", 6, |tally| percent(tally.valid)),
    column("value", 6, |tally| percent(tally.known_right)),
    column("cut", 4, |tally| labelled(tally, Label::Truncated)),
    column("refus", 5, |tally| labelled(tally, Label::Refused)),
    column("first", 7, |tally| seconds(tally.first_token_seconds)),
    column("tokens", 6, tokens),
];

fn pass(tally: &Tally) -> Option<String> {
    tally.pass.value.map(|_| tally.pass.to_string())
}

fn percent(rate: Rate) -> Option<String> {
    rate.value.map(|share| format!("{:.0} %", share * 100.0))
}

fn seconds(seconds: Option<f64>) -> Option<String> {
    seconds.map(|seconds| format!("{seconds:.2} s"))
}

fn tokens(tally: &Tally) -> Option<String> {
    tally.completion_tokens.map(|tokens| format!("{tokens:.0}"))
}

fn labelled(tally: &Tally, label: Label) -> Option<String> {
    (tally.trials > 0).then(|| tally.labels.get(&label).copied().unwrap_or(0).to_string())
}

impl Scored {
    /// The head, a row for each category, and one for all: at most 79 columns each.
    pub fn rows(&self) -> Vec<String> {
        let columns = match self.family {
            Family::Tools => &TOOLS,
            Family::Structured => &STRUCTURED,
        };
        let head = |column: &Column| match column.head {
            "pass^" => format!("pass^{}", self.all.k),
            head => head.to_owned(),
        };
        let mut out = vec![line("category", columns, head)];
        let rows = self.categories.iter().map(|(name, tally)| (name.as_str(), tally));
        let cell = |tally: &Tally, column: &Column| (column.cell)(tally).unwrap_or_else(|| "–".to_owned());
        out.extend(rows.chain([("all", &self.all)]).map(|(name, tally)| line(name, columns, |one| cell(tally, one))));
        out
    }
}

fn line(name: &str, columns: &[Column], cell: impl Fn(&Column) -> String) -> String {
    let name = clean_line(name);
    let name = fit(&name, 10);
    let mut text = format!("{name}{}", " ".repeat(10usize.saturating_sub(width(&name))));
    for (at, column) in columns.iter().enumerate() {
        let cell = cell(column);
        let gap = " ".repeat(column.wide.saturating_sub(width(&cell)));
        // The first column reads as words, the others as numbers.
        text.push_str(&if at == 0 { format!(" {cell}{gap}") } else { format!(" {gap}{cell}") });
    }
    text.trim_end().to_owned()
}
