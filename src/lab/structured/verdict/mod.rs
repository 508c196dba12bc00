//! The verdict on a reply: whether it is whole, whether it obeys its schema, and each fault with its path.

use super::tree::{Break, Kind, Tree};
use super::watch::Watch;
use crate::base::Unknown;
use crate::lab::schema::{Fault, Schema};

/// Faults of JSON itself that are told, such as keys that come twice.
const MOST_FAULTS: usize = 64;

/// What a reply is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// There is a JSON value and its end has come. Text around it does not count here. False for text that is no JSON.
    pub complete: bool,
    /// The text is one JSON value, no key comes twice, and it obeys the schema. Nothing while the text is cut off, and where it
    /// cannot be judged.
    pub valid: Option<bool>,
    /// Why a whole text could not be judged.
    pub valid_unknown: Option<Unknown>,
    /// Some completion of the text, or the text itself, can be valid. A number at the top can go on: `1` conforms where 12 is
    /// asked. For every other whole text it says the same as `valid`.
    pub conforms_so_far: bool,
    /// Members of some object come in another order than the schema names them. No fault.
    pub order_differs: bool,
    /// What is wrong, in this order: text around the value, keys and strings that JSON does not have so, what breaks the schema.
    /// Of a text that is cut off: what no completion could mend.
    pub errors: Vec<Fault>,
}

/// What a reply has come to, for one word on a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It obeys.
    Valid,
    /// It is whole and does not obey.
    Invalid,
    /// It was cut off by the limit of tokens and could have become valid.
    CutByLength,
    /// It ends before its end, not by the limit of tokens, and could have become valid.
    CutOff,
    /// It is cut off and could not have become valid.
    CutAndWrong,
    /// It is no JSON.
    NotJson,
    /// It cannot be judged.
    Unknown,
}

impl Outcome {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::CutByLength => "cut off by the limit of tokens, fine so far",
            Self::CutOff => "cut off, fine so far",
            Self::CutAndWrong => "cut off, and wrong before that",
            Self::NotJson => "no JSON",
            Self::Unknown => "cannot be judged",
        }
    }
}

impl Verdict {
    /// The verdict on a reply that has come to its end: [`Watch::finish`] was called. Without a schema any JSON is valid.
    pub fn of(watch: &Watch, schema: Option<&Schema>) -> Self {
        let tree = watch.tree();
        let complete = tree.is_whole();
        let mut errors = around(tree);
        errors.extend(own(tree));
        let mut unknown = None;
        if complete {
            match tree.to_value() {
                Ok(value) => {
                    errors.extend(schema.zip(value).map(|(schema, value)| schema.faults(&value)).unwrap_or_default())
                }
                Err(deep) => unknown = Some(Unknown::because(deep.to_string())),
            }
        } else {
            let faults = watch.possible().map(super::possible::Possible::faults).unwrap_or_default();
            errors.extend(faults.iter().map(|fault| Fault { path: fault.path.clone(), why: fault.why.clone() }));
        }
        let valid = match (complete, errors.is_empty()) {
            (_, false) if complete || !could_be_json(tree) => Some(false),
            (true, true) if unknown.is_none() => Some(true),
            _ => None,
        };
        let conforms = match (complete, valid) {
            (true, Some(valid)) => valid || watch.number_conforms.unwrap_or(false),
            _ => watch.conforms(),
        };
        let order_differs = watch.possible().is_some_and(super::possible::Possible::order_differs);
        Self { complete, valid, valid_unknown: unknown, conforms_so_far: conforms, order_differs, errors }
    }

    /// What it has come to, with whether the engine said that the limit of tokens ended it.
    pub fn outcome(&self, by_length: bool) -> Outcome {
        match (self.complete, self.valid) {
            (_, Some(true)) => Outcome::Valid,
            (true, Some(false)) => Outcome::Invalid,
            (false, Some(false)) => Outcome::NotJson,
            (true, None) => Outcome::Unknown,
            (false, None) if !self.conforms_so_far => Outcome::CutAndWrong,
            (false, None) if by_length => Outcome::CutByLength,
            (false, None) => Outcome::CutOff,
        }
    }
}

/// Whether the text is JSON as far as it goes; before the value something may stand.
fn could_be_json(tree: &Tree) -> bool {
    tree.broken().is_none() && (tree.root().is_some() || tree.before() == 0 || tree.is_marked())
}

fn fault(path: String, why: impl Into<String>) -> Fault {
    Fault { path, why: why.into() }
}

/// What stands around the value.
fn around(tree: &Tree) -> Vec<Fault> {
    let mut out = Vec::new();
    let before = tree.before();
    if tree.is_marked() {
        out.push(fault(String::new(), "a byte-order mark stands before the JSON"));
    } else if before > 0 && tree.root().is_none() {
        out.push(fault(String::new(), "there is no JSON value in the text"));
    } else if before > 0 {
        out.push(fault(String::new(), format!("text stands before the JSON, which begins at byte {before}")));
    }
    if let Some(after) = tree.after() {
        out.push(fault(String::new(), format!("text stands after the JSON, from byte {after} on")));
    }
    out
}

/// What JSON itself does not have so.
fn own(tree: &Tree) -> Vec<Fault> {
    let broken = tree.broken();
    let place = |stop: &Break| match stop.node {
        Some(node) if tree.node(node).is_some_and(|node| node.kind != Kind::Object) => tree.pointer(node),
        Some(_) => tree.key_pointer().or_else(|| stop.node.map(|node| tree.pointer(node))).unwrap_or_default(),
        None => String::new(),
    };
    let nodes = tree.invalid().iter().filter(|id| broken.is_none_or(|stop| stop.node != Some(**id)));
    let nodes = nodes.filter_map(|id| match tree.node(*id)?.state() {
        super::tree::State::Invalid(wrong) => Some(fault(tree.pointer(*id), wrong.words())),
        _ => None,
    });
    let stop =
        broken.map(|stop| fault(place(stop), format!("no JSON from byte {} on: {}", stop.at, stop.fault.words())));
    nodes.take(MOST_FAULTS).chain(stop).collect()
}

#[cfg(test)]
mod tests;
