//! Rules: which line names which cause.

use super::context::Context;
use super::remedy::Remedy;
use super::{engines, files, flags, machine, memory, server};
use aho_corasick::{AhoCorasick, MatchKind};
use std::sync::LazyLock;

/// What a rule makes of its line.
pub struct Told {
    /// The cause's name, where the lines before tell it more closely than the rule.
    pub name: Option<&'static str>,
    /// Why.
    pub why: String,
    /// What to change.
    pub remedies: Vec<Remedy>,
}

impl Told {
    /// A cause with its remedies, which are put in the order of their cost.
    pub fn new(why: impl Into<String>, mut remedies: Vec<Remedy>) -> Self {
        remedies.sort_by_key(|remedy| remedy.cost);
        Self { name: None, why: why.into(), remedies }
    }

    /// The same under a name of its own.
    pub fn named(self, name: &'static str) -> Self {
        Self { name: Some(name), ..self }
    }
}

/// One rule: every marker must be in the line.
#[derive(Debug)]
pub struct Rule {
    /// The cause it names.
    pub name: &'static str,
    /// Words that the line holds, all of them.
    pub markers: &'static [&'static str],
    /// How much the line explains: of several the heaviest wins, of equals the last. Below [`CONSEQUENCE`] it is the end
    /// of something that an earlier line explains; [`SICK`] marks a run that goes on.
    pub weight: u8,
    /// Reads the numbers and says what to change.
    pub tell: fn(&str, &Context) -> Told,
}

/// A line that only wraps what an earlier one says.
pub const WRAPPER: u8 = 1;
/// Not a failure: the run goes on, but not well.
pub const SICK: u8 = 2;
/// An exception of which no rule knows more.
pub const RAISED: u8 = 4;
/// The end of a process, for a reason that stands elsewhere.
pub const CONSEQUENCE: u8 = 5;
/// A rule of thumb for which there may be a better one.
pub const LIKELY: u8 = 7;
/// The cause itself.
pub const CAUSE: u8 = 9;

/// Builds a rule.
pub const fn rule(
    name: &'static str,
    markers: &'static [&'static str],
    weight: u8,
    tell: fn(&str, &Context) -> Told,
) -> Rule {
    Rule { name, markers, weight, tell }
}

const ALL: &[&[Rule]] = &[memory::RULES, flags::RULES, files::RULES, machine::RULES, server::RULES, engines::RULES];

/// Every rule.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    ALL.iter().copied().flatten()
}

/// The rule that says most about a line.
pub fn best(line: &str) -> Option<&'static Rule> {
    let fits = |rule: &&Rule| rule.markers.iter().all(|marker| line.contains(marker));
    all().filter(fits).max_by_key(|rule| (rule.weight, rule.markers.len()))
}

/// Words of which a line must hold one to be worth a closer look: few and short, so that a log is searched at the speed
/// of memory. A test sees to it that every rule has one.
const ANCHORS: &[&str] = &[
    "refused to start",
    "rror",
    "xception",
    "ut of memory",
    "emory for the cache",
    "Free memory on device",
    "KV cache is needed",
    "kernel image",
    "ddress already in use",
    "couldn't bind",
    "failed to ",
    "ailed to allocate",
    "nsufficient memory",
    "o space left",
    "or engine core",
    "fatal error",
    "no usable GPU",
    "Bus error",
    "ersion mismatch",
    "on kv cache alloc",
    "not enough GPU mem",
    "Failed to load",
    "unknown pre-tok",
    "nvalid magic",
    "the file bounds",
    "exceeds file size",
    "model architecture",
    "nexpectedly",
    "Killed",
    "has terminated",
    "GGML_ASSERT",
    "bad_alloc",
    "Segmentation fault",
    ", column ",
    "truncating input",
    "layers to GPU",
    "oom-kill",
];

/// Finds the lines worth a look.
pub static SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = ANCHORS.iter().chain(super::context::ANCHORS);
    AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(words).ok()
});

/// Whether a line is worth a look.
pub fn is_worth(line: &str) -> bool {
    SEARCH.as_ref().is_none_or(|search| search.is_match(line))
}
