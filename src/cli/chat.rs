//! To be furnished.

use super::Context;
use crate::base::Problem;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(_args: Args, _context: &Context) -> Result<(), Problem> {
    Ok(())
}
