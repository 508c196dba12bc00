//! `vramdeck gpu`: cards and who holds their memory.

mod json;
mod text;

use super::{Context, output};
use crate::base::Problem;
use crate::engines::live::{self, run_pids};
use crate::engines::{Phase, RunId, RunState, account};
use crate::gpu::live::{Options, Reader, SimCard, SourceChoice};
use crate::gpu::{Account, Sample};
use crate::store::caches::model_caches;
use std::collections::BTreeMap;
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
    let Some(pause) = args.watch else { return print(&args, &reader.read_whole(), &accounts(context)) };
    loop {
        print(&args, &reader.read(), &accounts(context))?;
        std::thread::sleep(pause);
        name_runs();
    }
}

/// What the engines of all runs that have processes say of their memory; those that are ready are asked.
fn accounts(context: &Context) -> Vec<Account> {
    let mut runs = live::list(&context.paths);
    runs.retain(|run| !run.pids.is_empty());
    let ready: Vec<RunId> = runs.iter().filter(|run| run.phase == Phase::Ready).map(|run| run.run.clone()).collect();
    let said: BTreeMap<&RunId, _> = ready.iter().zip(live::look_at(&context.paths, &ready)).collect();
    let seen = |run: &RunState| said.get(&run.run).map(|gauges| gauges.as_ref().map_err(Clone::clone));
    runs.iter().map(|run| account(run, seen(run))).collect()
}

fn print(args: &Args, sample: &Sample, accounts: &[Account]) -> Result<(), Problem> {
    if args.json { output::json(&json::sample(sample, accounts)) } else { output::raw(&text::sample(sample, accounts)) }
}
