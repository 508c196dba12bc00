//! `vramdeck gpu`: cards and who holds their memory.

mod json;
mod text;

use super::{Context, output};
use crate::base::Problem;
use crate::engines::live::run_pids;
use crate::gpu::Sample;
use crate::gpu::live::{Options, Reader, SimCard, SourceChoice};
use crate::store::caches::model_caches;
use std::sync::PoisonError;
use std::time::Duration;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Print again every so many seconds (0.1 to 3600) until ended; with --json one object a line.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub watch: Option<Duration>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("{text} is not a number"))?;
    if (0.1..=3600.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("seconds go from 0.1 to 3600".to_owned())
    }
}

/// Runs the command. Without a driver it still answers: no card, and why.
///
/// # Errors
/// When the demo's scenario cannot be used, or stdout cannot be written.
pub fn run(args: Args, context: &Context) -> Result<(), Problem> {
    let choice = match &context.demo {
        None => SourceChoice::Nvml,
        Some(scenario) => {
            let presets = context.paths.config.join("cards");
            SourceChoice::Simulated(SimCard::create(&context.paths.simulated_card(), scenario, Some(&presets))?)
        }
    };
    let options = Options { disks: model_caches(), ..Options::default() };
    let runs = options.runs.clone();
    let name_runs = || *runs.write().unwrap_or_else(PoisonError::into_inner) = run_pids(&context.paths);
    let mut reader = Reader::new(choice, options);
    name_runs();
    let Some(pause) = args.watch else { return print(&args, &reader.read_whole()) };
    loop {
        print(&args, &reader.read())?;
        std::thread::sleep(pause);
        name_runs();
    }
}

fn print(args: &Args, sample: &Sample) -> Result<(), Problem> {
    if args.json { output::json(&json::sample(sample)) } else { output::raw(&text::sample(sample)) }
}
