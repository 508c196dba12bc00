//! One exchange of a model with tools, as the screen leads it: the loop decides, the world asks and runs.

use super::effect::{Effect, Msg};
use super::knobs::Knobs;
use crate::app::Effect as Root;
use crate::app::screens::chat::target::Resolved;
use crate::base::{Problem, Reading};
use crate::lab::agent::flow::{Kind, Trace};
use crate::lab::agent::run::{Answer, Permissions};
use crate::lab::agent::{CallId, Definition, Effect as Wish, End, Loop, Message, Plan};
use crate::lab::xray::{Question, Told};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// What an exchange is led with; it does not change while it goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// Whom it asks.
    pub target: Resolved,
    /// The run's name, or the address.
    pub place: String,
    /// How it is led.
    pub knobs: Knobs,
    /// The tools that are offered.
    pub tools: Vec<Definition>,
    /// The parser that the server was told to use, where known.
    pub server_parser: Option<String>,
}

/// One answer.
#[derive(Debug, Clone)]
pub struct Turn {
    /// What is known of it.
    pub told: Arc<Told>,
    /// How long it took.
    pub took: Duration,
}

/// An exchange.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Tells it from later ones.
    pub id: u64,
    /// What it is led with.
    pub setup: Setup,
    it: Loop,
    /// The answers, in their order.
    pub turns: Vec<Turn>,
    /// When the model was asked, while it is.
    pub asked: Option<Duration>,
    /// Bytes and calls of the answer that comes.
    pub heard: (usize, usize),
    /// Whether it waits for a yes to the next step.
    pub paused: bool,
    /// The call that waits first, and since when it does.
    first: Option<(CallId, Duration)>,
}

/// How long a call must have been asked for before a yes counts: a key pressed for the one before is none for it.
const SEEN: Duration = Duration::from_millis(300);

impl Trial {
    /// Begins an exchange with a conversation whose last message is the user's.
    ///
    /// # Errors
    /// When the tools cannot be offered.
    pub fn begin(
        id: u64,
        setup: Setup,
        messages: Vec<Value>,
        permissions: Permissions,
        now: Duration,
    ) -> Result<(Self, Vec<Root>), Problem> {
        let it = Loop::new(setup.knobs.settings(), setup.tools.clone())?.with_permissions(permissions);
        let mut trial =
            Self { id, setup, it, turns: Vec::new(), asked: None, heard: (0, 0), paused: false, first: None };
        let wishes = trial.it.begin(messages);
        let effects = trial.carry(wishes, now);
        Ok((trial, effects))
    }

    /// Everything that happened.
    pub fn trace(&self) -> &Trace {
        self.it.trace()
    }

    /// How it ended, once it has.
    pub fn end(&self) -> Option<&End> {
        self.it.end()
    }

    /// The conversation so far.
    pub fn messages(&self) -> &[Value] {
        self.it.messages()
    }

    /// What was said for the rest of the conversation.
    pub fn permissions(&self) -> &Permissions {
        self.it.permissions()
    }

    /// The first call that waits for a yes, with what it would do, and how many wait.
    pub fn waits(&self) -> Option<(CallId, &str, &Plan, usize)> {
        let count = self.it.asked().count();
        self.it.asked().next().map(|(id, name, plan)| (id, name, plan, count))
    }

    /// Which answer a node of the tree belongs to, by its place among [`Trial::turns`].
    pub fn turn_of(&self, node: usize) -> Option<usize> {
        let nodes = &self.trace().nodes;
        let mut at = node;
        while let Some(parent) = nodes.get(at)?.parent {
            at = parent;
        }
        let is_turn = |at: &usize| nodes.get(*at).is_some_and(|node| matches!(node.kind, Kind::Turn { .. }));
        let turns = (0..=at).filter(is_turn).count();
        turns.checked_sub(1).map(|turn| turn.min(self.turns.len().saturating_sub(1)))
    }

    /// A message of the world.
    pub fn receive(&mut self, msg: Msg, now: Duration) -> Vec<Root> {
        let message = match msg {
            Msg::Heard { bytes, calls, .. } => {
                self.heard = (bytes, calls);
                return Vec::new();
            }
            Msg::Answered { told: Ok(told), .. } => {
                let asked = self.asked.take();
                // An answer that the loop no longer wants is none.
                let answered = told.answered.clone();
                if self.end().is_none() {
                    let took = asked.map_or(Duration::ZERO, |asked| now.saturating_sub(asked));
                    self.turns.push(Turn { told, took });
                }
                Message::Answered(answered)
            }
            Msg::Answered { told: Err(problem), .. } => {
                self.asked = None;
                Message::Failed(format!("{}: {}; {}", problem.what, problem.why, problem.hint))
            }
            Msg::Ran { call, outcome, .. } => Message::Result(call, outcome),
            Msg::Library { .. } | Msg::Started { .. } => return Vec::new(),
        };
        self.update(message, now)
    }

    /// A person's answer to the call that waits first.
    pub fn permit(&mut self, answer: Answer, now: Duration) -> Vec<Root> {
        match self.first {
            Some((_, since)) if answer.is_yes() && now < since.saturating_add(SEEN) => Vec::new(),
            Some((id, _)) => self.update(Message::Permitted(id, answer), now),
            None => Vec::new(),
        }
    }

    /// Goes on after a pause.
    pub fn go(&mut self, now: Duration) -> Vec<Root> {
        self.update(Message::Go, now)
    }

    /// Stops it.
    pub fn stop(&mut self, now: Duration) -> Vec<Root> {
        let asking = self.asked.take().is_some();
        let mut effects = self.update(Message::Stop, now);
        if asking {
            effects.push(Root::Tools(Effect::Cancel { trial: self.id, call: None }));
        }
        effects
    }

    fn update(&mut self, message: Message, now: Duration) -> Vec<Root> {
        let wishes = self.it.update(message, now.as_secs_f64());
        self.carry(wishes, now)
    }

    fn carry(&mut self, wishes: Vec<Wish>, now: Duration) -> Vec<Root> {
        let mut out = Vec::new();
        for wish in wishes {
            self.paused = matches!(wish, Wish::Paused);
            let trial = self.id;
            match wish {
                Wish::Ask { messages, tools, parallel } => {
                    (self.asked, self.heard) = (Some(now), (0, 0));
                    let question = Box::new(self.question(messages, tools, parallel));
                    let target = Box::new(self.setup.target.clone());
                    out.push(Root::Tools(Effect::Ask { trial, target, question }));
                }
                Wish::Run { call, plan } => out.push(Root::Tools(Effect::Run { trial, call, plan })),
                Wish::Cancel(call) => out.push(Root::Tools(Effect::Cancel { trial, call: Some(call) })),
                Wish::Confirm { .. } | Wish::Paused | Wish::Ended(_) => {}
            }
        }
        let first = self.it.asked().next().map(|(id, ..)| id);
        if first != self.first.map(|(id, _)| id) {
            self.first = first.map(|id| (id, now));
        }
        out
    }

    fn question(&self, messages: Vec<Value>, tools: Option<Value>, parallel: bool) -> Question {
        let knobs = &self.setup.knobs;
        Question {
            fields: knobs.manner(parallel).fields(tools.is_some(), self.turns.is_empty()),
            messages,
            tools,
            stream: knobs.stream,
            offered: self.setup.tools.clone(),
            prompted: knobs.prompt().map(|prompt| prompt.format.clone()),
            server_parser: self.setup.server_parser.clone(),
            context: Reading::ok(self.setup.target.context.clone()),
        }
    }
}
