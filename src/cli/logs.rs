//! `vramdeck logs`: the log of a run.

use super::{Context, output};
use crate::base::Problem;
use crate::engines::LogLine;
use crate::engines::RunId;
use crate::engines::live;
use std::time::Duration;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run.
    pub run: String,
    /// Go on with what comes, until the run has ended.
    #[arg(short, long)]
    pub follow: bool,
    /// How many of the last lines to show.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 200)]
    pub lines: usize,
    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// When there is no such run, or stdout cannot be written.
pub fn run(args: Args, context: &Context) -> Result<(), Problem> {
    let run = RunId(args.run);
    let (lines, mut follower) = live::tail(&context.paths, &run, args.lines)?;
    print(&lines, args.json)?;
    if !args.follow {
        return Ok(());
    }
    loop {
        // Whether it has ended is looked at before reading, so that the last lines are not missed.
        let over = live::get(&context.paths, &run).map_or(true, |state| !state.phase.is_live() && !state.owner_alive);
        let lines = follower.poll();
        print(&lines, args.json)?;
        if over {
            return Ok(());
        }
        if lines.is_empty() {
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

fn print(lines: &[LogLine], json: bool) -> Result<(), Problem> {
    if lines.is_empty() {
        return Ok(());
    }
    let text = |line: &LogLine| if json { serde_json::json!(line).to_string() } else { line.text.clone() };
    let all: String = lines.iter().map(|line| text(line) + "\n").collect();
    output::raw(&all)
}
