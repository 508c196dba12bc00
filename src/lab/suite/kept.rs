//! Results that are kept: what is shown of them without reading every answer.

use super::advice::{Advice, advise};
use super::dialogue::Outcome;
use super::family::Family;
use super::plan::Plan;
use super::score::{About, Report};
use super::stats::Rate;
use serde::{Deserialize, Serialize};

/// A result in short: of its plan's base setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    /// The setting's key.
    pub setting: String,
    /// The mean of the categories' shares; `None` where nothing was answered.
    pub headline: Option<f64>,
    /// pass@1 over all cases, with its interval.
    pub pass: Rate,
    /// pass@1 by category.
    pub categories: Vec<(String, Rate)>,
    /// What follows, in one line.
    pub verdict: String,
}

impl Brief {
    /// The short of these outcomes; `None` where the base setting has none.
    pub fn of(plan: &Plan, outcomes: &[Outcome]) -> Option<Self> {
        let scored = Report::of(About::default(), plan, outcomes).settings.into_iter();
        let base = scored.into_iter().find(|scored| scored.setting == plan.base)?;
        let categories = base.categories.into_iter().map(|(name, tally)| (name, tally.pass)).collect();
        let verdict = match base.headline {
            Some(_) => Advice::line(&advise(plan, outcomes)),
            None => "no request was answered".to_owned(),
        };
        Some(Self { setting: base.setting.key(), headline: base.headline, pass: base.all.pass, categories, verdict })
    }
}

/// A kept run of a suite.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    /// Its number.
    pub id: i64,
    /// What the suite measures.
    pub family: Family,
    /// What was measured.
    pub about: About,
    /// The repository or path that the engine was started with; empty where it is not known.
    pub weights: String,
    /// Base URL.
    pub endpoint: String,
    /// When it began, seconds since the Unix epoch.
    pub at: f64,
    /// When it last changed, seconds since the Unix epoch.
    pub changed_at: f64,
    /// Where it stands: `running`, `cancelled`, `interrupted` or `done`.
    pub state: &'static str,
    /// Jobs in all.
    pub total: u32,
    /// Jobs that are done, failed ones among them.
    pub done: u32,
    /// Those that were right.
    pub right: u32,
    /// Those whose request failed.
    pub failed: u32,
    /// What came out, once it ended.
    pub brief: Option<Brief>,
}
