//! `vramdeck structured`: what a schema asks of a reply, and whether a reply obeys it.

mod check;

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
    /// Check a text from stdin against a JSON Schema, whole or cut off, and tell what engines will not do of the schema.
    Check(check::Args),
}

impl Args {
    /// Whether JSON was asked for.
    pub fn wants_json(&self) -> bool {
        match &self.what {
            What::Check(args) => args.json,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// As the command that was asked for.
pub fn run(args: &Args, _context: &Context) -> Result<(), Problem> {
    match &args.what {
        What::Check(args) => check::run(args),
    }
}
