//! Which rows of a ranking are listed, and in which order.

use super::ranking::{Ranking, starts, task};
use crate::models::catalogue::Capability;
use crate::models::rank::Row;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use std::cmp::Reverse;

/// What narrows the list.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// What was typed, matched fuzzily.
    pub text: String,
    /// Only what would start.
    pub fits: bool,
    /// Only what lies on this machine.
    pub on_disk: bool,
    /// Only what is made for this.
    pub task: Option<Capability>,
}

/// The order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Best for the card and the use first.
    #[default]
    Best,
    /// By name.
    Name,
    /// Largest weights first.
    Size,
    /// Longest context first.
    Context,
    /// Most agents first.
    Agents,
    /// Fastest first.
    Speed,
}

impl Sort {
    /// In the order they are turned through.
    pub const ALL: [Self; 6] = [Self::Best, Self::Name, Self::Size, Self::Context, Self::Agents, Self::Speed];

    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Best => "best",
            Self::Name => "name",
            Self::Size => "size",
            Self::Context => "context",
            Self::Agents => "agents",
            Self::Speed => "speed",
        }
    }

    /// The next one.
    pub fn next(self) -> Self {
        let at = Self::ALL.iter().position(|sort| *sort == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }
}

/// Indexes of the rows that are listed, in their order. What would start comes before what would not, whatever the order
/// within; a typed filter puts the best match first where the order is that of the ranking.
pub fn view(ranking: &Ranking, filter: &Filter, sort: Sort) -> Vec<usize> {
    let kept = (0..ranking.rows.len()).filter(|at| keeps(ranking, &ranking.rows[*at], filter));
    let mut found: Vec<(u32, usize)> = match filter.text.trim() {
        "" => kept.map(|at| (0, at)).collect(),
        text => matching(ranking, kept, text),
    };
    let row = |at: &usize| &ranking.rows[*at];
    match sort {
        Sort::Best => found.sort_by_key(|(score, at)| (!starts(row(at)), Reverse(*score), *at)),
        Sort::Name => found.sort_by_cached_key(|(_, at)| (!starts(row(at)), row(at).name.to_lowercase(), *at)),
        _ => found.sort_by(|(_, a), (_, b)| {
            let ends = starts(row(b)).cmp(&starts(row(a)));
            ends.then(figure(row(b), sort).total_cmp(&figure(row(a), sort))).then(a.cmp(b))
        }),
    }
    found.into_iter().map(|(_, at)| at).collect()
}

fn keeps(ranking: &Ranking, row: &Row, filter: &Filter) -> bool {
    let can = |task: Capability| ranking.entry(row).is_some_and(|entry| entry.capabilities.contains(&task));
    (!filter.fits || starts(row))
        && (!filter.on_disk || row.choices.iter().any(|choice| choice.local.is_some()))
        && filter.task.is_none_or(can)
}

/// What a column shows of a row, as a number to order by; what is not known comes last.
fn figure(row: &Row, sort: Sort) -> f64 {
    let Some(choice) = row.choices.first() else { return f64::NEG_INFINITY };
    match sort {
        Sort::Size => choice.sum.weights as f64,
        Sort::Context => choice.sum.largest_max_model_len as f64,
        Sort::Agents => choice.agents.0 as f64 + choice.agents.1 as f64 / 1e6,
        Sort::Speed => choice.rate.as_ref().map_or(f64::NEG_INFINITY, |rate| rate.likely),
        Sort::Best | Sort::Name => 0.0,
    }
}

fn matching(ranking: &Ranking, rows: impl Iterator<Item = usize>, text: &str) -> Vec<(u32, usize)> {
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let (mut buffer, mut words) = (Vec::new(), String::new());
    let mut score = |at: usize| {
        describe(ranking, &ranking.rows[at], &mut words);
        pattern.score(Utf32Str::new(&words, &mut buffer), &mut matcher).map(|score| (score, at))
    };
    rows.filter_map(&mut score).collect()
}

/// What a filter is matched against: name, repository, variants, tasks.
fn describe(ranking: &Ranking, row: &Row, into: &mut String) {
    into.clear();
    into.push_str(&row.name);
    let mut add = |word: &str| {
        into.push(' ');
        into.push_str(word);
    };
    if let Some(entry) = ranking.entry(row) {
        add(&entry.id);
        entry.capabilities.iter().for_each(|one| add(task(*one)));
    }
    row.choices.iter().for_each(|choice| add(&choice.label));
}
