//! `vramdeck` without a command: the terminal UI, or a one-shot status without a terminal.

use super::Context;
use crate::base::Problem;

/// Arguments of the terminal UI.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Use a simulated card and simulated engines.
    #[arg(long, value_name = "SCENARIO", num_args = 0..=1, default_missing_value = "desktop", global = true)]
    pub demo: Option<String>,
}

/// Runs the terminal UI.
pub fn run(_args: Args, _context: &Context) -> Result<(), Problem> {
    Ok(())
}
