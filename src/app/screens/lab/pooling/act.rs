//! What keys do in the Lab's view Pooling.

use super::Action;
use super::effect::{Effect, Whom};
use super::state::{Focus, State, nobody};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::app::screens::chat;
use crate::app::screens::lab::Effect as Lab;
use crate::lab::pooling::{Given, Told};
use crate::wire::pooling::Task;
use std::fmt::Write;

/// Rows of a page.
const PAGE: usize = 10;

pub(super) fn wish(effect: Effect) -> Vec<Root> {
    vec![Root::Lab(Lab::Pooling(effect))]
}

/// Carries out an action.
pub fn act(state: &mut State, action: Action, shared: &mut Shared, env: &Env) -> Vec<Root> {
    use Action as A;
    match action {
        A::Run => return run(state, shared, env),
        A::Stop if state.flying.take().is_some() => return wish(Effect::Stop),
        A::NextTask | A::PreviousTask => turn(state, action == A::NextTask),
        A::Texts => state.focus = Focus::Texts,
        A::Query => state.focus = Focus::Query,
        A::Newline => state.texts.newline(),
        A::Raw => state.raw = !state.raw,
        A::Target => state.focus = Focus::Targets,
        A::Up | A::Down | A::PageUp | A::PageDown => walk(state, action),
        A::Left => state.column = state.column.saturating_sub(1),
        A::Right => state.column = state.column.saturating_add(1).min(widest(state)),
        A::Copy => return copy(state, shared, env),
        A::Accept => accept(state),
        A::Back => {
            if state.focus == Focus::Result {
                shared.toasts.dismiss_newest();
            }
            state.focus = Focus::Result;
        }
        A::Stop => {}
    }
    Vec::new()
}

fn run(state: &mut State, shared: &mut Shared, env: &Env) -> Vec<Root> {
    let ask = state.ask();
    let to = match &state.resolved {
        Ok(to) => to.clone(),
        Err(problem) => {
            shared.toasts.problem(problem.clone());
            return Vec::new();
        }
    };
    if let Err(problem) = ask.check(to.dialect) {
        shared.toasts.problem(problem);
        return Vec::new();
    }
    state.asked += 1;
    state.flying = Some((state.asked, env.uptime));
    state.focus = Focus::Result;
    wish(Effect::Ask { asked: state.asked, whom: Box::new(Whom { to, run: state.run.clone() }), ask })
}

fn turn(state: &mut State, forward: bool) {
    let at = Task::ALL.iter().position(|task| *task == state.task).unwrap_or(0);
    let step = if forward { 1 } else { Task::ALL.len() - 1 };
    state.task = Task::ALL[(at + step) % Task::ALL.len()];
    state.chosen = true;
}

fn walk(state: &mut State, action: Action) {
    let moved = |at: usize, last: usize| match action {
        Action::Up => at.saturating_sub(1),
        Action::PageUp => at.saturating_sub(PAGE),
        Action::Down => (at + 1).min(last),
        _ => (at + PAGE).min(last),
    };
    match state.focus {
        Focus::Targets => state.offer = moved(state.offer, state.offers.len().saturating_sub(1)),
        _ => state.row = moved(state.row, longest(state)),
    }
}

/// Rows that an answer can have at most; drawing shows no more than there are.
fn longest(state: &State) -> usize {
    let Some(Ok(told)) = &state.told else { return 0 };
    match &told.given {
        Given::Similar(all) => all.norms.len() + all.compared() + 4,
        Given::Ranked(ranked) => ranked.order.len() + 2,
        Given::Labels(all) => all.iter().map(|one| one.labels.len() + 1).sum(),
        Given::Tokens(all) => all.iter().map(|one| one.tokens.len() * 2 + 2).sum(),
    }
}

fn widest(state: &State) -> usize {
    match &state.told {
        Some(Ok(told)) => match &told.given {
            Given::Similar(all) => all.compared().saturating_sub(1),
            _ => 0,
        },
        _ => 0,
    }
}

fn accept(state: &mut State) {
    if state.focus == Focus::Targets
        && let Some(target) = state.offers.get(state.offer).and_then(|offer| offer.target.clone())
    {
        state.target = Some(target);
        state.focus = Focus::Result;
    }
}

fn copy(state: &State, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match &state.told {
        Some(Ok(told)) => vec![Root::Copy(separated(told))],
        _ => {
            shared.toasts.info("there are no numbers to copy", env.uptime);
            Vec::new()
        }
    }
}

/// The numbers as rows of columns separated by tabs.
fn separated(told: &Told) -> String {
    let mut out = String::new();
    let text = |at: usize| told.ask.texts.get(at).map_or(String::new(), |text| text.replace(['\t', '\n'], " "));
    match &told.given {
        Given::Similar(all) => (0..all.compared()).for_each(|row| {
            let cell = |column| all.cosine(row, column).map_or(String::new(), |cosine| format!("{cosine:.6}"));
            let cells: Vec<String> = (0..all.compared()).map(cell).collect();
            let _ = writeln!(out, "{}\t{}", text(row), cells.join("\t"));
        }),
        Given::Ranked(ranked) => ranked.order.iter().for_each(|(at, number)| {
            let _ = writeln!(out, "{}\t{number}", text(*at));
        }),
        Given::Labels(all) => all.iter().enumerate().for_each(|(at, one)| {
            for (label, number) in &one.labels {
                let _ = writeln!(out, "{}\t{label}\t{number}", text(at));
            }
        }),
        Given::Tokens(all) => all.iter().enumerate().for_each(|(at, one)| {
            for token in &one.tokens {
                let piece = token.text.clone().unwrap_or_default().replace(['\t', '\n'], " ");
                let _ = writeln!(out, "{}\t{piece}\t{}\t{}", text(at), token.label, token.score);
            }
        }),
    }
    out
}

/// Whom one can ask is known while the list of them is open; which tasks the chosen one serves is asked once.
pub fn settle(state: &mut State, talks: &chat::State, shared: &Shared) -> Vec<Root> {
    state.offers = if state.focus == Focus::Targets { talks.targets.offers(shared) } else { Vec::new() };
    state.offer = state.offer.min(state.offers.len().saturating_sub(1));
    let first = || chat::target::Targets::first(shared);
    let target = state.target.clone().or_else(|| talks.front.target.clone()).or_else(first);
    let run = target.as_ref().and_then(|target| target.run.as_ref());
    let run = run.and_then(|run| shared.runs.iter().find(|state| state.run == *run));
    state.run = run.map(|run| (run.run.0.clone(), run.model.clone()));
    state.resolved = match &target {
        Some(target) => talks.targets.resolve(target, shared),
        None => Err(nobody()),
    };
    let Ok(to) = &state.resolved else {
        state.known = None;
        return Vec::new();
    };
    let of = (to.base_url.clone(), to.model.clone());
    if state.known.as_ref().is_some_and(|known| known.of == of) {
        return Vec::new();
    }
    let whom = Whom { to: to.clone(), run: state.run.clone() };
    state.known = Some(super::state::Known { of, serves: None });
    wish(Effect::Serves(Box::new(whom)))
}
