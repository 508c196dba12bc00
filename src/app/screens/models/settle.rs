//! Asks for whatever the screen lacks: a ranking for the card as it is now, details of what is selected.

use super::{Effect, Focus, Msg, Pick, State, scores};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::app::screens::card;
use crate::base::Bytes;
use crate::base::units::MIB;
use crate::engines::fit::as_judged;
use crate::gpu::Card;
use crate::gpu::reserve;
use crate::models::cards::Spec;
use crate::models::fit::Room;
use crate::models::rank::Situation;
use std::sync::Arc;
use std::time::Duration;

/// Free memory is told apart in these steps: less than that changes no verdict worth a new ranking.
const STEP: u64 = 64 * MIB;
/// The least time between two rankings for free memory alone.
const PACE: Duration = Duration::from_secs(1);

/// The card at hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Hand {
    /// What it can do.
    pub spec: Spec,
    /// Its memory as it was read last, free bytes in steps.
    pub room: Room,
    /// What is free and kept for the desktop.
    pub kept: Bytes,
}

/// What was asked for last.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Asked {
    /// Counts the rankings asked for.
    pub ranking: u64,
    /// What the newest is for.
    pub situation: Option<Situation>,
    /// The look through this machine that it knows.
    pub scans: u64,
    /// When it was asked for, as uptime.
    pub at: Duration,
    /// Whether another is due as soon as its time has come.
    pub due: bool,
    /// Counts what changed on disk from here: a look through this machine that began before does not count.
    pub disk: u64,
    /// Counts the details asked for.
    pub detail: u64,
    /// The models that were planned together last, for the ranking of this number.
    pub plan: Option<(u64, Vec<Pick>)>,
    /// Those asked for, of the ranking of this number.
    pub picks: (u64, Vec<Pick>),
    /// When scores were asked for, as uptime; `None` asks for them anew.
    pub scores: Option<Duration>,
}

/// Compares what is shown with what is known and asks for the difference. To be called after each message while the screen
/// is in front.
pub fn settle(state: &mut State, looked_at: &card::State, shared: &Shared, env: &Env) -> Vec<Root> {
    if let Some(cards) = &shared.probed.cards
        && !Arc::ptr_eq(cards, &state.cards)
    {
        state.cards = Arc::clone(cards);
    }
    state.hand = looked_at.card(shared).and_then(|(_, card)| hand(card, shared.reserve));
    let mut effects = Vec::new();
    effects.extend(ranking(state, env));
    effects.extend(details(state));
    if let Some(wanted) = super::together::wanted(state) {
        state.asked.plan = state.ranking.as_ref().map(|ranking| (ranking.generation, state.seats.clone()));
        effects.push(wanted);
    }
    if state.ranking.is_some() && state.asked.scores.is_none_or(|at| env.uptime >= at + scores::FRESH) {
        state.asked.scores = Some(env.uptime);
        effects.push(Effect::Scores);
    }
    effects.into_iter().map(Root::Models).collect()
}

/// The card as engines see it, its free memory without what must stay free for the desktop.
fn hand(card: &Card, reserve: Bytes) -> Option<Hand> {
    let (spec, room) = as_judged(card, reserve)?;
    let kept = reserve::kept(card, reserve).min(card.memory.as_ref().ok()?.free);
    Some(Hand { room: Room { free: room.free.map(|free| free / STEP * STEP), ..room }, kept, spec })
}

/// What everything is to be judged for; `None` while no card is known and none was stated.
pub fn wanted(state: &State) -> Option<Situation> {
    let intent = state.intent;
    match (&state.stated, &state.hand) {
        (Some(stated), _) => Some(Situation { card: stated.spec.clone(), room: stated.room(), intent }),
        (None, Some(hand)) => Some(Situation { card: hand.spec.clone(), room: hand.room, intent }),
        (None, None) => None,
    }
}

fn ranking(state: &mut State, env: &Env) -> Option<Effect> {
    let wanted = wanted(state)?;
    let asked = &mut state.asked;
    let same_local = asked.scans == state.scans;
    let like = |old: &Situation| old.card == wanted.card && old.intent == wanted.intent;
    asked.due = false;
    if asked.situation.as_ref() == Some(&wanted) && same_local {
        return None;
    }
    // Free memory alone may wait; what the person did may not.
    if same_local && asked.situation.as_ref().is_some_and(like) && env.uptime < asked.at + PACE {
        asked.due = true;
        return None;
    }
    asked.ranking += 1;
    (asked.at, asked.scans) = (env.uptime, state.scans);
    asked.situation = Some(wanted.clone());
    Some(Effect::Rank {
        generation: asked.ranking,
        situation: Box::new(wanted),
        local: std::sync::Arc::clone(&state.local),
    })
}

fn details(state: &mut State) -> Option<Effect> {
    let ranking = std::sync::Arc::clone(state.ranking.as_ref()?);
    let picks: Vec<Pick> = match (&state.pair, state.focus) {
        (Some(pair), Focus::Compare) => pair.to_vec(),
        _ => state.pick().into_iter().collect(),
    };
    let wanted = (ranking.generation, picks);
    if wanted.1.is_empty() || state.asked.picks == wanted {
        return None;
    }
    state.asked.picks.clone_from(&wanted);
    state.asked.detail += 1;
    Some(Effect::Examine { generation: state.asked.detail, ranking, picks: wanted.1 })
}

/// When (as uptime) the screen next needs a tick: a ranking is due, or the age of the figures moves on.
pub fn wants_tick(state: &State, env: &Env) -> Option<Duration> {
    let asked = &state.asked;
    if asked.due {
        return Some(asked.at + PACE);
    }
    state.ranking.as_ref()?;
    let age = env.uptime.saturating_sub(asked.at).as_secs();
    let step = if age < 60 { 10 } else { 60 };
    Some(asked.at + Duration::from_secs((age / step + 1) * step))
}

/// Whether the answer is to the newest question.
pub(super) fn is_newest(state: &State, msg: &Msg) -> bool {
    match msg {
        Msg::Ranked(ranking) => ranking.generation == state.asked.ranking,
        Msg::Examined { generation, .. } => *generation == state.asked.detail,
        Msg::Planned(planned) => {
            state.asked.plan.as_ref().is_some_and(|(generation, _)| *generation == planned.generation)
        }
        Msg::Scanned { generation, .. } => *generation >= state.asked.disk,
        _ => true,
    }
}
