//! The answers that are right for one value: as data, held against what a model gave.
//!
//! A plain JSON value stands for itself (numbers by their amount: 3 is 3.0; objects key by key, nothing beside them). An
//! object whose one key begins with `$` says more: `{"$any": […]}`, `{"$number": 2.5, "within": 0.1}`, `{"$text": "New York"}`
//! (letters and digits only, case aside), `{"$contains": "word"}`, `{"$set": […]}` in any order, `{"$optional": …}`, `{"$anything": SAMPLE}`.

use super::pair::pairs;
use serde_json::{Map, Value, json};

/// Depth to which an answer set may nest.
const DEEPEST: usize = 32;
/// Items of a list of alternatives or of a list in any order.
const MOST_ITEMS: usize = 256;
/// Characters of a value that are told.
const TOLD: usize = 80;

/// What is right for one value.
#[derive(Debug, Clone, PartialEq)]
pub enum Want {
    /// This string, boolean or null; a number by its amount.
    Exact(Value),
    /// One of these.
    Any(Vec<Want>),
    /// A number no further than `within` from `value`.
    Number {
        /// The number itself.
        value: f64,
        /// The tolerance, in the number's own unit.
        within: f64,
    },
    /// A text that is the same in letters and digits, case aside.
    Text(String),
    /// A text that holds this one in letters and digits, case aside.
    Contains(String),
    /// These in this order.
    List(Vec<Want>),
    /// These in any order.
    Set(Vec<Want>),
    /// These keys and no others.
    Object(Vec<(String, Want)>),
    /// May be left out of its object.
    Optional(Box<Want>),
    /// Any value; one that could stand there is kept as a sample.
    Anything(Value),
}

/// Where a value is not what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// JSON pointer to the value.
    pub path: String,
    /// What was wanted and what was there.
    pub why: String,
}

impl Want {
    /// Reads an answer set.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(value: &Value) -> Result<Self, String> {
        read(value, 0)
    }

    /// Holds a value against it; `path` is the pointer to the value.
    ///
    /// # Errors
    /// The first place that is not as wanted.
    pub fn check(&self, value: &Value, path: &str) -> Result<(), Miss> {
        let miss = || Miss { path: path.to_owned(), why: format!("wanted {}, got {}", self.words(), short(value)) };
        let held = |holds: bool| if holds { Ok(()) } else { Err(miss()) };
        match self {
            Self::Anything(_) => Ok(()),
            Self::Optional(inner) => inner.check(value, path),
            Self::Exact(wanted) => held(same(wanted, value)),
            Self::Any(all) if all.iter().any(|one| one.check(value, path).is_ok()) => Ok(()),
            // Of objects the first one's place says more than the whole.
            Self::Any(all) if self.is_object() => all.iter().try_for_each(|one| one.check(value, path)),
            Self::Any(_) => Err(miss()),
            Self::Number { value: wanted, within } => {
                held(value.as_f64().is_some_and(|given| (given - wanted).abs() <= *within))
            }
            Self::Text(wanted) => held(value.as_str().is_some_and(|given| plain(given) == plain(wanted))),
            Self::Contains(wanted) => held(value.as_str().is_some_and(|given| plain(given).contains(&plain(wanted)))),
            Self::List(all) => {
                let given = value.as_array().filter(|given| given.len() == all.len()).ok_or_else(miss)?;
                let mut each = all.iter().zip(given).enumerate();
                each.try_for_each(|(at, (one, item))| one.check(item, &format!("{path}/{at}")))
            }
            Self::Set(all) => {
                let given = value.as_array().filter(|given| given.len() == all.len()).ok_or_else(miss)?;
                let fits = |one: usize, other: usize| all[one].check(&given[other], "").is_ok();
                held(pairs(all.len(), given.len(), fits).iter().all(Option::is_some))
            }
            Self::Object(keys) => {
                let given = value.as_object().ok_or_else(miss)?;
                object(keys, given, path)
            }
        }
    }

    /// Whether only objects are right.
    pub fn is_object(&self) -> bool {
        match self {
            Self::Object(_) => true,
            Self::Any(all) => all.iter().all(Self::is_object),
            _ => false,
        }
    }

    /// A value that is right; `None` where it is left out.
    pub fn sample(&self) -> Option<Value> {
        Some(match self {
            Self::Exact(value) | Self::Anything(value) => value.clone(),
            Self::Any(all) => all.first()?.sample()?,
            // A whole number is given as one, so that a schema that asks for an integer accepts it.
            Self::Number { value, .. } if value.fract() == 0.0 && value.abs() < 9e15 => json!(*value as i64),
            Self::Number { value, .. } => json!(value),
            Self::Text(text) | Self::Contains(text) => json!(text),
            Self::List(all) | Self::Set(all) => all.iter().filter_map(Self::sample).collect(),
            Self::Object(keys) => Value::Object(sample(keys)),
            Self::Optional(_) => return None,
        })
    }

    fn words(&self) -> String {
        match self {
            Self::Exact(value) => short(value),
            Self::Any(all) => all.iter().map(Self::words).collect::<Vec<_>>().join(" or "),
            Self::Number { value, within } => format!("{value} (give or take {within})"),
            Self::Text(text) => format!("\"{text}\""),
            Self::Contains(text) => format!("a text with \"{text}\""),
            Self::List(all) => format!("a list of {}", all.len()),
            Self::Set(all) => format!("in any order {}", all.iter().map(Self::words).collect::<Vec<_>>().join(", ")),
            Self::Object(keys) => {
                format!("an object with {}", keys.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>().join(", "))
            }
            Self::Optional(inner) => inner.words(),
            Self::Anything(_) => "anything".to_owned(),
        }
    }
}

/// Holds an object against the keys that are wanted: nothing may lack, nothing stand beside them.
///
/// # Errors
/// The first key that lacks, is too much, or has a wrong value.
fn object(keys: &[(String, Want)], given: &Map<String, Value>, path: &str) -> Result<(), Miss> {
    for (key, want) in keys {
        let path = pointer(path, key);
        match given.get(key) {
            Some(value) => want.check(value, &path)?,
            None if matches!(want, Want::Optional(_)) => {}
            None => return Err(Miss { path, why: format!("wanted {}, left out", want.words()) }),
        }
    }
    match given.keys().find(|key| !keys.iter().any(|(known, _)| known == *key)) {
        Some(key) => Err(Miss { path: pointer(path, key), why: "was not asked for".to_owned() }),
        None => Ok(()),
    }
}

/// An object that is right, optional keys left out.
fn sample(keys: &[(String, Want)]) -> Map<String, Value> {
    keys.iter().filter_map(|(key, want)| Some((key.clone(), want.sample()?))).collect()
}

/// Reads the wanted keys of an object.
fn read_keys(map: &Map<String, Value>, depth: usize) -> Result<Vec<(String, Want)>, String> {
    map.iter().map(|(key, value)| Ok((key.clone(), read(value, depth)?))).collect()
}

fn read(value: &Value, depth: usize) -> Result<Want, String> {
    if depth > DEEPEST {
        return Err(format!("the answer set nests deeper than {DEEPEST}"));
    }
    let all = |items: &[Value]| items.iter().map(|item| read(item, depth + 1)).collect::<Result<Vec<_>, _>>();
    match value {
        Value::Array(items) => all(items).map(Want::List),
        Value::Object(map) => match map.keys().find(|key| key.starts_with('$')) {
            None => read_keys(map, depth + 1).map(Want::Object),
            Some(key) => special(key, map, depth),
        },
        other => Ok(Want::Exact(other.clone())),
    }
}

fn special(key: &str, map: &Map<String, Value>, depth: usize) -> Result<Want, String> {
    let inner = map.get(key).unwrap_or(&Value::Null);
    let others: Vec<&str> = map.keys().map(String::as_str).filter(|other| *other != key).collect();
    let within = map.get("within").and_then(Value::as_f64).filter(|within| *within >= 0.0);
    if key == "$number" {
        return match (inner.as_f64(), within, others.as_slice()) {
            (Some(value), None, []) => Ok(Want::Number { value, within: 0.0 }),
            (Some(value), Some(within), ["within"]) => Ok(Want::Number { value, within }),
            _ => Err("$number takes a number and beside it only \"within\", a number from 0 on".to_owned()),
        };
    }
    if let Some(other) = others.first() {
        return Err(format!("beside {key} stands unknown key `{other}`"));
    }
    let items = || inner.as_array().filter(|items| (1..=MOST_ITEMS).contains(&items.len()));
    let items = || items().ok_or(format!("{key} takes a list of 1 to {MOST_ITEMS}"));
    let all = |items: &Vec<Value>| items.iter().map(|item| read(item, depth + 1)).collect::<Result<Vec<_>, _>>();
    let text = || inner.as_str().filter(|text| !plain(text).is_empty()).map(str::to_owned);
    let text = || text().ok_or(format!("{key} takes a text with a letter or digit"));
    match key {
        "$any" => all(items()?).map(Want::Any),
        "$set" => all(items()?).map(Want::Set),
        "$text" => text().map(Want::Text),
        "$contains" => text().map(Want::Contains),
        "$optional" => read(inner, depth + 1).map(|inner| Want::Optional(Box::new(inner))),
        "$anything" => Ok(Want::Anything(inner.clone())),
        _ => Err(format!(
            "unknown key `{key}`: there are $any, $number, $text, $contains, $set, $optional and $anything"
        )),
    }
}

/// Letters and digits alone, in lower case.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn same(wanted: &Value, given: &Value) -> bool {
    match (wanted.as_i64(), given.as_i64()) {
        (Some(a), Some(b)) => a == b,
        _ if wanted.is_number() && given.is_number() => wanted.as_f64() == given.as_f64(),
        _ => wanted == given,
    }
}

fn pointer(path: &str, key: &str) -> String {
    format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A value as JSON, cut where it is long.
pub(super) fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= TOLD { text } else { text.chars().take(TOLD).chain(['…']).collect() }
}

#[cfg(test)]
#[path = "want_tests.rs"]
pub(in crate::lab::suite) mod tests;
