//! Asking: what is sent, and what is looked at before that.

use super::cost::{Cost, Order};
use super::effect::{Ask, Effect};
use super::knobs::Knobs;
use super::state::{Before, Focus, State, View};
use super::watch::{Setup, Watch};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::app::screens::chat::target::Resolved;
use crate::base::Problem;
use crate::engines::{Phase, RunState};
use crate::lab::structured::ask::Question;
use crate::lab::structured::library::Entry;
use crate::lab::structured::{Options, request};
use crate::wire::Dialect;
use serde_json::{Value, json};

/// What is looked at before it is sent; when one of these changes, it is looked at anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The constraint's name.
    pub name: String,
    /// How often the constraints were read.
    pub read: u64,
    /// Whose API it is.
    pub dialect: Dialect,
    /// How it is written.
    pub options: Options,
}

/// A request as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Tells it from others.
    pub id: u64,
    /// What it was made of.
    pub of: (u64, String, Knobs, String),
    /// The JSON, in lines.
    pub text: String,
}

/// Nobody is there.
pub(super) fn nobody() -> Problem {
    Problem::failed("nobody is there to be asked", "no run is ready", "start one on Engines, or choose with w")
}

fn messages(question: &str) -> Vec<Value> {
    vec![json!({"role": "user", "content": question})]
}

/// Everything of a question that goes to the world.
fn ask(state: &State, entry: &Entry, target: Resolved) -> Ask {
    Ask {
        target,
        messages: messages(state.prompt.text().trim()),
        constraint: entry.constraint.clone(),
        options: state.knobs.options(),
        fields: state.knobs.fields(),
        stream: state.knobs.stream,
        before: state.answers.get(&entry.name).cloned(),
    }
}

/// What is asked, by whom it is answered, once it is certain that it can be asked.
fn ready(state: &State) -> Result<(Entry, Resolved), Problem> {
    let refuse = |why: &str, hint: &str| Problem::failed("the question is not asked", why, hint);
    if state.busy() {
        return Err(refuse("the answer before still comes", "stop it with s, or wait"));
    }
    if state.cost.as_ref().is_some_and(Cost::busy) {
        return Err(refuse("the cost of a constraint is being measured", "stop it with s, or wait"));
    }
    let entry = state.entry().ok_or_else(|| refuse("no constraint is there", "write one with n"))?;
    if state.prompt.text().trim().is_empty() {
        return Err(refuse("nothing is written", "write it with i"));
    }
    Ok((entry.clone(), state.resolved.clone()?))
}

/// Asks the model.
///
/// # Errors
/// Why it is not asked.
pub(super) fn begin(state: &mut State, shared: &Shared, env: &Env) -> Result<Vec<Root>, Problem> {
    let (entry, target) = ready(state)?;
    let request = request(&entry.constraint, target.dialect, &state.knobs.options())?;
    let ask = ask(state, &entry, target.clone());
    let here = |run: &&RunState| run.phase == Phase::Ready && run.endpoint.as_deref() == Some(&target.base_url);
    let run = shared.runs.iter().find(here);
    let setup = Setup {
        place: run.map_or_else(|| target.base_url.clone(), |run| run.run.to_string()),
        target,
        name: entry.name,
        constraint: entry.constraint,
        request,
        question: state.prompt.text().trim().to_owned(),
        knobs: state.knobs.clone(),
    };
    let id = state.number();
    let watch = Watch::new(id, setup, env.uptime);
    let tree = watch.tree.is_some();
    state.watch = Some(watch);
    (state.found, state.offsets) = (0, [0; 5]);
    state.offsets[View::Text.place()] = usize::MAX;
    if matches!(state.view, View::Verdict | View::Cost | View::Reasoning) || !tree {
        state.view = View::Text;
    }
    state.view_in_front = !tree;
    state.focus = if tree { Focus::Tree } else { Focus::View };
    Ok(vec![Root::Structured(Effect::Ask { watch: id, ask: Box::new(ask) })])
}

/// Measures what the constraint costs.
///
/// # Errors
/// Why it is not measured.
pub(super) fn cost(state: &mut State, env: &Env) -> Result<Vec<Root>, Problem> {
    let (entry, target) = ready(state)?;
    // What the engine has no field for is said at once.
    request(&entry.constraint, target.dialect, &state.knobs.options())?;
    let ask = ask(state, &entry, target.clone());
    let (id, times) = (state.number(), state.knobs.times);
    state.cost = Some(Cost::new(id, entry.name, target.model, times, env.uptime));
    (state.view, state.view_in_front, state.focus) = (View::Cost, true, Focus::View);
    Ok(vec![Root::Structured(Effect::Cost { generation: id, order: Box::new(Order { ask, times }) })])
}

/// Has looked at what would be sent, where that has changed.
pub(super) fn consider(state: &mut State) -> Vec<Root> {
    let (Some(entry), Ok(target)) = (state.entry(), &state.resolved) else {
        state.before = None;
        return Vec::new();
    };
    let (name, dialect) = (entry.name.clone(), target.dialect);
    let key = Key { name, read: state.read, dialect, options: state.knobs.options() };
    if state.before.as_ref().is_some_and(|before| before.key == key) {
        return Vec::new();
    }
    let (constraint, options) = (Box::new(entry.constraint.clone()), key.options.clone());
    let generation = state.number();
    state.before = Some(Before { generation, key, told: None });
    vec![Root::Structured(Effect::Consider { generation, constraint, dialect, options })]
}

/// Writes out what would be sent, while it is looked at.
pub(super) fn write_out(state: &mut State) {
    if state.view != View::Request {
        state.body = None;
        return;
    }
    let (Some(before), Ok(target)) = (&state.before, &state.resolved) else {
        state.body = None;
        return;
    };
    let Some(Ok(request)) = before.told.as_ref().map(|told| &told.request) else {
        state.body = None;
        return;
    };
    let question = state.prompt.text().trim();
    let of = (before.generation, target.model.clone(), state.knobs.clone(), question.to_owned());
    if state.body.as_ref().is_some_and(|body| body.of == of) {
        return;
    }
    let (messages, fields, stream) = (messages(question), state.knobs.fields(), state.knobs.stream);
    let sent = Question { messages, fields, constraint: Some(request.clone()), stream };
    let text = serde_json::to_string_pretty(&sent.body(&target.model, target.dialect)).unwrap_or_default();
    let id = state.number();
    state.body = Some(Body { id, of, text });
}
