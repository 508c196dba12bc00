//! Several models that are to be on the card together: chosen, planned, started one after the other.

use super::examine::{Detail, examine};
use super::ranking::{Pick, Ranking};
use super::{Effect, Focus, State, open};
use crate::app::Effect as Root;
use crate::app::Overlay;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::app::overlay::Confirm;
use crate::app::screens::engines::{Effect as Engines, Step};
use crate::base::{Problem, text};
use crate::engines::{FlagSetting, LaunchSpec, Request};
use crate::models::cards::find_card;
use crate::models::solve::Wish;
use crate::models::together::{Guest, Host, Placed, Rest, Role, Together, together};
use std::sync::Arc;

/// No more are thought of together.
const MOST: usize = 9;

/// What was planned.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The ranking that it was planned for.
    pub generation: u64,
    /// The models, the most important first.
    pub picks: Vec<Pick>,
    /// The plan; its guests are the picks of the same places.
    pub result: Result<Together, Problem>,
}

/// Plans for these picks; `ram` is what is free of it, bytes. Those that the ranking no longer has are left out.
pub fn plan(ranking: &Ranking, picks: &[Pick], ram: Option<u64>) -> Planned {
    let known = picks.iter().filter_map(|pick| Some((pick.clone(), guest(ranking, pick)?)));
    let (picks, guests): (Vec<Pick>, Vec<Guest>) = known.unzip();
    let link = find_card(&ranking.situation.card.name).and_then(|card| card.pcie_bandwidth());
    let result = together(&guests, &Host { room: ranking.situation.room, ram, link });
    Planned { generation: ranking.generation, picks, result }
}

fn guest(ranking: &Ranking, pick: &Pick) -> Option<Guest> {
    let (row, choice) = ranking.place(pick)?;
    let facts = ranking.facts(row, choice)?.clone();
    let wish = Wish {
        intent: ranking.situation.intent,
        length: pick.trade.map(|point| point.tokens),
        requests: pick.trade.map(|point| point.requests.max(1)),
    };
    Some(Guest { name: row.name.clone(), facts, engine: choice.engine, version: None, wish })
}

/// Puts the selected model, run this way, among those that are to be together, or takes it out.
pub(super) fn seat(state: &mut State, shared: &mut Shared, env: &Env) {
    let Some(pick) = state.pick() else { return };
    let same = |other: &Pick| other.key == pick.key && other.way == pick.way;
    match state.seats.iter().position(same) {
        Some(at) => drop(state.seats.remove(at)),
        None if state.seats.len() >= MOST => shared.toasts.problem(Problem::usage(
            "no more models are planned together",
            format!("{MOST} are chosen already"),
            "m on a chosen one takes it out",
        )),
        None => {
            state.seats.push(pick);
            if state.seats.len() == 1 {
                shared.toasts.info("chosen: m chooses another, p plans for all of them together", env.uptime);
            }
        }
    }
}

/// Opens the plan, or says how models are chosen.
pub(super) fn open(state: &mut State, shared: &mut Shared) {
    if state.seats.is_empty() {
        return shared.toasts.problem(Problem::usage(
            "there is nothing to plan",
            "no model was chosen to be on the card with others",
            "choose some with m, the most important first",
        ));
    }
    state.offset = 0;
    state.focus = Focus::Together;
}

/// What the plan lacks for the newest ranking.
pub(super) fn wanted(state: &State) -> Option<Effect> {
    let ranking = state.ranking.as_ref().filter(|_| state.focus == Focus::Together)?;
    let asked = (ranking.generation, state.seats.clone());
    (state.asked.plan.as_ref() != Some(&asked))
        .then(|| Effect::Together { ranking: Arc::clone(ranking), picks: state.seats.clone() })
}

/// Asks before the models of the plan are started.
pub(super) fn start(state: &mut State, shared: &mut Shared) {
    let Some((ranking, planned)) = state.ranking.clone().zip(state.planned.clone()) else { return };
    let Ok(plan) = &planned.result else { return };
    let demo = shared.demo.is_some();
    let steps: Vec<Step> =
        plan.placed.iter().filter_map(|one| step(state, &ranking, planned.picks.get(one.guest)?, one, demo)).collect();
    let unnamed = steps.iter().any(|step| step.request.spec.model.is_empty());
    if unnamed || state.is_elsewhere() {
        let why = if unnamed { "of one of them no file and no repository is known" } else { "it is for another card" };
        let hint = "download it first with D, or take another variant; g goes back to the card at hand";
        return shared.toasts.problem(Problem::usage("the plan cannot be started", why, hint));
    }
    // What is free changes as they start: this plan is then over.
    state.focus = Focus::List;
    let named = steps.iter().map(|step| {
        let rests = step.rests.map_or("", |how| match how {
            Rest::Sleeps => ", then asleep",
            Rest::Unloads => ", then unloaded",
            Rest::Stops => ", then stopped",
        });
        text::clean_line(&format!("{} on {}{rests}", step.request.spec.model, step.request.spec.engine))
    });
    let mut detail: Vec<String> = named.collect();
    detail.push(
        "One after the other, each once the one before it is ready. The first that takes turns is woken at last."
            .to_owned(),
    );
    shared.ask = Some(Overlay::Confirm(Confirm {
        question: format!("Start {} models?", steps.len()),
        detail,
        yes: "start".to_owned(),
        selected_yes: false,
        effects: vec![Root::Engines(Engines::InOrder(steps))],
    }));
}

/// A model of the plan as a launch.
fn step(state: &State, ranking: &Ranking, pick: &Pick, one: &Placed, demo: bool) -> Option<Step> {
    let solution = one.solution.as_ref()?;
    let place = ranking.place(pick)?;
    let detail = examine(ranking, pick)?;
    let detail = Detail { ask: solution.ask.clone(), fit: Ok(solution.fit.clone()), ..detail };
    let filled = open::filled(state, ranking, place, &detail, demo);
    // The simulated engine knows no sleep.
    let rests = one.asleep.as_ref().filter(|_| one.role == Role::Turns).map(|asleep| asleep.rest);
    let rests = rests.map(|how| if demo { Rest::Stops } else { how });
    let (mut flags, mut env) = (filled.flags, filled.environment);
    if rests == Some(Rest::Sleeps) {
        flags.push(FlagSetting { flag: "--enable-sleep-mode".to_owned(), value: None });
        env.push(("VLLM_SERVER_DEV_MODE".to_owned(), "1".to_owned()));
    }
    let spec =
        LaunchSpec { engine: filled.engine, model: filled.model, name: None, port: None, program: None, flags, env };
    let simulated_dialect = demo.then_some(filled.dialect);
    let request = Request { spec, url: None, key: None, simulated_dialect, unchecked: false };
    Some(Step { request, rests })
}
