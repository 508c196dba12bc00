//! `vramdeck structured`: replies that must look like something, asked for, held against it and paid for.

mod ask;
mod cost;
mod given;
mod infer;
mod library;
mod lint;
mod rewrite;
mod told;

use super::Context;
use crate::base::Problem;
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
    }
}
