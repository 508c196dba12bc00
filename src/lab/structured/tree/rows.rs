//! The rows of a tree that are seen when some of its nodes are folded. What it costs to find them grows with the folds, not with
//! the tree.

use super::{NodeId, Tree};
use std::collections::BTreeSet;
use std::ops::Range;

/// Nodes that are folded: what is in them is not seen.
pub type Folded = BTreeSet<NodeId>;

/// The rows that are seen, from the first to the last. Holds the stretches that are hidden; make it anew when the tree or the
/// folds have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// Stretches of nodes that are not seen, in order, none within another.
    hidden: Vec<Range<u32>>,
    nodes: u32,
}

impl Tree {
    /// The rows that are seen.
    pub fn rows(&self, folded: &Folded) -> Rows {
        let nodes = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let mut hidden = Vec::new();
        let mut from = NodeId(0);
        while let Some(id) = folded.range(from..).next().filter(|id| id.0 < nodes) {
            let inner = id.0.saturating_add(1)..self.end(*id);
            from = NodeId(inner.end.max(inner.start));
            if !inner.is_empty() {
                hidden.push(inner);
            }
        }
        Rows { hidden, nodes }
    }
}

impl Rows {
    /// Rows in all.
    pub fn count(&self) -> usize {
        let hidden: u32 = self.hidden.iter().map(|range| range.end - range.start).sum();
        self.nodes.saturating_sub(hidden) as usize
    }

    /// The rows from one on, counted from 0.
    pub fn from(&self, row: usize) -> impl Iterator<Item = NodeId> + '_ {
        let mut place = u32::try_from(row).unwrap_or(u32::MAX);
        let mut fold = 0;
        while let Some(range) = self.hidden.get(fold).filter(|range| range.start <= place) {
            place = place.saturating_add(range.end - range.start);
            fold += 1;
        }
        std::iter::from_fn(move || {
            if let Some(range) = self.hidden.get(fold).filter(|range| range.start <= place) {
                place = range.end;
                fold += 1;
            }
            let here = (place < self.nodes).then_some(NodeId(place));
            place = place.saturating_add(1);
            here
        })
    }

    /// The row of a node; absent where it is hidden.
    pub fn of(&self, id: NodeId) -> Option<usize> {
        let mut gone = 0;
        for range in self.hidden.iter().take_while(|range| range.start <= id.0) {
            if range.contains(&id.0) {
                return None;
            }
            gone += range.end - range.start;
        }
        (id.0 < self.nodes).then_some((id.0 - gone) as usize)
    }
}
