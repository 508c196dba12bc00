//! What keys do in the view Sampling.

use super::flight::Cell;
use super::state::{Focus, Spot, State};
use super::{Action, ask, receive, travel};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::field::Field;
use crate::app::key::Key;
use crate::app::model::Shared;
use crate::app::screens::chat;
use crate::base::Problem;
use crate::base::text::clean_line;
use crate::lab::samples::{Equal, Part, absent, diff};
use crate::lab::sampling::{Param, Settings};

/// Carries out an action.
pub fn act(state: &mut State, action: Action, shared: &mut Shared, env: &Env) -> Vec<Root> {
    use Action::*;
    let done = match action {
        Down | Up | Right | Left | First | Last => {
            travel::travel(state, action, shared);
            Ok(Vec::new())
        }
        Run => ask::begin(state, env),
        Stop => Ok(ask::stop(state)),
        Prompt => focused(state, Focus::Prompt),
        System => focused(state, Focus::System),
        Target => focused(state, Focus::Targets),
        Check => check(state),
        Accept => return accept(state, shared, env),
        Back => back(state, shared),
        Mark => mark(state),
        Difference => difference(state),
        Equal => equal(state),
        Tokens => tokens(state),
        NextAnswer => {
            travel::next_answer(state);
            Ok(Vec::new())
        }
        Unsure => {
            travel::unsure(state);
            Ok(Vec::new())
        }
        WhatIf => match state.alternative() {
            Some(text) => ask::what_if(state, &text),
            None => Err(Problem::failed("there is no alternative", "none was told here", "type one with e")),
        },
        Other => own(state),
        Preset => preset(state),
        Copy => Ok(copy(state).map(Root::Copy).into_iter().collect()),
    };
    done.unwrap_or_else(|problem| {
        shared.toasts.problem(problem);
        Vec::new()
    })
}

type Done = Result<Vec<Root>, Problem>;

fn focused(state: &mut State, focus: Focus) -> Done {
    state.focus = focus;
    Ok(Vec::new())
}

/// Asks the selected one too, or does not.
fn check(state: &mut State) -> Done {
    let Some(target) = state.offers.get(state.offer).and_then(|offer| offer.target.clone()) else {
        let why = state.offers.get(state.offer).map_or("nobody is there".to_owned(), |offer| offer.detail.clone());
        return Err(Problem::failed("it cannot be asked", why, "choose another one"));
    };
    match state.chosen.iter().position(|one| *one == target) {
        Some(at) => drop(state.chosen.remove(at)),
        None => state.chosen.push(target),
    }
    Ok(Vec::new())
}

fn accept(state: &mut State, shared: &mut Shared, env: &Env) -> Vec<Root> {
    match state.focus {
        Focus::Prompt | Focus::System => return act(state, Action::Run, shared, env),
        Focus::Value => state.focus = Focus::Knobs,
        Focus::Knobs if state.knob().is_some_and(super::knobs::Knob::typed) => state.focus = Focus::Value,
        Focus::Knobs => travel::travel(state, Action::Right, shared),
        Focus::Targets => {
            if state.chosen.is_empty() {
                act(state, Action::Check, shared, env);
            }
            state.focus = Focus::Knobs;
        }
        Focus::Answers => return act(state, Action::Tokens, shared, env),
        Focus::Tokens => return act(state, Action::WhatIf, shared, env),
        Focus::Other => {
            let text = state.other.text().to_owned();
            return ask::what_if(state, &text).unwrap_or_else(|problem| {
                shared.toasts.problem(problem);
                Vec::new()
            });
        }
        Focus::Preset => return save(state, shared),
        Focus::Difference => {}
    }
    Vec::new()
}

fn back(state: &mut State, shared: &mut Shared) -> Done {
    let answers = if state.flights.is_empty() { Focus::Knobs } else { Focus::Answers };
    state.focus = match state.focus {
        Focus::Value | Focus::Targets | Focus::Prompt | Focus::System => Focus::Knobs,
        Focus::Tokens | Focus::Difference | Focus::Preset => answers,
        Focus::Other => Focus::Tokens,
        Focus::Answers => Focus::Knobs,
        Focus::Knobs => {
            shared.toasts.dismiss_newest();
            Focus::Knobs
        }
    };
    Ok(Vec::new())
}

fn mark(state: &mut State) -> Done {
    if state.cell(state.spot).is_some() {
        state.marked = (state.marked != Some(state.spot)).then_some(state.spot);
    }
    Ok(Vec::new())
}

/// The two cells that are held against each other: the marked one, or the first of the column, and the selected one; the
/// next one where that is the first itself.
pub fn compared(state: &State) -> Option<(Spot, Spot)> {
    let first = Spot { cell: 0, ..state.spot };
    let before = state.marked.filter(|marked| *marked != state.spot).unwrap_or(first);
    let after = if before == state.spot { Spot { cell: 1, ..state.spot } } else { state.spot };
    state.answer(before).and(state.answer(after)).map(|_| (before, after))
}

fn difference(state: &mut State) -> Done {
    if compared(state).is_none() {
        let why = "there are no two groups";
        return Err(Problem::failed("nothing is compared", why, "mark one with space, go to another one"));
    }
    state.offset = 0;
    focused(state, Focus::Difference)
}

fn equal(state: &mut State) -> Done {
    state.equal = if state.equal == Equal::Exact { Equal::Spaced } else { Equal::Exact };
    let held = (receive::held(state, state.spot), state.marked.and_then(|spot| receive::held(state, spot)));
    let equal = state.equal;
    state.flights.iter_mut().for_each(|flight| flight.group(equal));
    receive::regroup(state, held);
    Ok(Vec::new())
}

fn tokens(state: &mut State) -> Done {
    let unseen = || {
        let (flight, cell) = state.cell(state.spot)?;
        let answer = flight.answers.get(&cell.place()?)?;
        let planned = flight.plan.settings.get(answer.place.setting)?;
        answer.tokens.is_empty().then(|| absent(&planned.settings, flight.plan.dialect))
    };
    if let Some(why) = unseen() {
        return Err(Problem::failed("the tokens are not known", why, "set alternatives to 1 or more, and ask again"));
    }
    travel::open(state);
    Ok(Vec::new())
}

/// A token of one's own, beginning with that which stands there.
fn own(state: &mut State) -> Done {
    let there = state.looked().and_then(|(_, answer, look)| Some(answer.tokens.get(look.token)?.text.clone()));
    let Some(there) = there else { return Ok(Vec::new()) };
    state.other = Field::with(there);
    focused(state, Focus::Other)
}

/// The settings of the selected answer, without what says how many there are and what is told of them.
pub(super) fn winning(state: &State) -> Option<(Settings, String)> {
    let (flight, cell) = state.cell(state.spot)?;
    let mut settings = flight.plan.settings.get(cell.place()?.setting)?.settings.clone();
    for param in [Param::N, Param::BestOf, Param::Logprobs] {
        settings.set(param, None);
    }
    Some((settings, flight.target.model.clone()))
}

fn preset(state: &mut State) -> Done {
    let Some((_, model)) = winning(state) else {
        return Err(Problem::failed("no preset is saved", "no answer is selected", "ask first"));
    };
    let short = clean_line(model.rsplit('/').next().unwrap_or_default());
    state.name = Field::with(short.chars().take(40).collect::<String>());
    focused(state, Focus::Preset)
}

fn save(state: &mut State, shared: &mut Shared) -> Vec<Root> {
    let Some((settings, _)) = winning(state) else { return Vec::new() };
    let name = state.name.text().trim().to_owned();
    // The same rules as where it is written, so that what is refused is told here.
    if let Err(problem) = crate::lab::sampling::Presets::default().save(&name, settings.clone()) {
        shared.toasts.problem(problem);
        return Vec::new();
    }
    state.focus = Focus::Answers;
    vec![Root::Chat(chat::Effect::SavePreset { name, settings })]
}

fn copy(state: &State) -> Option<String> {
    match state.focus {
        Focus::Tokens => state.looked().map(|(_, answer, _)| answer.text.clone()),
        Focus::Difference => {
            let (before, after) = compared(state)?;
            let parts = diff(&state.answer(before)?.text, &state.answer(after)?.text);
            let part = |part: Part| match part {
                Part::Same(text) => text,
                Part::Gone(text) => format!("[-{text}-]"),
                Part::Come(text) => format!("{{+{text}+}}"),
            };
            Some(parts.into_iter().map(part).collect())
        }
        _ => match state.cell(state.spot)?.1 {
            Cell::Group { group, .. } => Some(group.text.clone()),
            _ => Some(state.answer(state.spot)?.text.clone()),
        },
    }
}

fn field(state: &mut State) -> Option<&mut Field> {
    match state.focus {
        Focus::Prompt => Some(&mut state.prompt),
        Focus::System => Some(&mut state.system),
        Focus::Other => Some(&mut state.other),
        Focus::Preset => Some(&mut state.name),
        Focus::Value => {
            let knob = state.knob()?;
            state.knobs.field(knob)
        }
        Focus::Knobs | Focus::Targets | Focus::Answers | Focus::Tokens | Focus::Difference => None,
    }
}

/// A key that no context binds: for the field that has the focus.
pub fn key(state: &mut State, key: Key, _shared: &mut Shared, _env: &Env) -> Vec<Root> {
    if let Some(field) = field(state) {
        field.key(key);
    }
    Vec::new()
}

/// Pasted text.
pub fn paste(state: &mut State, text: &str, _shared: &mut Shared, _env: &Env) -> Vec<Root> {
    if let Some(field) = field(state) {
        field.insert(text);
    }
    Vec::new()
}

/// The next pane, or the one before.
pub fn focus(state: &mut State, forward: bool) {
    const ROUND: [Focus; 3] = [Focus::Knobs, Focus::Prompt, Focus::Answers];
    let Some(at) = ROUND.iter().position(|focus| *focus == state.focus) else { return };
    state.focus = ROUND[(at + if forward { 1 } else { ROUND.len() - 1 }) % ROUND.len()];
}
