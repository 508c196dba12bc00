//! `vramdeck tools`: what a model's raw text holds of tool calls.

mod parse;
mod plugin;

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
}

impl Args {
    /// Whether JSON was asked for.
    pub fn wants_json(&self) -> bool {
        match &self.what {
            What::Parse(args) => args.json,
            What::Plugin(_) => false,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// As the command that was asked for.
pub fn run(args: &Args) -> Result<(), Problem> {
    match &args.what {
        What::Parse(args) => parse::run(args),
        What::Plugin(args) => plugin::run(args),
    }
}
