//! `vramdeck tools replay`: the kept raw texts read by another parser and graded anew, without asking the model again.

use super::parse::own;
use crate::base::Problem;
use crate::cli::suite::by_number;
use crate::cli::suite::compare::{rows, table};
use crate::cli::{Context, output, wrap};
use crate::lab::suite::{Outcome, Run, compare};
use crate::lab::tools::named;
use serde_json::json;
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The number of a kept score
    #[arg(value_name = "ID")]
    id: i64,
    /// The format to read with, by name
    #[arg(long, value_name = "FORMAT")]
    format: String,
    /// Formats of your own, as TOML; they come before the built-in ones
    #[arg(long, value_name = "FILE")]
    formats: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command: the base setting as the server read it, beside the same texts as the format reads them.
///
/// # Errors
/// When there is no such score or format, or no raw text was kept.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let own = own(args.formats.as_deref())?;
    let format = own.iter().find(|format| format.name == args.format).map_or_else(|| named(&args.format), Ok)?;
    let loaded = by_number(context, args.id)?;
    let key = loaded.plan.base.key();
    let run = Run::new(loaded.plan, loaded.cases, Vec::new())?;
    let (mut served, mut read, mut beyond, mut unseen) = (Vec::new(), Vec::new(), 0_usize, 0_usize);
    for outcome in loaded.outcomes.iter().filter(|outcome| outcome.setting == key) {
        let raw = outcome.answers.iter().all(|answer| answer.raw.is_some());
        let again = run.asked(outcome).and_then(|(case, offered)| outcome.replayed(case, &offered, format, &key));
        match again {
            Some(again) => {
                served.push(outcome);
                read.push(again);
            }
            None if raw => beyond += 1,
            None => unseen += 1,
        }
    }
    if read.is_empty() {
        let hint = "run the suite on vLLM, or with --whole on llama-server: they show what the model wrote";
        return Err(Problem::failed("nothing can be read again", "the server did not show its raw text", hint));
    }
    let comparison = compare(&served, &read.iter().collect::<Vec<&Outcome>>());
    if args.json {
        return output::json(&json!({
            "id": args.id,
            "format": format.name,
            "setting": key,
            "rows": rows(&comparison),
            "gained": comparison.gained,
            "lost": comparison.lost,
            "without_raw_text": unseen,
            "taken_no_further": beyond,
        }));
    }
    let mut out = format!("first    as the server read it\nsecond   the same texts read as {}\n\n", format.name);
    out.push_str(&table(&comparison));
    for (count, why) in [
        (unseen, "have no raw text and are left out"),
        (beyond, "are read rightly at a turn beyond which the model was never taken, and are left out"),
    ] {
        if count > 0 {
            wrap::paragraph(&mut out, "note     ", &format!("{count} cases {why}"), wrap::columns());
        }
    }
    output::raw(&out)
}
