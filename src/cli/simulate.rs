//! To be furnished.

use super::Context;
use crate::base::Problem;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args, _context: &Context) -> Result<(), Problem> {
    Ok(())
}
