//! `vramdeck ps`: the runs of this user.

use super::object::Object;
use super::{Context, output};
use crate::base::text::clean_line;
use crate::base::units::{Bytes, duration};
use crate::base::{Problem, Reading, Unknown};
use crate::engines::metrics::{Gauges, Histogram};
use crate::engines::stages::Stage;
use crate::engines::{Phase, RunId, RunState, live};
use crate::gpu::Sample;
use crate::gpu::live::{Options, SimCard, SourceChoice, read_once};
use crate::store::Paths;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Show runs that have ended, too.
    #[arg(long)]
    pub all: bool,
}

/// Runs the command.
///
/// # Errors
/// When stdout cannot be written.
pub fn run(args: Args, context: &Context) -> Result<(), Problem> {
    let mut runs = live::list(&context.paths);
    runs.retain(|state| args.all || state.phase.is_live() || !state.pids.is_empty());
    let sample = if runs.iter().any(|state| !state.pids.is_empty()) { Some(card_sample(context)) } else { None };
    let held = |state: &RunState| memory(state, sample.as_ref(), &context.paths);
    if args.json {
        let ready: Vec<RunId> =
            runs.iter().filter(|run| run.phase == Phase::Ready).map(|run| run.run.clone()).collect();
        let said: BTreeMap<&RunId, _> = ready.iter().zip(live::look_at(&context.paths, &ready)).collect();
        let rows: Vec<Value> = runs.iter().map(|state| row(state, &held(state), said.get(&state.run))).collect();
        return output::json(&json!({ "runs": rows }));
    }
    if runs.is_empty() {
        return output::line("no runs; `vramdeck launch MODEL` starts one, `ps --all` shows those that ended");
    }
    output::line(&format!("{:24} {:10} {:12} {:>11}  {:26} {}", "RUN", "ENGINE", "PHASE", "MEMORY", "ENDPOINT", "UP"))?;
    for state in &runs {
        output::line(&text_row(state, &held(state)))?;
    }
    Ok(())
}

fn card_sample(context: &Context) -> Sample {
    let simulated = SimCard::open(&context.paths.simulated_card()).ok();
    let choice = match simulated.filter(|_| context.demo.is_some()) {
        Some(card) => SourceChoice::Simulated(card),
        None => SourceChoice::Nvml,
    };
    read_once(choice, Options::default())
}

/// Card memory of a run: the sum over its processes, or why it is not known.
pub(super) fn memory(state: &RunState, sample: Option<&Sample>, paths: &Paths) -> Reading<Bytes> {
    if state.facts.external {
        return Err(Unknown::because("the server is not vramdeck's"));
    }
    if state.pids.is_empty() {
        return Err(Unknown::because("no process of it lives"));
    }
    // Outside of the demo, a simulated run holds memory of its own simulated card.
    let own_card;
    let sample = match sample {
        Some(sample) if state.engine == crate::engines::EngineKind::Simulated => {
            match SimCard::open(&paths.simulated_card()) {
                Ok(card) => {
                    own_card = read_once(SourceChoice::Simulated(card), Options::default());
                    &own_card
                }
                Err(_) => sample,
            }
        }
        Some(sample) => sample,
        None => return Err(Unknown::because("no card was read")),
    };
    if sample.cards.is_empty() {
        let why = sample.problem.as_ref().map_or("there is no card".to_owned(), |problem| problem.what.clone());
        return Err(Unknown::because(why));
    }
    let mut sum = Bytes(0);
    for card in &sample.cards {
        for process in card.processes.as_ref().map_err(Clone::clone)?.iter().filter(|p| state.pids.contains(&p.pid)) {
            sum = sum + process.used.clone()?;
        }
    }
    Ok(sum)
}

fn row(state: &RunState, memory: &Reading<Bytes>, said: Option<&Reading<Gauges>>) -> Value {
    let mut all = Object::default();
    let not_ready = Err(Unknown::because("it is not ready"));
    all.tell("gauges", &said.unwrap_or(&not_ready).as_ref().map(gauges).map_err(Clone::clone));
    let mut row = json!({
        "run": state.run, "engine": state.engine, "model": state.model, "pid": state.leader.map(|leader| leader.pid),
        "pids": state.pids, "endpoint": state.endpoint, "phase": state.phase.name(),
        "memory_bytes": memory.as_ref().ok().map(|bytes| bytes.0),
        "memory_unknown": memory.as_ref().err().map(ToString::to_string),
        "started_at": state.started_at, "ready_at": state.ready_at, "owner_alive": state.owner_alive,
        "served_name": state.served_name, "dialect": state.dialect, "context_tokens": state.context_tokens,
        "stages": stages(state), "predicted": state.facts.predicted,
        "predicted_unknown": state.facts.predicted_unknown, "proof": state.facts.proof,
        "kv_tokens": state.facts.kv_tokens, "note": state.facts.note, "external": state.facts.external,
    });
    if let Some(row) = row.as_object_mut() {
        row.extend(all.take());
    }
    row
}

/// What an engine says of itself now. Counters count since it started.
fn gauges(seen: &Gauges) -> Value {
    let mut all = Object::default();
    all.tell("running", &seen.running).tell("waiting", &seen.waiting);
    all.tell("kv_usage", &seen.kv_usage).tell("kv_tokens", &seen.kv_tokens);
    all.tell("kv_bytes", &seen.kv_bytes);
    all.tell("prefix_cache_queries_tokens", &seen.prefix_queries).tell("prefix_cache_hits_tokens", &seen.prefix_hits);
    all.tell("prefix_cache_hit_rate", &seen.hit_rate()).tell("preemptions", &seen.preemptions);
    all.tell("prompt_tokens_total", &seen.prompt_tokens).tell("generation_tokens_total", &seen.generation_tokens);
    all.tell("ttft_seconds", &spread(&seen.ttft)).tell("itl_seconds", &spread(&seen.itl));
    all.tell("sleep", &seen.sleep.as_ref().map(|sleep| sleep.word()).map_err(Clone::clone));
    all.tell("model_bytes", &seen.held).tell("model_on_card_bytes", &seen.on_card);
    all.tell("context_tokens", &seen.context).tell("expires_at", &seen.expires);
    Value::Object(all.take())
}

fn spread(histogram: &Reading<Histogram>) -> Reading<Value> {
    let histogram = histogram.as_ref().map_err(Clone::clone)?;
    Ok(json!({
        "count": histogram.count, "sum": histogram.sum, "mean": histogram.mean(),
        "p50": histogram.quantile(0.5), "p90": histogram.quantile(0.9),
    }))
}

/// The stages of the start with what is left of it.
fn stages(state: &RunState) -> Value {
    let stages = &state.facts.stages;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let outlook = stages.outlook(now);
    let row = |stage: &Stage| {
        let before = stages.past.as_ref().and_then(|past| past.stages.get(&stage.kind));
        json!({
            "stage": stage.kind.name(), "began_at": stage.began, "ended_at": stage.ended,
            "seconds": stage.seconds(if state.phase.is_live() { now } else { stages.moved_at }),
            "seconds_by_engine": stage.said, "seconds_last_time": before.map(|before| before.seconds),
            "progress": stage.progress, "share": stage.progress.and_then(|amount| amount.share()),
        })
    };
    let loading = state.phase.is_live() && stages.ready_at.is_none() && !stages.list.is_empty();
    json!({
        "list": stages.list.iter().map(row).collect::<Vec<_>>(),
        "files": stages.files, "bytes_per_second": stages.rate.filter(|_| loading),
        "seconds_left": outlook.left.filter(|_| loading), "basis": loading.then_some(outlook.basis),
        "stuck": outlook.stuck.filter(|_| loading),
        "earlier_starts": stages.past.as_ref().map_or(0, |past| past.runs),
    })
}

fn text_row(state: &RunState, memory: &Reading<Bytes>) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let up = Duration::try_from_secs_f64(now - state.started_at).unwrap_or_default();
    let held = memory.as_ref().map_or_else(|_| "?".to_owned(), ToString::to_string);
    let orphan = if state.phase.is_live() && !state.owner_alive { "  keeper gone: stop it by name" } else { "" };
    let note = state.facts.note.as_deref().map(|note| format!("  {}", clean_line(note))).unwrap_or_default();
    format!(
        "{:24} {:10} {:12} {held:>11}  {:26} {}{orphan}{note}",
        state.run,
        state.engine,
        state.phase.name(),
        state.endpoint.as_deref().map_or_else(|| "-".to_owned(), clean_line),
        if state.phase.is_live() { duration(up) } else { "-".to_owned() },
    )
}
