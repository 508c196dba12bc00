//! Everything that happened in an exchange, as a tree with times.

use super::{CallId, End};

/// Where a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its turn has not come.
    Waiting,
    /// A person is asked.
    Asked,
    /// It runs.
    Running,
    /// It has answered.
    Done,
    /// It failed or was ended.
    Failed,
    /// A person did not allow it.
    Refused,
    /// It could not be used: no such tool, or arguments that do not fit.
    Malformed,
}

/// What a node tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// An answer of the model.
    Turn {
        /// Its text without calls.
        content: String,
        /// Its reasoning.
        reasoning: String,
    },
    /// A call, below its turn.
    Call {
        /// Its identity.
        id: CallId,
        /// The tool's name as it was written.
        name: String,
        /// The arguments as they were written.
        arguments: String,
        /// Where it stands.
        state: State,
    },
    /// What a call answered, below it.
    Result {
        /// As the model gets it.
        text: String,
        /// Whether something was cut.
        cut: bool,
    },
    /// Something went wrong, below what it happened to.
    Problem(String),
    /// The end.
    End(End),
}

/// One node.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it stands below.
    pub parent: Option<usize>,
    /// What it tells.
    pub kind: Kind,
    /// When it began, in seconds on the caller's clock.
    pub began: f64,
    /// When a call began to run, where it did.
    pub ran: Option<f64>,
    /// When it ended; a node that is no turn and no call ends as it begins.
    pub ended: Option<f64>,
}

/// The tree; parents stand before what is below them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trace {
    /// Its nodes in the order in which they came.
    pub nodes: Vec<Node>,
}

impl Trace {
    pub(super) fn add(&mut self, parent: Option<usize>, kind: Kind, at: f64) -> usize {
        let lasts = matches!(kind, Kind::Turn { .. } | Kind::Call { .. });
        self.nodes.push(Node { parent, kind, began: at, ran: None, ended: (!lasts).then_some(at) });
        self.nodes.len() - 1
    }

    pub(super) fn end(&mut self, node: usize, at: f64) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.ended.get_or_insert(at);
        }
    }

    pub(super) fn close(&mut self, at: f64) {
        self.nodes.iter_mut().filter(|node| node.ended.is_none()).for_each(|node| node.ended = Some(at));
    }

    /// A call begins to run.
    pub(super) fn runs(&mut self, node: usize, at: f64) {
        self.state(node, State::Running);
        if let Some(node) = self.nodes.get_mut(node) {
            node.ran = Some(at);
        }
    }

    pub(super) fn state(&mut self, node: usize, now: State) {
        if let Some(Kind::Call { state, .. }) = self.nodes.get_mut(node).map(|node| &mut node.kind) {
            *state = now;
        }
    }

    /// The nodes from top to bottom as a tree is drawn, each with its place among [`Trace::nodes`] and its depth from 0.
    pub fn rows(&self) -> Vec<(usize, usize, &Node)> {
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        let mut tops = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            match node.parent.and_then(|parent| below.get_mut(parent)) {
                Some(list) => list.push(at),
                None => tops.push(at),
            }
        }
        let mut open: Vec<(usize, usize)> = tops.into_iter().rev().map(|at| (at, 0)).collect();
        let mut out = Vec::with_capacity(self.nodes.len());
        while let Some((at, depth)) = open.pop() {
            let (Some(node), Some(list)) = (self.nodes.get(at), below.get(at)) else { continue };
            out.push((at, depth, node));
            open.extend(list.iter().rev().map(|one| (*one, depth + 1)));
        }
        out
    }
}
