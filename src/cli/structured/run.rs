//! `vramdeck structured run`: a suite of answers under constraints asked of a model, with its score.

use crate::base::Problem;
use crate::cli::Context;
use crate::cli::suite::fly;
use crate::lab::suite::Family;
use crate::runtime::suite::suite_of;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// quick (16 cases), full (39), a category such as enum or regex, or a file of cases as JSONL, each with a constraint
    #[arg(value_name = "SUITE", default_value = "full")]
    suite: String,
    #[command(flatten)]
    pub common: fly::Args,
}

/// Runs the command.
///
/// # Errors
/// When the suite, the plan or the endpoint cannot be used, nothing was answered, or it was stopped; what was done is printed
/// before and kept.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let suite = suite_of(Family::Structured, &args.suite, None)?;
    fly::run(&args.common, context, suite, |plan| plan)
}
