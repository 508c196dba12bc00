//! `vramdeck tools`: what a model's raw text holds of tool calls, what prompt it answers, how well it makes them, and the tools
//! themselves.

mod ask;
mod call;
mod import;
mod list;
mod parse;
mod plugin;
mod render;
mod replay;
mod run;

use super::suite::{compare, export, results};
use super::{Context, output};
use crate::base::Problem;
use crate::base::text::clean_line;
use crate::lab::agent::live;
use crate::lab::agent::{Definition, Library};
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
    /// Read calls, reasoning and text out of raw model text from stdin, offline.
    Parse(parse::Args),
    /// A format as a file for vLLM's --tool-parser-plugin, on stdout.
    Plugin(plugin::Args),
    /// The prompt as the model sees it, what the tools in it cost, and whether two templates give the same.
    Render(render::Args),
    /// Renders what an order on stdin asks for; started by vramdeck itself.
    #[command(hide = true)]
    RenderWorker,
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
            What::Run(args) => args.common.json,
            What::Results(args) => args.json,
            What::Compare(args) => args.json,
            What::Replay(args) => args.json,
            What::Plugin(_) | What::Export(_) | What::RenderWorker => false,
            What::List(args) => args.json,
            What::Import(args) => args.json,
            What::Call(args) => args.json,
            What::Render(args) => args.json,
            What::Ask(args) => args.json,
        }
    }
}

/// The tools that are there; files that cannot be used are told.
fn library(context: &Context) -> Library {
    let (library, problems) = live::folder(&context.paths.config);
    problems.iter().for_each(|problem| output::aside(&problem.to_string()));
    library
}

/// The tool of a name; `what` does not happen without it.
fn named<'a>(library: &'a Library, name: &str, what: &str) -> Result<&'a Definition, Problem> {
    library.get(name).ok_or_else(|| {
        let why = format!("there is no tool named {}", clean_line(name));
        Problem::usage(what, why, "vramdeck tools list shows the tools")
    })
}

/// Runs the command.
///
/// # Errors
/// As the command that was asked for.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    match &args.what {
        What::Parse(args) => parse::run(args),
        What::Plugin(args) => plugin::run(args),
        What::Render(args) => render::run(args, context),
        What::RenderWorker => render::worker(),
        What::Run(args) => run::run(args, context),
        What::Results(args) => results::run(args, Family::Tools, context),
        What::Compare(args) => compare::run(args, context),
        What::Replay(args) => replay::run(args, context),
        What::Export(args) => export::run(args, context),
        What::List(args) => list::run(args, context),
        What::Import(args) => import::run(args, context),
        What::Call(args) => call::run(args, context),
        What::Ask(args) => ask::run(args, context),
    }
}
