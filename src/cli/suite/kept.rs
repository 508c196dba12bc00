//! Kept scores for the commands that read them.

use crate::base::Problem;
use crate::cli::{Context, output};
use crate::lab::suite::{About, Outcome, Plan, from_jsonl};
use crate::runtime::suite::{Loaded, load};
use crate::store::Store;
use std::path::Path;

/// Opens the database; what is wrong with it is told.
pub(super) fn store(context: &Context) -> Store {
    let (store, problem) = Store::open(&context.paths);
    problem.iter().for_each(|problem| output::aside(&format!("note: {}: {}", problem.what, problem.why)));
    store
}

/// A kept score by its number.
///
/// # Errors
/// When there is none.
pub(in crate::cli) fn by_number(context: &Context, id: i64) -> Result<Loaded, Problem> {
    load(&store(context), id)
}

/// A result to compare.
pub(super) struct Side {
    pub(super) about: About,
    pub(super) plan: Plan,
    pub(super) outcomes: Vec<Outcome>,
}

impl Side {
    /// Finds a result by its number, or reads it from an exported file.
    ///
    /// # Errors
    /// When there is none.
    pub(super) fn find(name: &str, context: &Context) -> Result<Self, Problem> {
        if let Ok(id) = name.parse() {
            let loaded = by_number(context, id)?;
            return Ok(Self { about: loaded.kept.about, plan: loaded.plan, outcomes: loaded.outcomes });
        }
        let text = std::fs::read_to_string(Path::new(name)).map_err(|error| {
            let hint =
                "give the number of a kept score (vramdeck tools results) or a file of vramdeck tools export --jsonl";
            Problem::usage(format!("{name} is no result"), error.to_string(), hint)
        })?;
        let (about, plan, outcomes) = from_jsonl(&text, name)?;
        Ok(Self { about, plan, outcomes })
    }

    /// Outcomes of the base setting.
    pub(super) fn base(&self) -> Vec<&Outcome> {
        let key = self.plan.base.key();
        self.outcomes.iter().filter(|outcome| outcome.setting == key).collect()
    }

    /// What it is, in a line.
    pub(super) fn name(&self) -> String {
        let About { suite, model, variant, engine, started } = &self.about;
        let parts = [model, variant, engine, suite, started].map(|part| crate::base::text::clean_line(part));
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        parts.join(" · ")
    }
}
