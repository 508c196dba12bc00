//! The tree of a JSON text while it grows: strict as RFC 8259, but the text may stop anywhere. Nothing recurses, so depth is
//! bounded by memory alone, and each byte is looked at once. The nodes of a prefix are the first nodes of the whole text's tree.

mod fault;
mod read;
mod rows;
mod string;
mod value;

pub use fault::{Fault, Wanted};
pub use rows::{Folded, Rows};
pub use value::TooDeep;

use read::Reader;
use std::ops::Range;

/// A node of a tree. Ids ascend in the order in which the values begin in the text, so a node comes before all that is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// The node's place among all nodes in the order of the text, from 0.
    pub fn place(self) -> usize {
        self.0 as usize
    }

    /// The node at a place among all nodes.
    pub fn at(place: u32) -> Self {
        Self(place)
    }
}

/// What a value is; known from its first byte on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number.
    Number,
    /// `true`
    True,
    /// `false`
    False,
    /// `null`
    Null,
}

impl Kind {
    /// The name of the type in JSON Schema.
    pub fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Number => "number",
            Self::True | Self::False => "boolean",
            Self::Null => "null",
        }
    }

    /// Whether it holds other values.
    pub fn is_container(self) -> bool {
        matches!(self, Self::Object | Self::Array)
    }

    /// The whole text of `true`, `false` and `null`.
    pub fn literal(self) -> Option<&'static str> {
        match self {
            Self::True => Some("true"),
            Self::False => Some("false"),
            Self::Null => Some("null"),
            _ => None,
        }
    }
}

/// How far a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// More of it may come.
    Growing,
    /// It is closed.
    Whole,
    /// It is no JSON, or breaks a rule that makes it useless.
    Invalid(Fault),
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The object or array that it is in.
    pub parent: Option<NodeId>,
    /// What it is.
    pub kind: Kind,
    /// Its place among what its parent holds, from 0.
    pub index: u32,
    /// Containers around it.
    pub depth: u32,
    /// Values directly in it.
    pub children: u32,
    /// Whether its last byte has come.
    pub whole: bool,
    /// Bytes of the text that it takes, without its key; the end is how far it has come.
    pub span: Range<usize>,
    fault: Option<Fault>,
    key: Option<Range<usize>>,
    text: Range<usize>,
    /// The first node after all that is in it; counts once it is whole.
    next: u32,
}

impl Node {
    /// How far it is.
    pub fn state(&self) -> State {
        match self.fault {
            Some(fault) => State::Invalid(fault),
            None if self.whole => State::Whole,
            None => State::Growing,
        }
    }
}

/// Where a text stops being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Break {
    /// The first byte that no JSON text could have there.
    pub at: usize,
    /// What is wrong with it.
    pub fault: Fault,
    /// The value that is cut by it; absent where none had begun.
    pub node: Option<NodeId>,
}

/// A key that has begun and whose value has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenKey<'a> {
    /// The object that it is for.
    pub object: NodeId,
    /// Its text so far, escapes read; empty where only a comma says that a key must come.
    pub text: &'a str,
    /// Whether its closing quote has come.
    pub whole: bool,
}

/// The tree of a text.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    /// Keys, strings and numbers one after another, escapes read.
    texts: String,
    reader: Reader,
}

impl Tree {
    /// A tree of no text.
    pub fn new() -> Self {
        Self::default()
    }

    /// The nodes in the order of the text.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// A node, where the tree has it.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.place())
    }

    /// The outermost value, where one has begun.
    pub fn root(&self) -> Option<NodeId> {
        (!self.nodes.is_empty()).then_some(NodeId(0))
    }

    /// The text of a string as far as it has come, escapes read; the digits of a number; the word of a literal as it will be.
    /// Empty for objects and arrays. As foreign as the text itself: clean it before it is shown.
    pub fn text(&self, id: NodeId) -> &str {
        let Some(node) = self.node(id) else { return "" };
        node.kind.literal().unwrap_or_else(|| self.texts.get(node.text.clone()).unwrap_or_default())
    }

    /// The key of a member of an object, escapes read. As foreign as the text itself.
    pub fn key(&self, id: NodeId) -> Option<&str> {
        self.texts.get(self.node(id)?.key.clone()?)
    }

    /// The innermost value that is not whole.
    pub fn growing(&self) -> Option<NodeId> {
        self.reader.scalar.or_else(|| self.reader.open.last().map(|frame| frame.node))
    }

    /// Objects and arrays that are open, from the outermost in.
    pub fn open(&self) -> impl DoubleEndedIterator<Item = NodeId> + '_ {
        self.reader.open.iter().map(|frame| frame.node)
    }

    /// The key that has begun and whose value has not. After a comma in an object one has begun that is empty.
    pub fn open_key(&self) -> Option<OpenKey<'_>> {
        let (object, key) = (self.reader.open.last()?.node, self.reader.key.as_ref()?);
        let text = self.texts.get(key.clone()).unwrap_or_default();
        Some(OpenKey { object, text, whole: self.reader.key_is_whole() })
    }

    /// Whether an object that is open has a key already, the open key not counted.
    pub fn has_key(&self, object: NodeId, key: &str) -> bool {
        let depth = self.node(object).map_or(0, |node| node.depth as usize);
        self.reader.open.get(depth).is_some_and(|frame| frame.node == object && frame.keys.contains(key))
    }

    /// Bytes that were read.
    pub fn bytes(&self) -> usize {
        self.reader.at
    }

    /// Whether one value has begun and come to its end. A number at the top ends with the text: call [`Tree::finish`] first.
    pub fn is_whole(&self) -> bool {
        self.nodes.first().is_some_and(|root| root.whole)
    }

    /// Whether the text can still become JSON: nothing is broken and nothing stands around the value.
    pub fn is_json_so_far(&self) -> bool {
        self.broken().is_none() && self.before() == 0 && self.after().is_none()
    }

    /// Where the text stops being JSON within the value; what stands before or after the value counts apart.
    pub fn broken(&self) -> Option<&Break> {
        self.reader.broken.as_ref()
    }

    /// Where the value begins, where one has begun.
    pub fn starts_at(&self) -> Option<usize> {
        self.nodes.first().map(|root| root.span.start)
    }

    /// Bytes of text that is no JSON before the value, white space at its end included; 0 where none stands there. Where no
    /// value has begun yet: all that was read.
    pub fn before(&self) -> usize {
        if self.reader.prose { self.starts_at().unwrap_or(self.reader.at) } else { self.reader.mark }
    }

    /// Whether all that stands before the value is a byte-order mark.
    pub fn is_marked(&self) -> bool {
        self.reader.mark > 0 && !self.reader.prose
    }

    /// Where text that is not white space begins after the value.
    pub fn after(&self) -> Option<usize> {
        self.reader.after
    }

    /// Nodes that are invalid, in the order in which that was seen.
    pub fn invalid(&self) -> &[NodeId] {
        &self.reader.invalid
    }

    /// What the grammar of JSON allows next.
    pub fn wanted(&self) -> Wanted {
        self.reader.wanted(self)
    }

    /// The JSON pointer (RFC 6901) of a node; empty for the outermost.
    pub fn pointer(&self, id: NodeId) -> String {
        let mut parts = Vec::new();
        let mut at = Some(id);
        while let Some(id) = at {
            let Some(node) = self.node(id) else { break };
            if node.parent.is_some() {
                parts.push(self.key(id).map_or_else(|| node.index.to_string(), escaped));
            }
            at = node.parent;
        }
        parts.iter().rev().fold(String::new(), |pointer, part| pointer + "/" + part)
    }

    /// The pointer of the member that the open key is for.
    pub fn key_pointer(&self) -> Option<String> {
        let key = self.open_key()?;
        Some(self.pointer(key.object) + "/" + &escaped(key.text))
    }

    /// The values directly in a node, in order.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let first = id.0.saturating_add(1);
        let end = self.end(id);
        std::iter::successors((first < end).then_some(first), move |at| {
            let next = self.end(NodeId(*at));
            (next < end).then_some(next)
        })
        .map(NodeId)
    }

    /// The node at a JSON pointer from a node on. Of a key that comes twice the last counts.
    pub fn find(&self, from: NodeId, pointer: &str) -> Option<NodeId> {
        let mut at = from;
        for part in pointer.split('/').skip(1) {
            let key = part.replace("~1", "/").replace("~0", "~");
            at = match self.node(at)?.kind {
                Kind::Object => self.children(at).filter(|child| self.key(*child) == Some(key.as_str())).last()?,
                _ => self.children(at).nth(key.parse().ok()?)?,
            };
        }
        Some(at)
    }

    /// The first place after all that is in a node.
    fn end(&self, id: NodeId) -> u32 {
        let all = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.node(id).map_or(all, |node| if node.whole { node.next } else { all })
    }
}

/// A key as a part of a JSON pointer.
pub fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
