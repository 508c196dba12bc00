//! A kept score as a file.

use super::kept;
use crate::base::Problem;
use crate::cli::{Context, output};
use crate::lab::suite::{Report, advise, markdown, to_jsonl};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number of a kept score
    #[arg(value_name = "ID")]
    id: i64,
    /// Every answer, one outcome a line; `compare` reads it
    #[arg(long, conflicts_with = "markdown", required_unless_present = "markdown")]
    jsonl: bool,
    /// The tables and the advice, to read
    #[arg(long)]
    markdown: bool,
}

/// Prints it on stdout.
///
/// # Errors
/// When there is no such score.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let loaded = kept::by_number(context, args.id)?;
    let about = loaded.kept.about;
    if args.jsonl {
        return output::raw(&to_jsonl(&about, &loaded.plan, &loaded.outcomes));
    }
    let report = Report::of(about, &loaded.plan, &loaded.outcomes);
    output::raw(&markdown(&report, &loaded.plan, &advise(&loaded.plan, &loaded.outcomes)))
}
