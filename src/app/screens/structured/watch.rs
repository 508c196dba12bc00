//! An answer under a constraint as it comes.
//!
//! The tree is read here, message by message: each byte of the answer is looked at once, a message holds what came within one
//! frame, and so the work of a message depends on what is new and not on what stands there already. What needs a compiled
//! constraint (how far the text keeps to it, what may come next, the verdict) is done in the world, where it cannot hold up
//! a key, and comes as plain figures with the text that they are about.

use super::knobs::Knobs;
use super::tree::{Look, find};
use crate::app::screens::chat::target::Resolved;
use crate::base::{Problem, Reading, Unknown};
use crate::lab::structured::tree::{NodeId, Tree};
use crate::lab::structured::{Constraint, Request};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a question is asked with; it does not change while the answer comes.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// Whom it asks.
    pub target: Resolved,
    /// The run's name, or the address.
    pub place: String,
    /// The constraint's name.
    pub name: String,
    /// What the answer must look like.
    pub constraint: Constraint,
    /// How that is written for the engine.
    pub request: Request,
    /// The question.
    pub question: String,
    /// How it is asked.
    pub knobs: Knobs,
}

/// How far a text keeps to a constraint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Follows {
    /// Bytes from the start that some answer under the constraint begins with.
    pub conforming: usize,
    /// The first byte with which no completion was left; members of objects may come in any order.
    pub impossible: Option<usize>,
    /// The byte from which on it is not in the order in which an engine under constraint writes: no fault.
    pub order: Option<usize>,
    /// What may come next, or what is wrong at the first impossible byte; in words.
    pub expected: String,
    /// Why the text could not be followed to its end.
    pub lost: Option<Unknown>,
    /// Values that no completion can mend, and why; the same values as those of the tree here.
    pub faults: Vec<(NodeId, String)>,
}

/// Times and counts of an answer so far.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Figures {
    /// Seconds from sending to the first piece.
    pub first: Option<f64>,
    /// Seconds from sending to the newest piece.
    pub last: f64,
    /// Tokens, where the server counts them on the way.
    pub tokens: Option<u64>,
    /// Pieces: at least so many tokens.
    pub pieces: u64,
}

impl Figures {
    /// Takes in a piece.
    pub fn take(&mut self, seconds: f64, tokens: Option<u64>, pieces: u64) {
        self.first.get_or_insert(seconds);
        (self.last, self.tokens, self.pieces) = (seconds, tokens.or(self.tokens), pieces);
    }

    /// Tokens a second between the first piece and the newest: (tokens − 1) / (newest − first); of pieces, where no tokens are
    /// counted. `None` where fewer than four followed or they came within five milliseconds, which measures the socket.
    pub fn per_second(&self) -> Option<f64> {
        let seconds = self.last - self.first?;
        let count = self.tokens.unwrap_or(self.pieces);
        (count > 4 && seconds >= 0.005).then(|| (count - 1) as f64 / seconds)
    }
}

/// What came within one frame.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heard {
    /// More of the text.
    pub text: String,
    /// More of the reasoning.
    pub reasoning: String,
    /// Times and counts of all that has come.
    pub figures: Figures,
    /// How far the text keeps to the constraint; nothing while that is being made ready.
    pub follows: Option<Reading<Follows>>,
}

/// How something found is to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// As it should be.
    Good,
    /// Worth knowing.
    Note,
    /// Not as it should be, and nobody's fault for certain.
    Warn,
    /// Wrong.
    Bad,
}

/// One thing that was found in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How it is to be taken.
    pub grade: Grade,
    /// A word for it, such as `wrong` or `changed`.
    pub label: &'static str,
    /// JSON pointer to what it is about; none where it is about the whole.
    pub pointer: Option<String>,
    /// What it is.
    pub words: String,
}

/// What is to be said of an answer that has come to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// How it is to be taken.
    pub grade: Grade,
    /// The verdict in one line.
    pub said: String,
    /// What to try next; empty where nothing need be done.
    pub hint: String,
    /// Everything that was found.
    pub found: Vec<Found>,
    /// Times and counts, as the server's last word has them.
    pub figures: Figures,
}

/// How far an answer is.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// It was asked for.
    Asked,
    /// It comes.
    Comes,
    /// The person stopped it, the world has not said so yet.
    Stopping,
    /// It has come to its end.
    Ended(Box<Ended>),
    /// None came, or it broke off.
    Failed(Problem),
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Watch {
    /// Tells it from others.
    pub id: u64,
    /// What it is an answer to.
    pub setup: Setup,
    /// What the model wrote so far.
    pub text: String,
    /// What it thought first.
    pub reasoning: String,
    /// Its tree; none where the answer need not be JSON.
    pub tree: Option<Tree>,
    /// How the tree is looked at.
    pub look: Look,
    /// How far it keeps to the constraint; nothing while that is being made ready.
    pub follows: Option<Reading<Follows>>,
    /// Times and counts.
    pub figures: Figures,
    /// When it was asked for, as uptime.
    pub begun: Duration,
    /// When it ended, as uptime.
    pub over: Option<Duration>,
    /// How far it is.
    pub stage: Stage,
    /// What is wrong with nodes of the tree: what no completion can mend, and at the end what the verdict names.
    pub wrong: BTreeMap<NodeId, String>,
}

impl Watch {
    /// One that was just asked for.
    pub fn new(id: u64, setup: Setup, now: Duration) -> Self {
        let json = setup.request.asked.schema().is_some();
        Self {
            id,
            setup,
            text: String::new(),
            reasoning: String::new(),
            tree: json.then(Tree::new),
            look: Look::default(),
            follows: None,
            figures: Figures::default(),
            begun: now,
            over: None,
            stage: Stage::Asked,
            wrong: BTreeMap::new(),
        }
    }

    /// Whether more of it may come.
    pub fn busy(&self) -> bool {
        matches!(self.stage, Stage::Asked | Stage::Comes | Stage::Stopping)
    }

    /// What the model wrote.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What it thought first.
    pub fn reasoning(&self) -> &str {
        &self.reasoning
    }

    /// What is to be said of it, once it has come to its end.
    pub fn ended(&self) -> Option<&Ended> {
        match &self.stage {
            Stage::Ended(ended) => Some(ended),
            _ => None,
        }
    }

    /// Takes in what came within one frame.
    pub fn hear(&mut self, heard: Heard) {
        if !self.busy() {
            return;
        }
        if let Some(tree) = &mut self.tree {
            tree.push(&heard.text);
        }
        self.text.push_str(&heard.text);
        self.reasoning.push_str(&heard.reasoning);
        self.figures = heard.figures;
        if let Some(Ok(follows)) = &heard.follows {
            self.wrong.extend(follows.faults.iter().cloned());
        }
        self.follows = heard.follows.or(self.follows.take());
        if self.stage == Stage::Asked {
            self.stage = Stage::Comes;
        }
    }

    /// It has come to its end, or there is none.
    pub fn end(&mut self, told: Result<Box<Ended>, Problem>, now: Duration) {
        if !self.busy() {
            return;
        }
        self.over = Some(now);
        match told {
            Ok(ended) => {
                // Of an answer that was stopped from here the server has no last word.
                if ended.figures.pieces > 0 {
                    self.figures = Figures { first: ended.figures.first.or(self.figures.first), ..ended.figures };
                }
                if let Some(tree) = &mut self.tree {
                    tree.finish();
                    for found in ended.found.iter().filter(|found| found.grade == Grade::Bad) {
                        let node = found.pointer.as_deref().and_then(|pointer| find(tree, pointer));
                        if let Some(node) = node {
                            self.wrong.entry(node).or_insert_with(|| found.words.clone());
                        }
                    }
                }
                self.stage = Stage::Ended(ended);
            }
            Err(problem) => self.stage = Stage::Failed(problem),
        }
    }
}
