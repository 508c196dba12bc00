//! How an exchange begins, and what becomes of each answer of the model.

use super::call::{self, Asked, Call, CallId, Stage};
use super::{Answered, CallState, Effect, End, Kind, Loop, Mode, Prompted, Settings, State};
use crate::base::Problem;
use crate::lab::agent::definition::Definition;
use crate::lab::agent::prompt::Prompt;
use crate::lab::tools::{self, Compiled, Kind as Segment, Parsed, Tools, parse};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Makes prompted mode ready.
pub(super) fn ready(settings: &Settings, all: &[Definition]) -> Result<Option<Prompted>, Problem> {
    let refuse = |why: String| Problem::usage("the exchange with tools does not begin", why, "choose the tools again");
    for (at, tool) in all.iter().enumerate() {
        if all[..at].iter().any(|one| one.name == tool.name) {
            return Err(refuse(format!("there are two tools named {}", tool.name)));
        }
        if let Some(fault) = tool.faults().first() {
            return Err(refuse(format!("the tool {}: {fault}", tool.name)));
        }
    }
    let Mode::Prompted(prompt) = &settings.mode else { return Ok(None) };
    let format = tools::named(&prompt.format)?;
    let bare = format.at_start || format.call.iter().any(|call| call.bare);
    let list: Value = all.iter().map(Definition::to_openai).collect();
    let tools = Arc::new(Tools::read(&list.to_string())?);
    Ok(Some(Prompted { prompt: Prompt::clone(prompt), format: Arc::new(Compiled::new(format)?), tools, bare }))
}

/// What an answer came to.
#[derive(Debug, Default)]
struct Read {
    /// For the reader.
    content: String,
    reasoning: String,
    calls: Vec<Asked>,
    /// What the conversation keeps of its text.
    kept: String,
    /// The text holds something that was meant as a call and is none.
    broken: Option<String>,
}

impl Prompted {
    fn read(&self, answered: &Answered) -> Read {
        let raw = answered.content.as_bytes();
        let parsed = parse(raw, &self.format, &self.tools, 0);
        let kept = without_reasoning(&answered.content, &parsed);
        let calls = parsed.calls.iter().map(|call| Asked {
            id: String::new(),
            name: call.name.clone(),
            arguments: call.arguments.clone().map_or_else(
                // What breaks off must not pass for an empty object.
                || {
                    if call.arguments_text.trim().is_empty() {
                        "(none)".to_owned()
                    } else {
                        call.arguments_text.clone()
                    }
                },
                |all| Value::Object(all).to_string(),
            ),
        });
        let calls: Vec<Asked> = calls.collect();
        let broken = parsed.problems.first().filter(|_| calls.is_empty() && !self.bare).cloned();
        let reasoning = [Some(answered.reasoning.clone()).filter(|text| !text.is_empty()), parsed.reasoning];
        let reasoning = reasoning.into_iter().flatten().collect::<Vec<_>>().join("\n");
        Read { content: parsed.content.unwrap_or_default(), reasoning, calls, kept, broken }
    }
}

/// The text but for reasoning and the markers around it.
fn without_reasoning(raw: &str, parsed: &Parsed) -> String {
    let all = &parsed.segments;
    let thinks = |at: Option<usize>| at.and_then(|at| all.get(at)).is_some_and(|(kind, _)| *kind == Segment::Reasoning);
    let stays = |at: usize, kind: Segment| match kind {
        Segment::Reasoning => false,
        Segment::Marker => !thinks(at.checked_sub(1)) && !thinks(at.checked_add(1)),
        _ => true,
    };
    let kept = all.iter().enumerate().filter(|(at, (kind, _))| stays(*at, *kind));
    let bytes: Vec<u8> =
        kept.flat_map(|(_, (_, span))| raw.as_bytes().get(span.clone()).unwrap_or_default()).copied().collect();
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

impl Loop {
    /// Begins with a conversation in OpenAI's shape, whose last message is the user's; gives the question to the model.
    /// Nothing happens where it has begun before.
    pub fn begin(&mut self, messages: Vec<Value>) -> Vec<Effect> {
        if self.state != State::Idle {
            return Vec::new();
        }
        self.messages = messages;
        vec![self.ask()]
    }

    pub(super) fn answered(&mut self, answered: Answered, at: f64) -> Vec<Effect> {
        let read = match &self.prompted {
            Some(prompted) => prompted.read(&answered),
            None => {
                let Answered { content, reasoning, calls } = answered;
                Read { kept: content.clone(), content, reasoning, calls, broken: None }
            }
        };
        let kind = Kind::Turn { content: read.content.clone(), reasoning: read.reasoning.clone() };
        let turn = self.trace.add(None, kind, at);
        self.turn = Some(turn);
        if let Some(why) = read.broken {
            return self.broken(turn, read.kept, &why, at);
        }
        if read.calls.is_empty() {
            self.trace.end(turn, at);
            self.messages.push(json!({"role": "assistant", "content": read.kept}));
            return self.finish(End::Answered, at);
        }
        self.called(turn, read.kept, read.calls, at)
    }

    /// Something that was meant as a call is none: the model is told.
    fn broken(&mut self, turn: usize, kept: String, why: &str, at: f64) -> Vec<Effect> {
        self.trace.add(Some(turn), Kind::Problem(why.to_owned()), at);
        self.messages.push(json!({"role": "assistant", "content": kept}));
        self.step = self.step.saturating_add(1);
        self.faults = self.faults.saturating_add(1);
        if self.faults > self.settings.retries {
            return self.finish(End::Malformed, at);
        }
        let words =
            format!("Error: your call of a tool cannot be read: {why}. Write it again in the form you were told.");
        self.messages.push(json!({"role": "user", "content": words}));
        self.turned(at)
    }

    fn called(&mut self, turn: usize, kept: String, asked: Vec<Asked>, at: f64) -> Vec<Effect> {
        self.step = self.step.saturating_add(1);
        let (mut wrong, mut looping, mut written, mut made) = (false, None, Vec::new(), BTreeSet::new());
        let mut ids = BTreeSet::new();
        for (place, mut one) in asked.into_iter().enumerate() {
            if place >= self.settings.most_calls.max(1) {
                let words =
                    format!("further calls are not made: {} in one answer are the most", self.settings.most_calls);
                self.trace.add(Some(turn), Kind::Problem(words), at);
                break;
            }
            let id = CallId(self.count);
            self.count = self.count.saturating_add(1);
            if one.id.is_empty() || ids.contains(&one.id) {
                // Nine letters and digits: some templates take no others.
                one.id = format!("call{:05}", id.0);
            }
            ids.insert(one.id.clone());
            let kind =
                Kind::Call { id, name: one.name.clone(), arguments: one.arguments.clone(), state: CallState::Waiting };
            let node = self.trace.add(Some(turn), kind, at);
            let examined = call::examine(&one, &self.tools);
            written.push(as_written(&one));
            match examined {
                Ok((arguments, plan)) => {
                    let key = key(&one.name, Value::Object(arguments));
                    // The same call twice in one answer is a wish for two results; in one answer after another it is a loop.
                    if made.insert(key.clone()) && self.repeated(key) {
                        looping = Some(one.name.clone());
                    }
                    self.calls.push(Call { id, wire: one.id, name: one.name, plan, stage: Stage::Held, node });
                }
                Err(why) => {
                    wrong = true;
                    self.refuse(one, id, node, why, at);
                }
            }
        }
        self.messages.push(match self.prompted {
            Some(_) => json!({"role": "assistant", "content": kept}),
            None => json!({"role": "assistant", "content": kept, "tool_calls": written}),
        });
        self.faults = if wrong { self.faults.saturating_add(1) } else { 0 };
        if let Some(name) = looping {
            return self.finish(End::Looping(name), at);
        }
        if self.faults > self.settings.retries {
            return self.finish(End::Malformed, at);
        }
        self.state = State::Working;
        self.advance(at)
    }

    /// A call that cannot be used is done at once: with its error.
    fn refuse(&mut self, one: Asked, id: CallId, node: usize, why: String, at: f64) {
        self.trace.state(node, CallState::Malformed);
        self.trace.add(Some(node), Kind::Problem(why.clone()), at);
        self.trace.end(node, at);
        let plan = super::Plan { uses: super::super::run::Use::Known(String::new()), limits: Default::default() };
        let stage = Stage::Done(format!("Error: {why}"));
        self.calls.push(Call { id, wire: one.id, name: one.name, plan, stage, node });
    }

    /// Counts a call; whether it was made as often as counts as a loop.
    fn repeated(&mut self, key: String) -> bool {
        let count = self.seen.entry(key).or_default();
        *count = count.saturating_add(1);
        *count > self.settings.repeats.max(1)
    }
}

/// What makes two calls the same, whatever the order of their arguments.
fn key(name: &str, mut arguments: Value) -> String {
    arguments.sort_all_objects();
    format!("{name}\n{arguments}")
}

/// The call as the conversation keeps it. Servers read the arguments of earlier calls: what is no object becomes an empty one,
/// and the error that follows says what it was.
fn as_written(one: &Asked) -> Value {
    let text = match call::arguments(&one.arguments) {
        Ok(all) => Value::Object(all).to_string(),
        Err(_) => "{}".to_owned(),
    };
    json!({"id": one.id, "type": "function", "function": {"name": one.name, "arguments": text}})
}
