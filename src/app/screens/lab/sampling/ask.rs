//! Asking: flights begin, branches go on.

use super::Effect;
use super::flight::Flight;
use super::state::{Focus, Look, Spot, State};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::screens::lab;
use crate::base::Problem;
use crate::lab::samples::{Answer, Wish, branch, plan};
use std::sync::Arc;

fn root(effect: Effect) -> Root {
    Root::Lab(lab::Effect::Sampling(effect))
}

/// Asks everyone that is chosen.
///
/// # Errors
/// Why nothing is asked.
pub(super) fn begin(state: &mut State, env: &Env) -> Result<Vec<Root>, Problem> {
    let not = |why: &str, hint: &str| Err(Problem::failed("nothing is asked", why, hint));
    if state.busy() {
        return not("the answers before are on their way", "stop them with s, or wait");
    }
    if state.resolved.is_empty() {
        return not("no run is ready", "start one on Engines, or choose with w");
    }
    let grid = state.knobs.grid()?;
    let system = Some(state.system.text().to_owned()).filter(|text| !text.trim().is_empty());
    let prompt = state.prompt.text().trim().to_owned();
    let drawn_seed = (env.unix() * 1000.0) as i64 % 1_000_000;
    let wish = Wish { prompt, system, grid: grid.clone(), drawn_seed, stream: true };
    let mut flights = Vec::new();
    for target in &state.resolved {
        let target = target.clone()?;
        let plan = plan(&wish, target.dialect)?;
        state.count += 1;
        flights.push(Flight::new(state.count, target, plan, grid.clone(), env.uptime.as_secs_f64()));
    }
    let at_once = state.knobs.at_once;
    let ask = |flight: &Flight| {
        let (target, plan) = (Box::new(flight.target.clone()), Arc::clone(&flight.plan));
        root(Effect::Ask { flight: flight.id, target, plan, at_once })
    };
    let effects = flights.iter().map(ask).collect();
    state.flights = flights;
    (state.spot, state.marked, state.look, state.offset) = (Spot::default(), None, None, 0);
    state.focus = Focus::Answers;
    Ok(effects)
}

/// Stops all that is on its way.
pub(super) fn stop(state: &State) -> Vec<Root> {
    state.flights.iter().filter(|flight| flight.busy()).map(|flight| root(Effect::Stop(flight.id))).collect()
}

/// Goes on from another token at the selected place.
///
/// # Errors
/// Why it cannot be gone on from there.
pub(super) fn what_if(state: &mut State, text: &str) -> Result<Vec<Root>, Problem> {
    let Some((flight, answer, look)) = state.looked() else { return Ok(Vec::new()) };
    if answer.outcome == crate::lab::samples::Outcome::Coming {
        let why = "it is still on its way";
        return Err(Problem::failed("the answer cannot be gone on with", why, "wait until it has ended"));
    }
    let branch = branch(answer, look.token, text, flight.plan.dialect)?;
    let place = flight.free(look.place.setting);
    let coming = Answer {
        place,
        text: String::new(),
        parent: Some(branch.parent.clone()),
        tokens: branch.kept.clone(),
        ..Answer::default()
    };
    let effect = Effect::GoOn {
        flight: flight.id,
        target: Box::new(flight.target.clone()),
        plan: Arc::clone(&flight.plan),
        branch: Box::new(branch),
        place,
    };
    let equal = state.equal;
    if let Some(flight) = state.flights.get_mut(look.flight) {
        flight.branching += 1;
        flight.answers.insert(place, coming);
        flight.group(equal);
    }
    // What comes of it is looked at, from the token that is another one.
    state.look = Some(Look { place, other: 0, ..look });
    state.focus = Focus::Tokens;
    Ok(vec![root(effect)])
}
