//! `vramdeck tools`: what a model's raw text holds of tool calls, how well it makes them, and the tools themselves.

mod ask;
mod call;
mod compare;
mod export;
mod import;
mod kept;
mod list;
mod parse;
mod plugin;
mod replay;
mod results;
mod run;
mod score;

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
    /// Read calls, reasoning and text out of raw model text from stdin, offline.
    Parse(parse::Args),
    /// A format as a file for vLLM's --tool-parser-plugin, on stdout.
    Plugin(plugin::Args),
    /// Score the tool calls of a model: cases with known answers, no judge.
    Run(Box<run::Args>),
    /// Kept scores, or one of them in full.
    Results(results::Args),
    /// Two scores side by side, category by category.
    Compare(compare::Args),
    /// Read the raw texts of a kept score with another parser and grade them anew.
    Replay(replay::Args),
    /// A kept score as JSONL or Markdown.
    Export(export::Args),
    /// The tools that are there, shipped and your own, with what runs when a model calls.
    List(list::Args),
    /// Take tools from a file of definitions, a Python signature, an OpenAPI file or an MCP server.
    Import(import::Args),
    /// Ask a model with tools and lead it to its end: its calls run after a yes, and each answer is looked through.
    Ask(Box<ask::Args>),
    /// Call a tool as a model would: shows what would run, runs it after a yes.
    Call(call::Args),
}

impl Args {
    /// Whether JSON was asked for.
    pub fn wants_json(&self) -> bool {
        match &self.what {
            What::Parse(args) => args.json,
            What::Run(args) => args.json,
            What::Results(args) => args.json,
            What::Compare(args) => args.json,
            What::Replay(args) => args.json,
            What::Plugin(_) | What::Export(_) => false,
            What::List(args) => args.json,
            What::Import(args) => args.json,
            What::Call(args) => args.json,
            What::Ask(args) => args.json,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// As the command that was asked for.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    match &args.what {
        What::Parse(args) => parse::run(args),
        What::Plugin(args) => plugin::run(args),
        What::Run(args) => run::run(args, context),
        What::Results(args) => results::run(args, context),
        What::Compare(args) => compare::run(args, context),
        What::Replay(args) => replay::run(args, context),
        What::Export(args) => export::run(args, context),
        What::List(args) => list::run(args, context),
        What::Import(args) => import::run(args, context),
        What::Call(args) => call::run(args, context),
        What::Ask(args) => ask::run(args, context),
    }
}
