//! What one value must obey while it is open: every schema that applies to it once, with those who wait for the outcome.

use super::pattern::Place;
use super::plan::Plan;
use super::plans::{PlanId, Plans};
use crate::lab::structured::tree::NodeId;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

/// Schemas that are followed at one value; what is more is judged when the value is whole.
const MOST: usize = 512;

/// Who breaks when a schema is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The whole text.
    Root,
    /// A schema of the value around.
    Up(usize),
    /// Another schema of the same value.
    All(usize),
    /// Another schema of the same value, when all of a group are broken.
    Any(usize, usize),
}

/// One schema at one value.
#[derive(Debug, Clone)]
pub(super) struct Strand {
    pub id: PlanId,
    pub plan: Arc<Plan>,
    pub owners: Vec<Owner>,
    pub broken: bool,
    /// Of each group: how many are not broken.
    pub groups: Vec<usize>,
    pub pattern: Place,
    /// Of each choice: its strings that begin as the text does.
    pub strings: Vec<Range<usize>>,
    /// Properties whose names begin as the open key does.
    pub names: Range<usize>,
    /// What is wrong with the open key was told.
    pub told: bool,
    /// The place in the schema of the last member that it names.
    pub last: Option<usize>,
    /// Members came in another order than the schema names them.
    pub disordered: bool,
}

/// A value that is open, or the key of a member that is.
#[derive(Debug, Clone)]
pub(super) struct Level {
    pub node: NodeId,
    /// It is the key of a member of the node.
    pub key: bool,
    pub strands: Vec<Strand>,
    places: HashMap<PlanId, usize>,
    /// Bytes and characters of the text, or of the open key, that were looked at.
    pub read: usize,
    pub characters: u64,
    /// Members whose key was looked at to its end.
    pub keys: u32,
    /// Entries that are whole, where none may come twice.
    pub seen: HashSet<String>,
}

impl Level {
    pub(super) fn new(node: NodeId, key: bool) -> Self {
        let (strands, places) = (Vec::new(), HashMap::new());
        Self { node, key, strands, places, read: 0, characters: 0, keys: 0, seen: HashSet::new() }
    }

    /// Adds a schema with all that belong to it at the same value.
    pub(super) fn add(&mut self, id: PlanId, owner: Owner, plans: &mut Plans) {
        let mut left = vec![(id, owner)];
        while let Some((id, owner)) = left.pop() {
            if let Some(at) = self.places.get(&id) {
                if let Some(strand) = self.strands.get_mut(*at) {
                    strand.owners.push(owner);
                }
                continue;
            }
            if self.strands.len() >= MOST {
                continue;
            }
            let (at, plan) = (self.strands.len(), plans.plan(id));
            left.extend(plan.all.iter().map(|part| (*part, Owner::All(at))));
            for (group, parts) in plan.any.iter().enumerate() {
                left.extend(parts.iter().map(|part| (*part, Owner::Any(at, group))));
            }
            self.places.insert(id, at);
            self.strands.push(Strand {
                id,
                owners: vec![owner],
                broken: false,
                groups: plan.any.iter().map(Vec::len).collect(),
                pattern: plan.pattern.as_ref().map_or(Place::Matched, |pattern| pattern.begin()),
                strings: plan.choices.iter().map(|choice| 0..choice.strings.len()).collect(),
                names: 0..plan.properties.len(),
                told: false,
                last: None,
                disordered: false,
                plan,
            });
        }
    }
}

/// Narrows a stretch of sorted texts that agree so far to those that go on with a byte; `next` gives the next byte of each.
pub(super) fn narrow(stretch: &Range<usize>, byte: u8, next: impl Fn(usize) -> Option<u8>) -> Range<usize> {
    let first = |before: &dyn Fn(Option<u8>) -> bool| {
        let (mut low, mut high) = (stretch.start, stretch.end);
        while low < high {
            let middle = low + (high - low) / 2;
            if before(next(middle)) { low = middle + 1 } else { high = middle }
        }
        low
    };
    // A text that ends here comes before those that go on.
    first(&|found| found < Some(byte))..first(&|found| found <= Some(byte))
}
