//! `vramdeck keeper`: owns one run; started by vramdeck itself.

use super::Context;
use crate::base::Problem;
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run's folder, with its plan in it.
    #[arg(long, value_name = "DIR")]
    run_dir: PathBuf,
    /// The database in which it is kept what starts took and taught.
    #[arg(long, value_name = "FILE")]
    database: Option<PathBuf>,
}

/// Runs the command: stays until the run's last process has ended.
///
/// # Errors
/// When the folder holds no plan.
pub fn run(args: Args, _context: &Context) -> Result<(), Problem> {
    crate::engines::live::keep(&args.run_dir, args.database.as_deref())
}
