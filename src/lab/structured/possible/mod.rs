//! Whether some completion of a text that is cut can still obey a schema, members of objects in any order. Each node is looked
//! at while it grows and once when it closes, so the cost of a byte does not grow with the text. It never says no where a
//! completion exists; where a keyword cannot be told before the value is whole, it is judged then. A value at the top that is
//! whole is for the verdict.

mod check;
mod close;
mod exact;
mod level;
mod number;
mod pattern;
mod plan;
mod plans;

use super::tree::{NodeId, Tree};
use crate::lab::schema::Schema;
use check::Key;
use exact::Exact;
use level::{Level, Owner};
use plans::Plans;
use serde_json::Value;
use std::collections::HashSet;
use std::sync::Arc;

/// Faults that are kept of one text.
const MOST_FAULTS: usize = 64;

/// Why no completion of a text obeys the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impossible {
    /// JSON pointer to the value that the schema speaks of.
    pub path: String,
    /// The node to mark: the value, or the member that it must not have.
    pub node: Option<NodeId>,
    /// Bytes of the text that were read when it was seen.
    pub at: usize,
    /// Why, in words. Holds pieces of the schema and of the text: clean it before it is shown.
    pub why: String,
}

/// Follows one text under one schema.
#[derive(Debug)]
pub struct Possible {
    plans: Plans,
    exact: Exact,
    levels: Vec<Level>,
    /// Nodes that were begun.
    seen: u32,
    /// Where the value began that is followed.
    start: Option<usize>,
    faults: Vec<Impossible>,
    disordered: bool,
}

impl Possible {
    /// Makes a schema ready to be asked while a text grows.
    pub fn new(schema: &Schema) -> Self {
        let root = schema.shared();
        let (plans, exact) = (Plans::new(Arc::clone(&root)), Exact::new(root));
        Self { plans, exact, levels: Vec::new(), seen: 0, start: None, faults: Vec::new(), disordered: false }
    }

    /// Whether some completion can still obey the schema, as far as it can be told.
    pub fn conforms(&self) -> bool {
        self.faults.is_empty()
    }

    /// Why not, in the order in which it was seen; at most 64.
    pub fn faults(&self) -> &[Impossible] {
        &self.faults
    }

    /// The faults that mark a node.
    pub fn fault_of(&self, node: NodeId) -> Option<&Impossible> {
        self.faults.iter().find(|fault| fault.node == Some(node))
    }

    /// Whether the members of some object came in another order than `properties` names them. That is no fault: JSON has no
    /// order, but an engine under constraint writes them in that of the schema.
    pub fn order_differs(&self) -> bool {
        let open = |at: usize| self.levels.get(at).map_or(0, |level| level.strands.len());
        let mut all = (0..self.levels.len()).flat_map(|at| (0..open(at)).map(move |which| (at, which)));
        self.disordered || all.any(|(at, which)| self.is_disordered(at, which))
    }

    /// Whether members are out of order under a schema that still counts.
    fn is_disordered(&self, level: usize, strand: usize) -> bool {
        let one = self.levels.get(level).and_then(|level| level.strands.get(strand));
        one.is_some_and(|one| one.disordered) && self.counts(level, strand)
    }

    /// Whether a schema is no broken form among several, nor part of one.
    fn counts(&self, level: usize, strand: usize) -> bool {
        let mut seen = HashSet::new();
        let mut left = vec![(level, strand)];
        while let Some((at, which)) = left.pop() {
            let one = self.levels.get(at).and_then(|level| level.strands.get(which));
            let Some(one) = one.filter(|_| seen.insert((at, which))) else { continue };
            for owner in &one.owners {
                match owner {
                    Owner::Root => return true,
                    Owner::Up(which) => left.extend(at.checked_sub(1).map(|at| (at, *which))),
                    Owner::All(which) => left.push((at, *which)),
                    Owner::Any(..) if one.broken => {}
                    Owner::Any(which, _) => left.push((at, *which)),
                }
            }
        }
        false
    }

    /// Looks at what has come to the tree since the last time. Call it after each piece that was pushed: how large the pieces
    /// are makes no difference to the outcome, but for the bytes at which a fault is said to be seen.
    pub fn update(&mut self, tree: &Tree) {
        if self.start != tree.starts_at() {
            // What was taken for the value turned out to be none.
            self.levels.clear();
            self.faults.clear();
            self.disordered = false;
            (self.seen, self.start) = (0, tree.starts_at());
        }
        let nodes = u32::try_from(tree.nodes().len()).unwrap_or(u32::MAX);
        while self.seen < nodes {
            let id = NodeId::at(self.seen);
            self.seen += 1;
            let parent = tree.node(id).and_then(|node| node.parent);
            self.close_down_to(tree, parent);
            self.begin(tree, id, parent);
        }
        let growing = tree.growing();
        self.close_down_to(tree, growing);
        self.grow(tree, growing);
    }

    /// Closes levels until the innermost is that of a node, or of a key in it.
    fn close_down_to(&mut self, tree: &Tree, node: Option<NodeId>) {
        while let Some(level) = self.levels.last() {
            let over = !level.key && tree.node(level.node).is_some_and(|node| node.whole);
            if Some(level.node) == node || !over {
                return;
            }
            self.close(tree);
        }
    }

    fn begin(&mut self, tree: &Tree, id: NodeId, parent: Option<NodeId>) {
        let mut level = Level::new(id, false);
        if parent.is_some() {
            self.join(tree, id);
            self.inherit(tree, id, &mut level);
        } else {
            level.add(self.plans.root(), Owner::Root, &mut self.plans);
        }
        self.levels.push(level);
        self.check_begun(tree);
    }

    /// A value comes to the one around it.
    fn join(&mut self, tree: &Tree, id: NodeId) {
        let Some(index) = tree.node(id).map(|node| node.index) else { return };
        let object = self.innermost().saturating_sub(usize::from(self.levels.last().is_some_and(|level| level.key)));
        let Some(text) = tree.key(id) else { return self.check_index(tree, object, index, Some(id)) };
        self.check_key(tree, object, Key { text, whole: true, members: index, mark: Some(id) });
        for strand in self.levels.get_mut(object).into_iter().flat_map(|level| &mut level.strands) {
            if let Some(order) = strand.plan.property(text).map(|one| one.order) {
                strand.disordered |= strand.last.is_some_and(|last| order < last);
                strand.last = Some(order);
            }
        }
        self.follow_key(tree, object, text);
        if self.levels.last().is_some_and(|level| level.key) {
            self.close(tree);
        }
    }

    fn innermost(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }

    /// A schema is broken: everything that waits for it hears of it, and where that reaches the top, it is a fault.
    fn break_strand(&mut self, level: usize, strand: usize, fault: Impossible) {
        let mut seen = HashSet::new();
        let mut left = vec![(level, strand)];
        let mut fault = fault;
        let mut reached = false;
        while let Some((at, which)) = left.pop() {
            if !seen.insert((at, which)) {
                continue;
            }
            let Some(one) = self.levels.get_mut(at).and_then(|level| level.strands.get_mut(which)) else { continue };
            let first = !std::mem::replace(&mut one.broken, true);
            for owner in one.owners.clone() {
                match owner {
                    Owner::Root => reached = true,
                    Owner::Up(which) => left.extend(at.checked_sub(1).map(|at| (at, which))),
                    Owner::All(which) => left.push((at, which)),
                    Owner::Any(which, group) if first => {
                        if self.falls(at, which, group) {
                            fault = self.none_fits(at, which, group, &fault);
                            left.push((at, which));
                        }
                    }
                    Owner::Any(..) => {}
                }
            }
        }
        if reached
            && self.faults.len() < MOST_FAULTS
            && !self.faults.iter().any(|known| known.path == fault.path && known.why == fault.why)
        {
            self.faults.push(fault);
        }
    }

    /// One of a group is broken; whether it was the last.
    fn falls(&mut self, level: usize, strand: usize, group: usize) -> bool {
        let strand = self.levels.get_mut(level).and_then(|level| level.strands.get_mut(strand));
        let Some(left) = strand.and_then(|strand| strand.groups.get_mut(group)) else { return false };
        *left = left.saturating_sub(1);
        *left == 0
    }

    fn none_fits(&self, level: usize, strand: usize, group: usize, last: &Impossible) -> Impossible {
        let forms = self.levels.get(level).and_then(|level| level.strands.get(strand));
        let forms = forms.and_then(|strand| strand.plan.any.get(group)).map_or(0, Vec::len);
        if forms < 2 {
            return last.clone();
        }
        Impossible {
            why: format!("keeps to none of the {forms} forms that are allowed; the last: {}", last.why),
            ..last.clone()
        }
    }
}

/// Whether two values are the same to JSON Schema: numbers by what they are worth, members in any order.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => match (whole(one), whole(other)) {
            (Some(one), Some(other)) => one == other,
            _ => one.as_f64() == other.as_f64(),
        },
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

fn whole(number: &serde_json::Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

#[cfg(test)]
mod tests;
