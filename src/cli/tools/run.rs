//! `vramdeck tools run`: a suite of tool calls asked of a model, with its score.

use crate::base::Problem;
use crate::cli::Context;
use crate::cli::suite::fly;
use crate::lab::suite::Plan;
use crate::runtime::suite::suite;
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// quick (38 cases), full (130), a category such as parallel, or a file of cases as JSONL; a question file of the Berkeley
    /// leaderboard is converted
    #[arg(value_name = "SUITE")]
    suite: String,
    #[command(flatten)]
    pub common: fly::Args,
    /// Ask the quick cases again with so many tools offered, filled up with others
    #[arg(long, value_name = "N", value_delimiter = ',', num_args = 1..)]
    tools: Vec<u32>,
    /// Offer the tools as strict
    #[arg(long, conflicts_with = "both_strict")]
    strict: bool,
    /// Ask the quick cases again with the tools offered as strict
    #[arg(long)]
    both_strict: bool,
    /// Answers of a question file of the Berkeley leaderboard (else possible_answer/ beside it)
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When the suite, the plan or the endpoint cannot be used, nothing was answered, or it was stopped; what was done is printed
/// before and kept.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let suite = suite(&args.suite, args.answers.as_deref())?;
    fly::run(&args.common, context, suite, |mut plan: Plan| {
        plan.base.strict = args.strict;
        Plan { tools: args.tools.clone(), strict: args.both_strict, ..plan }
    })
}
