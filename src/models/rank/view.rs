//! The rows that a screen shows: filtered, searched, sorted. Fast enough for every keystroke.

use super::prepare::{nearest, order};
use super::{Choice, Row};
use crate::models::catalogue::{Capability, Taxonomy};
use crate::models::fit::{Engine, Verdict};
use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use std::cmp::Ordering;

/// What is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only models for this task.
    pub task: Option<Capability>,
    /// Only models of this branch.
    pub taxonomy: Option<Taxonomy>,
    /// Only what starts at this moment (fits or tight).
    pub fits_only: bool,
    /// Only what lies on this machine.
    pub local_only: bool,
    /// Only models that this engine runs. Verdict, order and what lies here are then those of its ways; the rows keep all.
    pub engine: Option<Engine>,
    /// Words that all must be found, in the name fuzzily; empty for all.
    pub text: String,
}

/// In which order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sort {
    /// As ranked. With a search, names that hold every word as it is come first; then by verdict, then the better match.
    #[default]
    Score,
    /// By name.
    Name,
    /// By bytes of weights, smallest first.
    Size,
    /// By the longest context that fits, longest first.
    Context,
    /// By agents of 8,192 tokens, most first.
    Agents,
    /// By tokens per second, fastest first.
    Rate,
}

impl Sort {
    /// All, in the order in which a screen steps through them.
    pub const ALL: [Self; 6] = [Self::Score, Self::Name, Self::Size, Self::Context, Self::Agents, Self::Rate];

    /// The word of the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Name => "name",
            Self::Size => "size",
            Self::Context => "context",
            Self::Agents => "agents",
            Self::Rate => "tok_s",
        }
    }
}

/// The rows with the ways of one engine alone, as if there were no other: models that it does not run have none left.
pub fn of_engine(mut rows: Vec<Row>, engine: Engine) -> Vec<Row> {
    for row in &mut rows {
        row.choices.retain(|one| one.engine == engine);
        row.nearest = nearest(&row.choices);
    }
    rows.sort_by(|a, b| order(a.best(), b.best()));
    rows
}

/// The best way to run a model on the engine that is asked for, or on any.
fn best(row: &Row, engine: Option<Engine>) -> Option<&Choice> {
    row.choices.iter().find(|one| engine.is_none_or(|engine| one.engine == engine))
}

/// The verdict of that way.
fn verdict(row: &Row, engine: Option<Engine>) -> Verdict {
    best(row, engine).map_or(Verdict::RefusedAtStart, |choice| choice.sum.verdict)
}

/// Indices of the rows that pass, in order. Unknown values come last in any order.
pub fn view(rows: &[Row], filter: &Filter, sort: Sort) -> Vec<usize> {
    let mut found: Vec<(usize, Hit)> = Vec::with_capacity(rows.len());
    let mut search = Search::new(&filter.text);
    for (at, row) in rows.iter().enumerate() {
        if passes(row, filter)
            && let Some(hit) = search.hit(row)
        {
            found.push((at, hit));
        }
    }
    found.sort_by(|(a, hit_a), (b, hit_b)| match (rows.get(*a), rows.get(*b)) {
        (Some(row_a), Some(row_b)) => {
            let (one, other) = (best(row_a, filter.engine), best(row_b, filter.engine));
            let by_engine = || if filter.engine.is_some() { order(one, other) } else { Ordering::Equal };
            compare((row_a, one, *hit_a), (row_b, other, *hit_b), sort).then_with(by_engine).then(a.cmp(b))
        }
        _ => Ordering::Equal,
    });
    found.into_iter().map(|(at, _)| at).collect()
}

fn passes(row: &Row, filter: &Filter) -> bool {
    let runs = |one: &Choice| filter.engine.is_none_or(|engine| one.engine == engine);
    filter.task.is_none_or(|task| row.capabilities.contains(&task))
        && filter.taxonomy.is_none_or(|branch| row.taxonomy == Some(branch))
        && (!filter.fits_only || verdict(row, filter.engine).starts())
        && (!filter.local_only || row.entry.is_none() || row.choices.iter().any(|one| one.local.is_some() && runs(one)))
        && (filter.engine.is_none() || row.choices.iter().any(runs))
}

/// A row with its best way and how well it matches.
type Seen<'a> = (&'a Row, Option<&'a Choice>, Hit);

fn compare((a, best_a, hit_a): Seen<'_>, (b, best_b, hit_b): Seen<'_>, sort: Sort) -> Ordering {
    let said = |value: fn(&Choice) -> u64| (best_a.map(value), best_b.map(value));
    let by = |(a, b): (Option<u64>, Option<u64>), largest| known_first(a, b, largest);
    let verdict = |best: Option<&Choice>| best.map_or(Verdict::RefusedAtStart, |one| one.sum.verdict);
    let rate = |best: Option<&Choice>| best.and_then(|one| one.rate.as_ref().ok()).map_or(-1.0, |rate| rate.likely);
    match sort {
        Sort::Score => hit_b.0.cmp(&hit_a.0).then(verdict(best_a).cmp(&verdict(best_b))).then(hit_b.1.cmp(&hit_a.1)),
        Sort::Name => caseless(&a.name, &b.name),
        Sort::Size => by(said(|one| one.sum.weights), false),
        Sort::Context => by(said(|one| one.sum.largest_max_model_len), true),
        Sort::Agents => by(said(|one| one.agents.1), true),
        Sort::Rate => rate(best_b).total_cmp(&rate(best_a)),
    }
}

/// Zero and none stand for what is not known.
fn known_first(a: Option<u64>, b: Option<u64>, largest: bool) -> Ordering {
    match (a.filter(|n| *n > 0), b.filter(|n| *n > 0)) {
        (Some(a), Some(b)) if largest => b.cmp(&a),
        (Some(a), Some(b)) => a.cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

fn caseless(a: &str, b: &str) -> Ordering {
    let small = |text: &'_ str| text.bytes().map(|byte| byte.to_ascii_lowercase()).collect::<Vec<u8>>();
    small(a).cmp(&small(b))
}

/// The words of a search. Each must be found: its letters in order in the name, or as it is in all else that is said of the
/// model.
struct Search {
    words: Vec<(String, Atom)>,
    matcher: Matcher,
    buffer: Vec<char>,
}

/// How well a row matches: whether its name holds every word as it is, and the sum of what the words score.
type Hit = (bool, u32);

impl Search {
    fn new(text: &str) -> Self {
        let atom = |word: &str| Atom::new(word, CaseMatching::Ignore, Normalization::Smart, AtomKind::Fuzzy, false);
        let words = text.split_whitespace().map(|word| (word.to_lowercase(), atom(word))).collect();
        Self { words, matcher: Matcher::new(Config::DEFAULT), buffer: Vec::new() }
    }

    /// `None` when a word is not found.
    fn hit(&mut self, row: &Row) -> Option<Hit> {
        let (mut whole, mut sum) = (true, 0_u32);
        for (word, atom) in &self.words {
            let name = Utf32Str::new(&row.name, &mut self.buffer);
            let fuzzy = atom.score(name, &mut self.matcher).map(u32::from);
            sum = sum.saturating_add(fuzzy.or_else(|| row.haystack.contains(word.as_str()).then_some(1))?);
            // The haystack begins with the name in small letters.
            whole = whole && row.haystack.get(..row.name.len()).is_some_and(|name| name.contains(word.as_str()));
        }
        Some((whole, sum))
    }
}
