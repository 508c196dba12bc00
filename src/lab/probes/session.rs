//! All probes of one endpoint, one after another: what to ask next, and what was found.

use super::ask::{Answer, Ask, Round};
use super::bench::{Bench, Situation};
use super::catalogue::Capability;
use super::verdict::{Evidence, Finding, Heard};
use crate::base::text::{clean_line, fit};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Columns of a reply that are kept as evidence.
const REPLY: usize = 160;
/// Replies of a round that are kept as evidence.
const REPLIES: usize = 4;
/// Characters of a text of a request that are kept as evidence.
const REQUEST: usize = 300;
/// Rounds after which a probe is given up: none needs a third of them.
const ROUNDS: usize = 24;

/// What is next.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Ask this, then say what was heard.
    Ask(Round),
    /// One is found out.
    Found(&'static Capability, Finding, Vec<Evidence>),
    /// All are.
    Over,
}

/// The state of it.
#[derive(Debug)]
pub struct Session {
    bench: Bench,
    left: std::collections::VecDeque<&'static Capability>,
    rounds: usize,
    total: usize,
    asked: Option<Round>,
    /// What rounds are told as: many rest on the same.
    told: BTreeMap<String, Evidence>,
}

impl Session {
    /// Begins to probe these.
    pub fn new(situation: Situation, capabilities: Vec<&'static Capability>) -> Self {
        let (left, total) = (capabilities.into(), 0);
        let mut session =
            Self { bench: Bench::new(situation), left, rounds: 0, total, asked: None, told: BTreeMap::new() };
        session.total = session.left.len();
        session
    }

    /// Which one is being found out.
    pub fn current(&self) -> Option<&'static Capability> {
        self.left.front().copied()
    }

    /// How many are found out, of how many.
    pub fn progress(&self) -> (usize, usize) {
        (self.total - self.left.len(), self.total)
    }

    /// Requests so far.
    pub fn requests(&self) -> usize {
        self.bench.rounds().map(|(round, _)| round.asks.len()).sum()
    }

    /// Tokens generated so far, as the endpoint counts.
    pub fn tokens(&self) -> u64 {
        let said = self.bench.rounds().flat_map(|(_, answers)| answers).filter_map(Answer::said);
        said.filter_map(|said| said.completion_tokens).sum()
    }

    /// What is next. The same round comes again until it was answered.
    pub fn step(&mut self) -> Step {
        if let Some(round) = &self.asked {
            return Step::Ask(round.clone());
        }
        let Some(capability) = self.left.front().copied() else { return Step::Over };
        let _ = self.bench.used();
        let finding = match (capability.judge)(&self.bench) {
            Err(round) if self.rounds < ROUNDS => {
                self.rounds += 1;
                self.asked = Some(*round);
                return self.step();
            }
            Err(_) => Finding::unknown("no end of questions"),
            Ok(finding) => finding,
        };
        let told = &mut self.told;
        let mut of =
            |heard: &(Round, Vec<Answer>)| told.entry(heard.0.key.clone()).or_insert_with(|| evidence(heard)).clone();
        let evidence = self.bench.used().into_iter().map(&mut of).collect();
        self.left.pop_front();
        self.rounds = 0;
        Step::Found(capability, Finding { why: clean_line(&finding.why), ..finding }, evidence)
    }

    /// What was heard of the round that was asked, answer by answer; those that are lacking count as failed.
    pub fn heard(&mut self, mut answers: Vec<Answer>) {
        let Some(round) = self.asked.take() else { return };
        answers.truncate(round.asks.len());
        while answers.len() < round.asks.len() {
            answers.push(Answer::Failed("it was not asked".into()));
        }
        self.bench.take(round, answers);
    }
}

fn evidence((round, answers): &(Round, Vec<Answer>)) -> Evidence {
    let mut heard: BTreeMap<String, u32> = BTreeMap::new();
    for answer in answers {
        *heard.entry(told(answer)).or_default() += 1;
    }
    let mut replies: Vec<Heard> = heard.into_iter().map(|(text, times)| Heard { times, text }).collect();
    replies.sort_by_key(|reply| std::cmp::Reverse(reply.times));
    replies.truncate(REPLIES);
    let request = round.asks.first().map(request).unwrap_or_default();
    Evidence { round: round.key.clone(), request, asked: u32::try_from(round.asks.len()).unwrap_or(u32::MAX), replies }
}

/// A request as it is kept: long texts are cut.
fn request(ask: &Ask) -> Value {
    let mut all = Map::new();
    let whole = match ask {
        Ask::Chat { messages, fields, stream } => {
            all.insert("messages".into(), messages.clone().into());
            all.extend(fields.clone());
            all.extend(stream.then(|| ("stream".to_owned(), json!(true))));
            Value::Object(all)
        }
        Ask::Count { messages, .. } => json!({"tokens of": messages}),
        Ask::Ids(text) => json!({"tokens of": text}),
    };
    cut(whole)
}

fn cut(value: Value) -> Value {
    match value {
        Value::String(text) if text.chars().count() > REQUEST => {
            let count = text.chars().count();
            let (head, tail): (String, String) =
                (text.chars().take(200).collect(), text.chars().skip(count - 60).collect());
            format!("{head} … {count} characters … {tail}").into()
        }
        Value::Array(list) => list.into_iter().map(cut).collect(),
        Value::Object(map) => map.into_iter().map(|(name, value)| (name, cut(value))).collect::<Map<_, _>>().into(),
        other => other,
    }
}

/// An answer in one line.
fn told(answer: &Answer) -> String {
    let line = match answer {
        Answer::Refused(words) => format!("refused: {words}"),
        Answer::Failed(words) => format!("failed: {words}"),
        Answer::Count(count) => format!("{count} tokens"),
        Answer::Ids(ids) => format!("tokens {ids:?}"),
        Answer::Said(said) => {
            let choices = said.choices.iter().map(|choice| {
                let mut parts = Vec::new();
                parts.extend((!choice.reasoning.is_empty()).then(|| format!("(reasoning) {:?}", choice.reasoning)));
                parts.extend((!choice.text.is_empty()).then(|| format!("{:?}", choice.text)));
                parts.extend(choice.calls.iter().map(|call| format!("{}({})", call.name, call.arguments)));
                format!("{} [{}]", parts.join(" "), choice.finish)
            });
            let tokens = said.completion_tokens.map(|tokens| format!(" {tokens} tokens")).unwrap_or_default();
            format!("{}{tokens}", choices.collect::<Vec<_>>().join(" | "))
        }
    };
    fit(&clean_line(&line), REPLY).into_owned()
}
