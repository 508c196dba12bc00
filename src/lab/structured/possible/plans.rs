//! The plans of a schema, made when they are first met, so that a large schema costs what is used of it and a recursive one ends.

use super::plan::Plan;
use jsonschema::Draft;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// A plan of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct PlanId(u32);

#[derive(Debug)]
struct Slot {
    pointer: Box<str>,
    plan: Option<Arc<Plan>>,
}

/// All plans of one schema.
#[derive(Debug)]
pub(super) struct Plans {
    root: Arc<Value>,
    pub(super) draft: Draft,
    slots: Vec<Slot>,
    places: HashMap<Box<str>, PlanId>,
    anchors: HashMap<String, String>,
    /// Other schemas with names of their own are in it: where a reference leads is not followed.
    named: bool,
}

impl Plans {
    pub(super) fn new(root: Arc<Value>) -> Self {
        let draft = Draft::default().detect(&root);
        let (anchors, named) = names(&root, draft);
        Self { root, draft, slots: Vec::new(), places: HashMap::new(), anchors, named }
    }

    pub(super) fn root(&mut self) -> PlanId {
        self.place(String::new())
    }

    pub(super) fn pointer(&self, id: PlanId) -> &str {
        self.slots.get(id.0 as usize).map_or("", |slot| &slot.pointer)
    }

    fn place(&mut self, pointer: String) -> PlanId {
        let next = PlanId(u32::try_from(self.slots.len()).unwrap_or(u32::MAX));
        let id = *self.places.entry(pointer.as_str().into()).or_insert(next);
        if id == next {
            self.slots.push(Slot { pointer: pointer.into(), plan: None });
        }
        id
    }

    pub(super) fn plan(&mut self, id: PlanId) -> Arc<Plan> {
        let Some(slot) = self.slots.get(id.0 as usize) else { return Arc::new(Plan::opaque()) };
        if let Some(plan) = &slot.plan {
            return Arc::clone(plan);
        }
        let (pointer, root) = (slot.pointer.clone(), Arc::clone(&self.root));
        let draft = self.draft;
        let made = root
            .pointer(&pointer)
            .map(|schema| Plan::new(schema, &mut Stubs { plans: self, pointer: &pointer, draft }));
        let made = Arc::new(made.unwrap_or_else(Plan::opaque));
        if let Some(slot) = self.slots.get_mut(id.0 as usize) {
            slot.plan = Some(Arc::clone(&made));
        }
        made
    }
}

/// Where the parts of one schema are.
pub(super) struct Stubs<'a> {
    plans: &'a mut Plans,
    pointer: &'a str,
    pub(super) draft: Draft,
}

impl Stubs<'_> {
    /// The plan of a part, by its path within the schema.
    pub(super) fn stub(&mut self, path: &[&str]) -> PlanId {
        let pointer =
            path.iter().fold(self.pointer.to_owned(), |at, part| at + "/" + &super::super::tree::escaped(part));
        self.plans.place(pointer)
    }

    /// The plan of a reference within the same schema; nothing where it leads elsewhere or is not followed.
    pub(super) fn reference(&mut self, path: &str) -> Option<PlanId> {
        let path = path.strip_prefix('#').filter(|path| !self.plans.named && !path.contains('%'))?;
        let pointer = match path {
            "" => String::new(),
            path if path.starts_with('/') => path.to_owned(),
            anchor => self.plans.anchors.get(anchor)?.clone(),
        };
        self.plans.root.pointer(&pointer)?;
        Some(self.plans.place(pointer))
    }
}

/// Anchors with their places, and whether a schema within has a name of its own.
fn names(root: &Value, draft: Draft) -> (HashMap<String, String>, bool) {
    let mut anchors = HashMap::new();
    let mut named = false;
    let own = if draft == Draft::Draft4 { "id" } else { "$id" };
    let mut left = vec![(String::new(), root)];
    while let Some((pointer, value)) = left.pop() {
        match value {
            Value::Object(all) => {
                let name = all.get(own).and_then(Value::as_str);
                named |= name.is_some_and(|name| !pointer.is_empty() || name.contains('#') && !name.ends_with('#'));
                for key in ["$anchor", "$dynamicAnchor"] {
                    if let Some(anchor) = all.get(key).and_then(Value::as_str) {
                        named |= anchors.insert(anchor.to_owned(), pointer.clone()).is_some();
                    }
                }
                let inner = all.iter().filter(|(_, value)| value.is_object() || value.is_array());
                left.extend(
                    inner.map(|(key, value)| (pointer.clone() + "/" + &super::super::tree::escaped(key), value)),
                );
            }
            Value::Array(items) => {
                let inner = items.iter().enumerate().filter(|(_, value)| value.is_object() || value.is_array());
                left.extend(inner.map(|(at, value)| (format!("{pointer}/{at}"), value)));
            }
            _ => {}
        }
    }
    (anchors, named)
}
