//! The desktop's reserve: how much it is, and what is offered when somebody grows into it.

use crate::app::action::{Action, Global};
use crate::app::model::{Model, Shared};
use crate::app::overlay::{Confirm, Overlay};
use crate::app::screens::engines;
use crate::app::{Effect, Env};
use crate::base::units::GIB;
use crate::base::{Bytes, Problem, text};
use crate::engines::{Dialect, RunId, RunState};
use crate::gpu::Sample;
use crate::gpu::reserve::Intrusion;

/// One step of the keys.
const STEP: Bytes = Bytes(GIB / 2);
/// The most the keys give; the settings file takes more.
const MOST: Bytes = Bytes(64 * GIB);

/// A warning that stands, and the run whose end or sleep would answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Who has grown.
    pub intrusion: Intrusion,
    /// The run that holds most of that card.
    pub run: Option<RunId>,
}

/// Sets more or less aside, and keeps it in the settings.
pub fn change(shared: &mut Shared, more: bool, env: &Env) -> Vec<Effect> {
    let next = if more { (shared.reserve + STEP).min(MOST.max(shared.reserve)) } else { shared.reserve.minus(STEP) };
    shared.reserve = next;
    let said = match next {
        Bytes(0) => "nothing is kept for the desktop".to_owned(),
        bytes => format!("{:.1} GiB of each card are kept for the desktop", bytes.gib()),
    };
    shared.toasts.info(said, env.uptime);
    vec![Effect::SaveSetting { key: "reserve_gib", value: toml::Value::Float(next.gib()) }]
}

/// Looks at a reading: who has grown into the reserve is told, with what can be done about it.
pub fn look(shared: &mut Shared, sample: &Sample) {
    let told = shared.guard.look(sample, shared.reserve);
    if shared.warning.as_ref().is_some_and(|warning| shared.guard.is_whole(&warning.intrusion.card)) {
        shared.warning = None;
    }
    for intrusion in told {
        let run = largest(sample, &intrusion.card);
        let problem = warn(shared, &intrusion, run.as_ref());
        shared.toasts.problem(problem);
        shared.warning = Some(Warning { intrusion, run: run.map(|(run, _)| run) });
    }
}

/// The run that holds most of a card, and how much.
fn largest(sample: &Sample, card: &str) -> Option<(RunId, Bytes)> {
    let card = sample.cards.iter().find(|known| known.key() == card)?;
    let mut held: std::collections::BTreeMap<&str, Bytes> = Default::default();
    for process in card.processes.as_deref().unwrap_or_default() {
        if let (Some(run), Ok(used)) = (&process.run, &process.used) {
            let sum = held.entry(run).or_default();
            *sum = *sum + *used;
        }
    }
    held.into_iter().max_by_key(|(_, bytes)| *bytes).map(|(run, bytes)| (RunId(run.to_owned()), bytes))
}

fn warn(shared: &Shared, intrusion: &Intrusion, run: Option<&(RunId, Bytes)>) -> Problem {
    let key = |action| {
        let keys = shared.keymap.keys_of(&["global"], Action::Global(action));
        let key = keys.first().map_or_else(|| "Ctrl+P".to_owned(), ToString::to_string);
        if key.starts_with('f') && key.len() > 1 { key.to_uppercase() } else { key }
    };
    let hint = match run {
        None => "no run of vramdeck holds memory there: close another program".to_owned(),
        Some((run, held)) => {
            let stops = format!("{} stops {run} ({held})", key(Global::RelieveByStop));
            match state(shared, run).is_some_and(can_sleep) {
                true => format!("{stops}, {} puts it to sleep", key(Global::RelieveBySleep)),
                false => stops,
            }
        }
    };
    let name = text::clean_line(&intrusion.name);
    Problem::failed(
        format!("{name} has grown into the memory kept for the desktop"),
        format!("it holds {}; {} are free where {} are kept", intrusion.held, intrusion.left, shared.reserve),
        hint,
    )
}

fn state<'a>(shared: &'a Shared, run: &RunId) -> Option<&'a RunState> {
    shared.runs.iter().find(|state| state.run == *run)
}

/// Whether the run was started so that it can sleep.
pub fn can_sleep(run: &RunState) -> bool {
    run.dialect == Dialect::Vllm && run.argv.iter().any(|word| word == "--enable-sleep-mode")
}

/// The run that is to give memory back: that of the warning, else the one that holds most of the card looked at.
fn giver(model: &Model) -> Option<(RunId, bool)> {
    if let Some(run) = model.shared.warning.as_ref().and_then(|warning| warning.run.clone()) {
        return Some((run, true));
    }
    let (_, card) = model.card.card(&model.shared)?;
    largest(model.shared.sample.as_deref()?, &card.key()).map(|(run, _)| (run, false))
}

/// Stops the run: at once where a warning has just named it, after a question elsewhere.
pub fn stop(model: &mut Model, env: &Env) -> Vec<Effect> {
    let Some((run, named)) = giver(model) else {
        model.shared.toasts.info("no run holds memory of this card", env.uptime);
        return Vec::new();
    };
    let effects = vec![Effect::Engines(engines::Effect::Stop(run.clone()))];
    if named {
        model.shared.warning = None;
        return effects;
    }
    model.overlays.push(Overlay::Confirm(Confirm {
        question: format!("Stop {run}?"),
        detail: vec!["It holds most of this card. Requests under way are cut off.".to_owned()],
        yes: "stop".to_owned(),
        selected_yes: false,
        effects,
    }));
    Vec::new()
}

/// Puts the run to sleep, where it can.
pub fn sleep(model: &mut Model, env: &Env) -> Vec<Effect> {
    let Some((run, _)) = giver(model) else {
        model.shared.toasts.info("no run holds memory of this card", env.uptime);
        return Vec::new();
    };
    let effects = doze(&mut model.shared, &run);
    if !effects.is_empty() {
        model.shared.warning = None;
    }
    effects
}

/// Puts a run to sleep, or wakes it where it sleeps; a run that cannot sleep is told.
pub fn doze(shared: &mut Shared, run: &RunId) -> Vec<Effect> {
    let asleep = matches!(shared.gauges.get(run), Some(Ok(live)) if live.gauges.asleep());
    if asleep || state(shared, run).is_some_and(can_sleep) {
        return vec![Effect::Sleep { run: run.clone(), wake: asleep }];
    }
    shared.toasts.problem(Problem::usage(
        format!("{run} cannot sleep"),
        "only vLLM can, when it was started with --enable-sleep-mode and VLLM_SERVER_DEV_MODE=1",
        "stop it, or start it again with these",
    ));
    Vec::new()
}
