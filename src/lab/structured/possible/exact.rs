//! What is judged only when a value is whole: by the validator that judges the end.

use super::plans::PlanId;
use crate::lab::schema::{self, Schema};
use jsonschema::{Draft, Registry};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;

/// The name under which the schema is known to its parts.
const NAME: &str = "urn:vramdeck:schema";
/// Bytes that may be judged again for each byte that came, so that nesting cannot make it slow.
const FOLD: usize = 4;
/// Bytes that may be judged beyond that.
const ROOM: usize = 64 * 1024;

/// Validators of the parts of a schema, made when they are first asked.
#[derive(Debug)]
pub(super) struct Exact {
    root: Arc<Value>,
    registry: Option<Option<Registry<'static>>>,
    made: HashMap<PlanId, Option<Schema>>,
    spent: usize,
}

impl Exact {
    pub(super) fn new(root: Arc<Value>) -> Self {
        Self { root, registry: None, made: HashMap::new(), spent: 0 }
    }

    /// Whether there is room to judge so many bytes more, of so many that have come.
    pub(super) fn spend(&mut self, bytes: usize, come: usize) -> bool {
        let spent = self.spent.saturating_add(bytes);
        let fine = spent <= come.saturating_mul(FOLD).saturating_add(ROOM);
        if fine {
            self.spent = spent;
        }
        fine
    }

    /// Why a value does not obey the part of the schema at a pointer; nothing where it does or where the part cannot be asked.
    pub(super) fn fault(&mut self, id: PlanId, pointer: &str, draft: Draft, value: &Value) -> Option<schema::Fault> {
        if !self.made.contains_key(&id) {
            let made = self.make(pointer, draft);
            self.made.insert(id, made);
        }
        self.made.get(&id)?.as_ref()?.first_fault(value)
    }

    fn make(&mut self, pointer: &str, draft: Draft) -> Option<Schema> {
        let root = &self.root;
        let registry = self
            .registry
            .get_or_insert_with(|| Registry::new().draft(draft).add(NAME, Value::clone(root)).ok()?.prepare().ok());
        let part = json!({"$schema": draft_name(draft), "$ref": format!("{NAME}#{}", percent(pointer))});
        Schema::part(&part, registry.as_ref()?)
    }
}

fn draft_name(draft: Draft) -> &'static str {
    match draft {
        Draft::Draft4 => "http://json-schema.org/draft-04/schema#",
        Draft::Draft6 => "http://json-schema.org/draft-06/schema#",
        Draft::Draft7 => "http://json-schema.org/draft-07/schema#",
        Draft::Draft201909 => "https://json-schema.org/draft/2019-09/schema",
        _ => "https://json-schema.org/draft/2020-12/schema",
    }
}

/// A JSON pointer as the fragment of a name.
fn percent(pointer: &str) -> String {
    let mut out = String::with_capacity(pointer.len());
    for byte in pointer.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'~' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
