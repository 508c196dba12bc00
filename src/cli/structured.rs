//! `vramdeck structured`: answers under a constraint.

mod run;

use super::Context;
use super::suite::{compare, export, results};
use crate::base::Problem;
use crate::lab::suite::Family;
use clap::Subcommand;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Score answers under constraints: whether they obey, whether they are right where that is known, no judge.
    Run(Box<run::Args>),
    /// Kept scores, or one of them in full.
    Results(results::Args),
    /// Two scores side by side, category by category.
    Compare(compare::Args),
    /// A kept score as JSONL or Markdown.
    Export(export::Args),
}

impl Args {
    /// Whether JSON was asked for.
    pub fn wants_json(&self) -> bool {
        match &self.what {
            What::Run(args) => args.common.json,
            What::Results(args) => args.json,
            What::Compare(args) => args.json,
            What::Export(_) => false,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// As the command that was asked for.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    match &args.what {
        What::Run(args) => run::run(args, context),
        What::Results(args) => results::run(args, Family::Structured, context),
        What::Compare(args) => compare::run(args, context),
        What::Export(args) => export::run(args, context),
    }
}
