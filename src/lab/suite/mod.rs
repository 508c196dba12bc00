//! Suites with a score: cases as data, grading without a judge, sweeps, and what follows from the results.
//!
//! A [`Case`] holds what is asked and every answer that is right; a [`Dialogue`] leads one case through its turns;
//! [`grade()`] says of one answer what is wrong and why. A [`Plan`] spreads cases over settings into jobs, a [`Run`] keeps
//! what is done, and a [`Report`] counts it. Nothing here talks to an engine: the caller asks and hands answers in.

mod advice;
mod answer;
pub mod bfcl;
mod case;
mod compare;
mod dialogue;
mod export;
mod family;
mod form;
mod grade;
mod kept;
mod library;
mod lost;
mod obedience;
mod pair;
mod plan;
mod read;
mod run;
mod score;
#[cfg(test)]
mod shipped_tests;
pub mod stats;
mod table;
pub mod want;

pub use advice::{Advice, advise};
pub use answer::{Answer, Facts, Figures, Graded, Label, MadeCall, Reason};
pub use case::{Case, Choice, Expect, ToolSpec, Turn, WantedCall};
pub use compare::{Comparison, Row, compare};
pub use dialogue::{Dialogue, Outcome};
pub use export::{from_jsonl, markdown, to_jsonl};
pub use family::Family;
pub use form::{Broken, Checked, check, form};
pub use grade::grade;
pub use kept::{Brief, Kept};
pub use library::{Library, Size, shipped, shipped_of};
pub use lost::replay;
pub use plan::{Plan, Setting, offer};
pub use read::cases;
pub use run::{Job, Progress, Run, State, Work};
pub use score::{About, Report, Scored, Tally};
