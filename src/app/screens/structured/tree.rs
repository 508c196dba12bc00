//! The tree as it is looked at: which row is selected, what is folded, whether the selection goes with what comes. Rows are
//! found by what is folded alone, so a move costs the same in a long document as in a short one.

use crate::lab::structured::tree::{Folded, NodeId, Tree};

/// How a tree is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The selected node; none until there is one.
    pub cursor: Option<NodeId>,
    /// What is folded.
    pub folded: Folded,
    /// Whether the selection goes with what comes.
    pub follows: bool,
    /// The first row shown.
    pub offset: usize,
}

impl Default for Look {
    fn default() -> Self {
        Self { cursor: None, folded: Folded::new(), follows: true, offset: 0 }
    }
}

/// A move of the selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Down by so many rows.
    Down(usize),
    /// Up by so many rows.
    Up(usize),
    /// To the first row.
    First,
    /// To the last row; what comes is followed again.
    Last,
}

impl Look {
    /// The row of the selection.
    pub fn row(&self, tree: &Tree) -> usize {
        self.cursor.and_then(|cursor| tree.rows(&self.folded).of(cursor)).unwrap_or(0)
    }

    /// Keeps the selection within `height` rows, at the end of what has come where it is followed.
    pub fn settle(&mut self, tree: &Tree, height: usize) {
        let rows = tree.rows(&self.folded);
        let last = rows.count().saturating_sub(1);
        if self.follows || self.cursor.is_none() {
            self.cursor = rows.from(last).next();
        }
        let at = self.cursor.and_then(|cursor| rows.of(cursor)).unwrap_or(0);
        self.offset = self.offset.min(at).max((at + 1).saturating_sub(height.max(1)));
        self.offset = self.offset.min((last + 1).saturating_sub(height.max(1)));
    }

    /// Moves the selection.
    pub fn go(&mut self, tree: &Tree, step: Step) {
        let rows = tree.rows(&self.folded);
        let (at, last) = (self.row(tree), rows.count().saturating_sub(1));
        let to = match step {
            Step::Down(by) => at.saturating_add(by).min(last),
            Step::Up(by) => at.saturating_sub(by),
            Step::First => 0,
            Step::Last => last,
        };
        self.cursor = rows.from(to).next();
        self.follows = to == last && !matches!(step, Step::Up(_));
    }

    /// Selects a row that was pointed at.
    pub fn point(&mut self, tree: &Tree, row: usize) {
        let node = tree.rows(&self.folded).from(row).next();
        self.cursor = node.or(self.cursor);
        self.follows = false;
    }

    /// Selects a node; whatever hides it is unfolded.
    pub fn show(&mut self, tree: &Tree, id: NodeId) {
        let mut at = tree.node(id).and_then(|node| node.parent);
        while let Some(id) = at {
            self.folded.remove(&id);
            at = tree.node(id).and_then(|node| node.parent);
        }
        self.cursor = Some(id);
        self.follows = false;
    }

    /// Folds the selected node, or unfolds it.
    pub fn fold(&mut self, tree: &Tree) {
        let Some(id) = self.cursor.filter(|id| holds(tree, *id)) else { return };
        if !self.folded.remove(&id) {
            self.folded.insert(id);
        }
        self.follows = false;
    }

    /// To the right: unfolds what is folded, else goes to the first value in it.
    pub fn inward(&mut self, tree: &Tree) {
        let Some(id) = self.cursor.filter(|id| holds(tree, *id)) else { return };
        if !self.folded.remove(&id) {
            self.cursor = tree.children(id).next().or(self.cursor);
        }
        self.follows = false;
    }

    /// To the left: folds what is unfolded, else goes to what the selected node is in.
    ///
    /// Tells whether there was anywhere to go.
    pub fn outward(&mut self, tree: &Tree) -> bool {
        let Some(id) = self.cursor else { return false };
        self.follows = false;
        if holds(tree, id) && self.folded.insert(id) {
            return true;
        }
        let parent = tree.node(id).and_then(|node| node.parent);
        self.cursor = parent.or(self.cursor);
        parent.is_some()
    }

    /// Folds all that is within the outermost value.
    pub fn fold_all(&mut self, tree: &Tree) {
        let inner = tree.root().into_iter().flat_map(|root| tree.children(root));
        self.folded = inner.filter(|id| holds(tree, *id)).collect();
        // What is hidden now cannot be selected.
        while let Some(id) = self.cursor
            && let Some(parent) = tree.node(id).and_then(|node| node.parent)
            && tree.rows(&self.folded).of(id).is_none()
        {
            self.cursor = Some(parent);
        }
    }

    /// Unfolds everything.
    pub fn unfold_all(&mut self) {
        self.folded.clear();
    }
}

fn holds(tree: &Tree, id: NodeId) -> bool {
    tree.node(id).is_some_and(|node| node.kind.is_container())
}

/// The node of a JSON pointer, or the innermost one that is there on the way to it.
pub fn find(tree: &Tree, pointer: &str) -> Option<NodeId> {
    let mut at = tree.root()?;
    for part in pointer.split('/').skip(1) {
        let key = part.replace("~1", "/").replace("~0", "~");
        let named = |id: &NodeId| match tree.key(*id) {
            Some(name) => name == key,
            None => tree.node(*id).is_some_and(|node| key.parse() == Ok(node.index)),
        };
        // Of a key that comes twice the last value counts.
        match tree.children(at).filter(named).last() {
            Some(child) => at = child,
            None => break,
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Tree {
        let mut tree = Tree::new();
        tree.push(text);
        tree
    }

    fn selected(look: &Look, tree: &Tree) -> String {
        look.cursor.map(|id| tree.pointer(id)).unwrap_or_default()
    }

    #[test]
    fn the_selection_follows_until_it_is_moved() {
        let mut grown = tree(r#"{"a":[1,2"#);
        let mut look = Look::default();
        look.settle(&grown, 2);
        assert_eq!((selected(&look, &grown).as_str(), look.offset), ("/a/1", 2));
        grown.push(r#",3],"b":{"#);
        look.settle(&grown, 2);
        assert_eq!((selected(&look, &grown).as_str(), look.row(&grown)), ("/b", 5));
        look.go(&grown, Step::Up(1));
        grown.push(r#""c":1"#);
        look.settle(&grown, 2);
        assert_eq!((selected(&look, &grown).as_str(), look.follows), ("/a/2", false));
        look.go(&grown, Step::Last);
        assert!(look.follows);
        look.go(&grown, Step::First);
        assert_eq!((selected(&look, &grown).as_str(), look.row(&grown)), ("", 0));
        look.go(&grown, Step::Down(100));
        assert_eq!(selected(&look, &grown), "/b/c");
    }

    #[test]
    fn folding_hides_and_showing_unfolds() {
        let whole = tree(r#"{"a":[1,{"x":2}],"b":3}"#);
        let mut look = Look::default();
        look.show(&whole, find(&whole, "/a").unwrap());
        look.fold(&whole);
        assert_eq!(whole.rows(&look.folded).count(), 3);
        look.inward(&whole);
        look.inward(&whole);
        assert_eq!(selected(&look, &whole), "/a/0");
        assert!(look.outward(&whole));
        assert_eq!(selected(&look, &whole), "/a");
        look.show(&whole, find(&whole, "/a/1/x").unwrap());
        look.fold_all(&whole);
        assert_eq!((selected(&look, &whole).as_str(), whole.rows(&look.folded).count()), ("/a", 3));
        look.show(&whole, find(&whole, "/a/1/x").unwrap());
        assert_eq!(whole.rows(&look.folded).count(), 6);
        look.fold_all(&whole);
        look.unfold_all();
        assert_eq!(whole.rows(&look.folded).count(), 6);
        look.go(&whole, Step::First);
        assert!(look.outward(&whole) && !look.outward(&whole));
    }

    #[test]
    fn a_pointer_leads_to_its_node_or_as_far_as_there_is_one() {
        let whole = tree(r#"{"a/b":[{"~":1}],"d":1,"d":2}"#);
        for (pointer, found) in
            [("", ""), ("/a~1b/0/~0", "/a~1b/0/~0"), ("/a~1b/7", "/a~1b"), ("/none", ""), ("/d", "/d")]
        {
            assert_eq!(find(&whole, pointer).map(|id| whole.pointer(id)).as_deref(), Some(found), "{pointer}");
        }
        assert_eq!(find(&whole, "/d").and_then(|id| whole.node(id)).map(|node| node.index), Some(2));
        assert_eq!(find(&Tree::new(), "/a"), None);
    }
}
