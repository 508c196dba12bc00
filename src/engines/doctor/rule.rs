//! One rule: the words of a line, the cause they name, and what is made of it.

use super::context::Context;
use super::remedy::Remedy;

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
    /// How much the line explains: of several the heaviest wins, of equals the last, but the first of crashes. Below [`CONSEQUENCE`] it is the end
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
/// A crash: what comes after it only tells of it again.
pub const CRASH: u8 = 6;
/// A rule of thumb for which there may be a better one.
pub const LIKELY: u8 = 7;
/// The cause itself.
pub const CAUSE: u8 = 9;

/// The cause itself, with the name that others leave out.
pub const NAMED: u8 = 10;

/// Builds a rule.
pub const fn rule(
    name: &'static str,
    markers: &'static [&'static str],
    weight: u8,
    tell: fn(&str, &Context) -> Told,
) -> Rule {
    Rule { name, markers, weight, tell }
}
