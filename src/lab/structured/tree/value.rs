//! The tree as a value: what is there so far.

use super::{Kind, NodeId, Tree};
use serde_json::{Map, Number, Value};

/// Levels of a value that is made: what works on values recurses.
const LEVELS: u32 = 200;

/// The tree is nested too deep to be made a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooDeep;

impl std::fmt::Display for TooDeep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "it is nested more than {LEVELS} levels deep")
    }
}

impl Tree {
    /// What is there so far, without literals, numbers and keys that are cut where they mean nothing yet. Of a key that comes
    /// twice the last value counts. A number beyond what 64 bits of floating point hold becomes the largest that they hold.
    /// Nothing where no value has begun.
    ///
    /// # Errors
    /// When it is nested more than 200 levels deep.
    pub fn to_value(&self) -> Result<Option<Value>, TooDeep> {
        self.root().map_or(Ok(None), |root| self.value_of(root))
    }

    /// The same for one node and what is in it.
    ///
    /// # Errors
    /// When it is nested more than 200 levels deep.
    pub fn value_of(&self, id: NodeId) -> Result<Option<Value>, TooDeep> {
        let Some(top) = self.node(id) else { return Ok(None) };
        // Built from the last node to the first: what is in a node comes after it.
        let mut made: Vec<(u32, NodeId, Value)> = Vec::new();
        for place in (id.0..self.end(id)).rev() {
            let (at, Some(node)) = (NodeId(place), self.node(NodeId(place))) else { continue };
            if node.depth - top.depth > LEVELS {
                return Err(TooDeep);
            }
            let inner = |made: &[(u32, NodeId, Value)]| made.last().is_some_and(|(depth, ..)| *depth > node.depth);
            let value = match node.kind {
                Kind::Object => {
                    let mut members = Map::new();
                    while inner(&made) {
                        let Some((_, child, value)) = made.pop() else { break };
                        members.insert(self.key(child).unwrap_or_default().to_owned(), value);
                    }
                    Some(Value::Object(members))
                }
                Kind::Array => {
                    let mut items = Vec::new();
                    while inner(&made) {
                        items.extend(made.pop().map(|(.., value)| value));
                    }
                    Some(Value::Array(items))
                }
                _ => self.scalar(at),
            };
            made.extend(value.map(|value| (node.depth, at, value)));
        }
        Ok(made.pop().map(|(.., value)| value))
    }

    /// A string, number or literal; nothing where what is there means nothing yet.
    pub fn scalar(&self, id: NodeId) -> Option<Value> {
        let (node, text) = (self.node(id)?, self.text(id));
        match node.kind {
            Kind::Object | Kind::Array => None,
            Kind::String => Some(Value::from(text)),
            Kind::Number => number(text).map(Value::Number),
            _ if !node.whole => None,
            Kind::True => Some(Value::Bool(true)),
            Kind::False => Some(Value::Bool(false)),
            Kind::Null => Some(Value::Null),
        }
    }
}

/// A number, also one that is cut where it is one already.
fn number(text: &str) -> Option<Number> {
    if !text.ends_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let read = serde_json::from_str::<Number>(text).ok();
    read.or_else(|| Number::from_f64(if text.starts_with('-') { f64::MIN } else { f64::MAX }))
}
