//! `vramdeck structured`: replies that must look like something, asked for, held against it, paid for and scored.

mod ask;
mod cost;
mod given;
mod infer;
mod library;
mod lint;
mod rewrite;
mod run;
mod told;

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
    /// Ask a model under a constraint, watch the reply and judge it.
    Ask(Box<ask::Args>),
    /// What xgrammar, guidance and llama.cpp will not do of a schema.
    Lint(lint::Args),
    /// The constraints that are there, shipped and your own; save and delete your own.
    Library(library::Args),
    /// A schema out of an example value, or of a type of TypeScript or Rust.
    Infer(infer::Args),
    /// What a constraint costs: the same prompt with and without it.
    Cost(Box<cost::Args>),
    /// A request with old fields, such as guided_json, rewritten to those of today.
    Rewrite(rewrite::Args),
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
            What::Ask(args) => args.json,
            What::Lint(args) => args.json,
            What::Library(args) => args.json,
            What::Infer(_) => false,
            What::Cost(args) => args.json,
            What::Rewrite(args) => args.json,
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
        What::Ask(args) => ask::run(args, context),
        What::Lint(args) => lint::run(args, context),
        What::Library(args) => library::run(args, context),
        What::Infer(args) => infer::run(args),
        What::Cost(args) => cost::run(args, context),
        What::Rewrite(args) => rewrite::run(args),
        What::Run(args) => run::run(args, context),
        What::Results(args) => results::run(args, Family::Structured, context),
        What::Compare(args) => compare::run(args, context),
        What::Export(args) => export::run(args, context),
    }
}
