//! `vramdeck stop`: ends runs and sees their memory come back.

use super::{Context, output, ps};
use crate::base::{Bytes, Problem, Reading, Unknown};
use crate::engines::live::{self, StopReport};
use crate::engines::{EngineKind, RunId, RunState};
use crate::gpu::Sample;
use crate::gpu::live::{Options, SimCard, SourceChoice, read_once};
use crate::store::GeneralSettings;
use serde_json::{Value, json};
use std::time::Duration;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run.
    #[arg(required_unless_present = "all")]
    pub run: Option<String>,
    /// Stop every run.
    #[arg(long, conflicts_with = "run")]
    pub all: bool,
    /// Seconds that processes get to end by themselves before they are killed; else as the settings say.
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub grace: Option<f64>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|s: &f64| (0.0..=3600.0).contains(s)).ok_or_else(|| "seconds go from 0 to 3600".to_owned())
}

/// Runs the command.
///
/// # Errors
/// When there is no such run, or a process cannot be ended.
pub fn run(args: Args, context: &Context) -> Result<(), Problem> {
    let names: Vec<RunId> = match args.run {
        Some(name) => vec![RunId(name)],
        None => {
            let live = |state: &RunState| state.phase.is_live() || !state.pids.is_empty();
            live::list(&context.paths).into_iter().filter(live).map(|state| state.run).collect()
        }
    };
    let grace = match args.grace {
        Some(seconds) => seconds,
        None => GeneralSettings::load(&context.paths)?.value.stop_grace_seconds.0,
    };
    let grace = Duration::from_secs_f64(grace);
    let mut rows = Vec::new();
    let mut failed = None;
    for name in &names {
        let before = live::get(&context.paths, name)?;
        let held = held(&before, context);
        match live::stop(&context.paths, name, grace) {
            Ok(report) => {
                let freed = freed(&before, &report, held, context);
                rows.push((report, freed));
            }
            Err(problem) => failed = Some(problem),
        }
    }
    report(&rows, args.json)?;
    failed.map_or(Ok(()), Err)
}

fn sample(state: &RunState, context: &Context) -> Sample {
    let simulated = context.demo.is_some() || state.engine == EngineKind::Simulated;
    let choice = match SimCard::open(&context.paths.simulated_card()).ok().filter(|_| simulated) {
        Some(card) => SourceChoice::Simulated(card),
        None => SourceChoice::Nvml,
    };
    read_once(choice, Options::default())
}

/// Card memory of a run before it is stopped.
fn held(state: &RunState, context: &Context) -> Reading<Bytes> {
    ps::memory(state, Some(&sample(state, context)), &context.paths)
}

/// What the card gave back: all that was held, once the card lists none of the ended processes any more.
fn freed(state: &RunState, report: &StopReport, held: Reading<Bytes>, context: &Context) -> Reading<Bytes> {
    let held = held?;
    let after = sample(state, context);
    let listed = after.cards.iter().filter_map(|card| card.processes.as_ref().ok()).flatten();
    match listed.into_iter().find(|process| report.ended_pids.contains(&process.pid)) {
        Some(process) => Err(Unknown::because(format!("the card still lists process {}", process.pid))),
        None => Ok(held),
    }
}

fn report(rows: &[(StopReport, Reading<Bytes>)], json: bool) -> Result<(), Problem> {
    if json {
        let rows: Vec<Value> = rows
            .iter()
            .map(|(report, held)| {
                let freed = held.as_ref().ok().map(|bytes| bytes.0);
                json!({
                    "run": report.run, "phase": report.phase, "ended_pids": report.ended_pids, "killed": report.killed,
                    "seconds": report.seconds, "freed_bytes": freed,
                    "freed_unknown": held.as_ref().err().map(ToString::to_string),
                })
            })
            .collect();
        return output::json(&json!({ "stopped": rows }));
    }
    if rows.is_empty() {
        return output::line("nothing runs");
    }
    for (report, held) in rows {
        let by = if report.killed { ", some by force" } else { "" };
        let freed = held.as_ref().map(|bytes| format!(", {bytes} of the card given back")).unwrap_or_default();
        output::line(&format!(
            "{}  {}: {} ended in {:.1} s{by}{freed}",
            report.run,
            report.phase,
            processes(report.ended_pids.len()),
            report.seconds
        ))?;
    }
    Ok(())
}

/// `1 process`, `3 processes`.
pub(super) fn processes(count: usize) -> String {
    if count == 1 { "1 process".to_owned() } else { format!("{count} processes") }
}
