//! The loop in which a model uses tools, as a state machine: messages in, effects out, times given from outside.
//!
//! [`Loop::begin`] asks the model; what the world answers goes into [`Loop::update`]. A call runs only after a yes, each
//! exchange ends after a bounded number of questions, and everything that happened stands in [`Loop::trace`].

mod begin;
mod call;
mod settings;
mod trace;

pub use call::{Asked, CallId};
pub use settings::{Mode, Settings};
pub use trace::{Kind, Node, State as CallState, Trace};

use super::definition::Definition;
use super::prompt::Prompt;
use super::run::{Answer, Outcome, Permissions, Plan, cut};
use crate::base::Problem;
use crate::lab::tools::{Compiled, Tools};
use call::{Call, Stage};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the world is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the model. The answer is [`Message::Answered`] or [`Message::Failed`].
    Ask {
        /// The conversation as it is sent.
        messages: Vec<Value>,
        /// The request's field `tools`; `None` in prompted mode or without tools.
        tools: Option<Value>,
        /// The request's field `parallel_tool_calls`, where `tools` is sent and one call at a time is wanted.
        parallel: bool,
    },
    /// Ask a person; [`Message::Permitted`] answers. The call may be settled without it: see [`Loop::asked`].
    Confirm {
        /// The call.
        call: CallId,
        /// The tool's name.
        name: String,
        /// What would run.
        plan: Plan,
    },
    /// Run this; [`Message::Result`] tells what came of it.
    Run {
        /// The call.
        call: CallId,
        /// What runs.
        plan: Plan,
    },
    /// Stop what runs for this call; its result is no longer wanted.
    Cancel(CallId),
    /// Waits for [`Message::Go`] before the model is asked again.
    Paused,
    /// It is over.
    Ended(End),
}

/// What the world tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// The model has answered.
    Answered(Answered),
    /// The model could not be asked, in words.
    Failed(String),
    /// A person has answered.
    Permitted(CallId, Answer),
    /// A call has come to its end.
    Result(CallId, Outcome),
    /// Go on after a pause.
    Go,
    /// Stop.
    Stop,
}

/// An answer of a model, whole.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answered {
    /// Its text; in prompted mode raw, with calls and reasoning as they were written.
    pub content: String,
    /// Reasoning that the server told apart.
    pub reasoning: String,
    /// Calls that the server found; not looked at in prompted mode.
    pub calls: Vec<Asked>,
}

/// How an exchange ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// The model answered without a call.
    Answered,
    /// It called in each of the steps that are allowed.
    Steps,
    /// It went on to make calls that cannot be used.
    Malformed,
    /// It made the same call again and again: the tool's name.
    Looping(String),
    /// A person stopped it.
    Stopped,
    /// The model could not be asked, in words.
    Failed(String),
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Idle,
    Asking,
    Paused,
    Working,
    Ended(End),
}

/// How answers are read in prompted mode.
#[derive(Debug, Clone)]
struct Prompted {
    prompt: Prompt,
    format: Arc<Compiled>,
    tools: Arc<Tools>,
    /// An opening of the format may stand in ordinary text: what breaks off is no call.
    bare: bool,
}

/// An exchange of a model with tools.
#[derive(Debug, Clone)]
pub struct Loop {
    settings: Settings,
    tools: Vec<Definition>,
    prompted: Option<Prompted>,
    permissions: Permissions,
    state: State,
    messages: Vec<Value>,
    calls: Vec<Call>,
    /// Answers with calls so far.
    step: usize,
    /// Answers in a row with a call that cannot be used.
    faults: usize,
    /// Calls so far, over all answers.
    count: usize,
    /// How often each call was made, by its name and arguments.
    seen: BTreeMap<String, usize>,
    /// The turn at work, in the tree.
    turn: Option<usize>,
    trace: Trace,
}

impl Loop {
    /// A loop with these tools; nobody has been asked yet.
    ///
    /// # Errors
    /// When two tools have one name, one cannot be used, or the prompt's format is not known.
    pub fn new(settings: Settings, tools: Vec<Definition>) -> Result<Self, Problem> {
        let prompted = begin::ready(&settings, &tools)?;
        Ok(Self {
            settings,
            tools,
            prompted,
            permissions: Permissions::default(),
            state: State::Idle,
            messages: Vec::new(),
            calls: Vec::new(),
            step: 0,
            faults: 0,
            count: 0,
            seen: BTreeMap::new(),
            turn: None,
            trace: Trace::default(),
        })
    }

    /// What was said for the rest of the chat, to be given to the next exchange.
    pub fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    /// Takes over what was said earlier in the chat.
    pub fn with_permissions(mut self, permissions: Permissions) -> Self {
        self.permissions = permissions;
        self
    }

    /// The conversation in OpenAI's shape, with calls and results; in prompted mode the assistant's turns are its own text.
    pub fn messages(&self) -> &[Value] {
        &self.messages
    }

    /// Everything that happened, as a tree.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// How it ended, once it has.
    pub fn end(&self) -> Option<&End> {
        match &self.state {
            State::Ended(end) => Some(end),
            _ => None,
        }
    }

    /// Calls that wait for a person's answer, with what they would do.
    pub fn asked(&self) -> impl Iterator<Item = (CallId, &str, &Plan)> {
        let waits = |call: &&Call| self.end().is_none() && call.stage == Stage::Asked;
        self.calls.iter().filter(waits).map(|call| (call.id, call.name.as_str(), &call.plan))
    }

    /// Takes what the world tells; `at` is the time in seconds on the caller's clock. What no longer fits the state, such as
    /// a result that was not asked for, changes nothing.
    pub fn update(&mut self, message: Message, at: f64) -> Vec<Effect> {
        match (message, &self.state) {
            (_, State::Ended(_) | State::Idle) => Vec::new(),
            (Message::Stop, _) => self.finish(End::Stopped, at),
            (Message::Answered(answered), State::Asking) => self.answered(answered, at),
            (Message::Failed(why), State::Asking) => {
                self.trace.add(None, Kind::Problem(why.clone()), at);
                self.finish(End::Failed(why), at)
            }
            (Message::Permitted(id, answer), State::Working) => self.permitted(id, answer, at),
            (Message::Result(id, outcome), State::Working) => self.result(id, &outcome, at),
            (Message::Go, State::Paused) => vec![self.ask()],
            _ => Vec::new(),
        }
    }

    fn ask(&mut self) -> Effect {
        self.state = State::Asking;
        let parallel = self.settings.parallel;
        match &self.prompted {
            Some(prompted) => {
                let messages = prompted.prompt.convert(&self.messages, &self.tools);
                Effect::Ask { messages, tools: None, parallel }
            }
            None => {
                let tools = self.tools.iter().map(Definition::to_openai).collect::<Vec<_>>();
                let tools = (!tools.is_empty()).then_some(Value::Array(tools));
                Effect::Ask { messages: self.messages.clone(), tools, parallel }
            }
        }
    }

    fn finish(&mut self, end: End, at: f64) -> Vec<Effect> {
        let running = self.calls.iter().filter(|call| call.stage == Stage::Running);
        let mut out: Vec<Effect> = running.map(|call| Effect::Cancel(call.id)).collect();
        self.settle();
        self.trace.add(None, Kind::End(end.clone()), at);
        self.trace.close(at);
        self.state = State::Ended(end.clone());
        out.push(Effect::Ended(end));
        out
    }

    fn permitted(&mut self, id: CallId, answer: Answer, at: f64) -> Vec<Effect> {
        let Some(place) = self.calls.iter().position(|call| call.id == id && call.stage == Stage::Asked) else {
            return Vec::new();
        };
        let name = self.calls[place].name.clone();
        if let Some(tool) = self.tools.iter().find(|tool| tool.name == name) {
            self.permissions.note(tool, answer);
        }
        let mut out: Vec<Effect> = self.permit(place, answer.is_yes(), at).into_iter().collect();
        out.extend(self.advance(at));
        out
    }

    fn permit(&mut self, place: usize, yes: bool, at: f64) -> Option<Effect> {
        let call = self.calls.get_mut(place)?;
        if yes {
            call.stage = Stage::Running;
            self.trace.runs(call.node, at);
            return Some(Effect::Run { call: call.id, plan: call.plan.clone() });
        }
        call.stage = Stage::Done("Error: the user did not allow this call".to_owned());
        self.trace.state(call.node, CallState::Refused);
        self.trace.add(Some(call.node), Kind::Problem("a person did not allow it".to_owned()), at);
        self.trace.end(call.node, at);
        None
    }

    fn result(&mut self, id: CallId, outcome: &Outcome, at: f64) -> Vec<Effect> {
        let Some(call) = self.calls.iter_mut().find(|call| call.id == id && call.stage == Stage::Running) else {
            return Vec::new();
        };
        let (text, state, kind) = match outcome {
            Outcome::Answered(bytes) => {
                let (text, cut) = cut(bytes, call.plan.limits.bytes);
                let kind = Kind::Result { text: text.clone(), cut };
                (text, CallState::Done, kind)
            }
            Outcome::Failed(why) => {
                let (why, _) = cut(why.as_bytes(), call.plan.limits.bytes);
                (format!("Error: {why}"), CallState::Failed, Kind::Problem(why))
            }
            Outcome::TimedOut(seconds) => {
                let why = format!("it did not answer within {seconds} s and was ended");
                (format!("Error: {why}"), CallState::Failed, Kind::Problem(why))
            }
        };
        call.stage = Stage::Done(text);
        let node = call.node;
        self.trace.state(node, state);
        self.trace.add(Some(node), kind, at);
        self.trace.end(node, at);
        self.advance(at)
    }

    /// Moves every call on that can be moved; once all are done, the model gets their results.
    fn advance(&mut self, at: f64) -> Vec<Effect> {
        let mut out = Vec::new();
        for place in 0..self.calls.len() {
            let busy = self.calls.iter().any(|call| matches!(call.stage, Stage::Asked | Stage::Running));
            let call = &self.calls[place];
            let tool = self.tools.iter().find(|tool| tool.name == call.name);
            let known = tool.and_then(|tool| self.permissions.known(tool));
            match (&call.stage, known) {
                (Stage::Held, _) if busy && !self.settings.parallel => break,
                (Stage::Held | Stage::Asked, Some(yes)) => out.extend(self.permit(place, yes, at)),
                (Stage::Held, None) => {
                    out.push(Effect::Confirm { call: call.id, name: call.name.clone(), plan: call.plan.clone() });
                    self.trace.state(call.node, CallState::Asked);
                    self.calls[place].stage = Stage::Asked;
                }
                _ => {}
            }
        }
        if self.calls.iter().all(|call| matches!(call.stage, Stage::Done(_))) {
            out.extend(self.turned(at));
        }
        out
    }

    /// Every call of a turn gets its message, also one that was not made: a conversation goes on only with all of them.
    fn settle(&mut self) {
        for call in std::mem::take(&mut self.calls) {
            let text = match call.stage {
                Stage::Done(text) => text,
                _ => "Error: this call was not made or not finished".to_owned(),
            };
            let message = json!({"role": "tool", "tool_call_id": call.wire, "name": call.name, "content": text});
            self.messages.push(message);
        }
    }

    /// A turn is over: its results become messages, and the model is asked again where it may be.
    fn turned(&mut self, at: f64) -> Vec<Effect> {
        self.settle();
        if let Some(turn) = self.turn.take() {
            self.trace.end(turn, at);
        }
        if self.step >= self.settings.steps {
            return self.finish(End::Steps, at);
        }
        if self.settings.stepwise {
            self.state = State::Paused;
            return vec![Effect::Paused];
        }
        vec![self.ask()]
    }
}

#[cfg(test)]
mod tests;
