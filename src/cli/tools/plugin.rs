//! `vramdeck tools plugin`: a format as a plug-in file for vLLM.

use crate::base::Problem;
use crate::cli::output;
use crate::cli::tools::parse::own;
use crate::lab::tools::{named, plugin};
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The format, by name.
    #[arg(long, value_name = "FORMAT")]
    format: String,
    /// Formats of your own, as TOML; they come before the built-in ones.
    #[arg(long, value_name = "FILE")]
    formats: Option<PathBuf>,
}

/// Prints the file.
///
/// # Errors
/// When the format is not known, or plug-ins do not cover it.
pub fn run(args: &Args) -> Result<(), Problem> {
    let own = own(args.formats.as_deref())?;
    let format = own.iter().find(|format| format.name == args.format).map_or_else(|| named(&args.format), Ok)?;
    output::raw(&plugin(format)?)
}
