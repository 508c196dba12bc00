//! What keys do in the Lab's view Probes.

use super::state::{Flying, State};
use super::{Action, Effect};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::app::screens::lab::Effect as Lab;
use crate::app::seen::Pane;
use crate::base::Problem;
use crate::lab::probes::{Card, Subject, chosen};

fn wish(effect: Effect) -> Root {
    Root::Lab(Lab::Probes(effect))
}

/// Carries out an action.
pub fn act(state: &mut State, action: Action, shared: &mut Shared, env: &Env) -> Vec<Root> {
    use Action::*;
    match action {
        Run | Quick => match begin(state, action == Quick, shared, env) {
            Ok(effect) => return vec![effect],
            Err(problem) => shared.toasts.problem(problem),
        },
        Stop => return stop(state),
        Target => choose(state),
        Down | Up | First | Last => walk(state, action, shared),
        PageDown | PageUp => page(state, action == PageDown, shared),
        Accept => accept(state, shared, env),
        Back if state.choosing => state.choosing = false,
        Back => {
            shared.toasts.dismiss_newest();
        }
        Copy => {
            let card = state.card(shared);
            return card.map(|card| Root::Copy(card.markdown())).into_iter().collect();
        }
    }
    Vec::new()
}

fn begin(state: &mut State, quick: bool, shared: &Shared, env: &Env) -> Result<Root, Problem> {
    if state.flying.is_some() {
        return Err(Problem::failed("nothing is probed", "probes are under way", "stop them with s"));
    }
    let target = state.resolved.clone()?;
    let run = shared.runs.iter().find(|run| run.endpoint.as_deref() == Some(&target.base_url));
    let weights = run.map(|run| run.model.clone()).unwrap_or_default();
    let (model, engine, url) = (target.model.clone(), target.dialect.name().to_owned(), target.base_url.clone());
    let subject = Subject { model, engine, url, ..Subject::default() };
    let total = chosen(&[], quick)?.len();
    state.choosing = false;
    state.flying = Some(Flying {
        card: Card { subject, at: env.unix(), ..Card::default() },
        progress: (0, total),
        requests: 0,
        now: "",
        since: env.uptime,
        stopping: false,
    });
    Ok(wish(Effect::Run { target: Box::new(target), weights, quick }))
}

fn stop(state: &mut State) -> Vec<Root> {
    match &mut state.flying {
        Some(flying) if !flying.stopping => {
            flying.stopping = true;
            vec![wish(Effect::Stop)]
        }
        _ => Vec::new(),
    }
}

fn choose(state: &mut State) {
    state.choosing = true;
    let now = state.resolved.as_ref().ok();
    let same = |offer: &crate::app::screens::chat::target::Offer| {
        let target = offer.target.as_ref().zip(now);
        target.is_some_and(|(target, now)| target.base_url == now.base_url && target.model == now.model)
    };
    state.offer = state.offers.iter().position(same).unwrap_or(0);
}

fn walk(state: &mut State, action: Action, shared: &Shared) {
    let count = match state.choosing {
        true => state.offers.len(),
        false => state.card(shared).map_or(0, |card| card.capabilities.len()),
    };
    let last = count.saturating_sub(1);
    let to = |at: usize| match action {
        Action::Down => at.saturating_add(1).min(last),
        Action::Up => at.min(last).saturating_sub(1),
        Action::First => 0,
        _ => last,
    };
    if state.choosing {
        state.offer = to(state.offer);
    } else {
        (state.selected, state.offset) = (to(state.selected), 0);
    }
}

fn page(state: &mut State, down: bool, shared: &Shared) {
    let seen = shared.seen.viewport(Pane::LabDetail);
    let (rows, most) = seen.map_or((1, 0), |seen| (seen.rows, seen.total.saturating_sub(seen.rows)));
    let step = rows.saturating_sub(1).max(1);
    let at = state.offset.min(most);
    state.offset = if down { at.saturating_add(step).min(most) } else { at.saturating_sub(step) };
}

fn accept(state: &mut State, shared: &mut Shared, env: &Env) {
    if !state.choosing {
        return;
    }
    let Some(offer) = state.offers.get(state.offer) else { return };
    match offer.target.clone() {
        Some(target) => {
            (state.target, state.choosing) = (Some(target), false);
            (state.selected, state.offset) = (0, 0);
        }
        None => shared.toasts.info(format!("{}: {}", offer.place, offer.detail), env.uptime),
    }
}
