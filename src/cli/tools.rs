//! `vramdeck tools`: what a model's raw text holds of tool calls, and what prompt it answers.

mod parse;
mod plugin;
mod render;

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
    /// The prompt as the model sees it, what the tools in it cost, and whether two templates give the same.
    Render(render::Args),
    /// Renders what an order on stdin asks for; started by vramdeck itself.
    #[command(hide = true)]
    RenderWorker,
}

impl Args {
    /// Whether JSON was asked for.
    pub fn wants_json(&self) -> bool {
        match &self.what {
            What::Parse(args) => args.json,
            What::Plugin(_) | What::RenderWorker => false,
            What::Render(args) => args.json,
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
        What::Render(args) => render::run(args, context),
        What::RenderWorker => render::worker(),
    }
}
