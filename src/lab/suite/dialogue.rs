//! Leads one case through its turns: what to ask next, and the outcome once a turn is wrong or all are right.

use super::answer::{Answer, Facts, Figures, Graded, Label, Reason};
use super::case::{Case, Choice, ToolSpec, Turn, WantedCall};
use super::grade::grade;
use super::lost::replay;
use crate::lab::tools::Format;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What became of one case under one setting at one repeat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The case's id.
    pub case: String,
    /// Its category.
    pub category: String,
    /// The setting's key.
    pub setting: String,
    /// Which repeat, from 0.
    pub repeat: u32,
    /// Tools that were offered.
    pub tools: u32,
    /// What it is.
    pub label: Label,
    /// The turn that was graded last, from 0.
    pub turn: u32,
    /// What is wrong.
    pub reasons: Vec<Reason>,
    /// What is counted.
    pub facts: Facts,
    /// Times and tokens over all turns.
    pub figures: Figures,
    /// The answers, turn by turn.
    pub answers: Vec<Answer>,
}

impl Outcome {
    /// The same answers as another parser would have read their raw text, for a setting of its own. `None` where the raw text
    /// is not known, or where that parser finds a turn right that the model was never taken beyond.
    pub fn replayed(&self, case: &Case, offered: &[ToolSpec], format: &Format, setting: &str) -> Option<Self> {
        let mut dialogue = Dialogue::new(case, offered.to_vec());
        for answer in &self.answers {
            dialogue.take(replay(answer, format, offered)?);
        }
        dialogue.outcome(setting, self.repeat)
    }
}

/// A case at work.
#[derive(Debug, Clone)]
pub struct Dialogue<'a> {
    case: &'a Case,
    offered: Vec<ToolSpec>,
    messages: Vec<Value>,
    turn: usize,
    over: Option<(Label, Vec<Reason>)>,
    facts: Facts,
    answers: Vec<Answer>,
}

impl<'a> Dialogue<'a> {
    /// Begins a case with these tools offered.
    pub fn new(case: &'a Case, offered: Vec<ToolSpec>) -> Self {
        let messages = case.messages.clone();
        Self { case, offered, messages, turn: 0, over: None, facts: Facts::default(), answers: Vec::new() }
    }

    /// The messages to send next; `None` once it is over.
    pub fn ask(&self) -> Option<&[Value]> {
        self.over.is_none().then_some(self.messages.as_slice())
    }

    /// What the next request says about calling: where no call is wanted, the case's order to call does not hold.
    pub fn choice(&self) -> &Choice {
        let wants = self.case.turns.get(self.turn).is_some_and(|turn| !turn.expect.calls.is_empty());
        match &self.case.choice {
            Choice::Required | Choice::Named(_) if !wants => &Choice::Auto,
            choice => choice,
        }
    }

    /// The tools that are offered.
    pub fn offered(&self) -> &[ToolSpec] {
        &self.offered
    }

    /// Takes the answer to what was asked. Once it is over nothing is taken.
    pub fn take(&mut self, answer: Answer) {
        let Some(turn) = self.case.turns.get(self.turn).filter(|_| self.over.is_none()) else { return };
        let graded = grade(&turn.expect, &self.offered, self.case.constraint.as_ref(), &answer);
        self.facts = self.facts.and(graded.facts);
        let next = self.case.turns.get(self.turn + 1);
        match next.filter(|_| graded.label == Label::Right) {
            Some(next) => {
                self.reply(turn, next, &graded, &answer);
                self.turn += 1;
            }
            None => self.over = Some((graded.label, graded.reasons)),
        }
        self.answers.push(answer);
    }

    /// The outcome; `None` while it is not over.
    pub fn outcome(self, setting: &str, repeat: u32) -> Option<Outcome> {
        let (label, reasons) = self.over?;
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Some(Outcome {
            case: self.case.id.clone(),
            category: self.case.category.clone(),
            setting: setting.to_owned(),
            repeat,
            tools: number(self.offered.len()),
            label,
            turn: number(self.turn),
            reasons,
            facts: self.facts,
            figures: self.answers.iter().fold(Figures::default(), |sum, answer| sum.and(answer.figures)),
            answers: self.answers,
        })
    }

    /// Puts the answer, the results of its calls, and what the user says next behind the messages.
    fn reply(&mut self, turn: &Turn, next: &Turn, graded: &Graded, answer: &Answer) {
        // Nine letters and digits: Mistral's templates refuse other ids.
        let id = |at: usize| format!("call{:02}{at:03}", self.turn % 100);
        let mut said = json!({"role": "assistant", "content": answer.content});
        let made = answer.calls.iter().enumerate();
        let calls: Vec<Value> = made
            .map(|(at, call)| {
                let arguments = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
                let function = json!({"name": call.name, "arguments": arguments});
                json!({"id": id(at), "type": "function", "function": function})
            })
            .collect();
        if !calls.is_empty() {
            said["tool_calls"] = Value::Array(calls);
        }
        self.messages.push(said);
        let wanted = turn.expect.calls.iter().zip(&graded.pairs);
        let mut results: Vec<(usize, &WantedCall)> =
            wanted.filter_map(|(wanted, pair)| Some(((*pair)?, wanted))).collect();
        results.sort_unstable_by_key(|(at, _)| *at);
        // Templates of some families write the tool's name into its result.
        self.messages.extend(results.into_iter().map(
            |(at, call)| json!({"role": "tool", "tool_call_id": id(at), "name": call.name, "content": call.result}),
        ));
        self.messages.extend(next.user.iter().map(|text| json!({"role": "user", "content": text})));
    }
}
