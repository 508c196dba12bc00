//! Reading one key out of a config by any of its names, with every refusal naming the key.

use crate::base::Problem;
use crate::models::geometry::Doubt;
use serde_json::{Map, Value};

/// No dimension of a model comes near this.
const ABSURD: u64 = 1 << 40;
/// No model has nearly as many layers.
const MOST_LAYERS: u64 = 4096;

/// A refusal to read a config.
pub(super) fn refuse(why: impl Into<String>) -> Problem {
    Problem::failed(
        "cannot read the model's config",
        why,
        "check that config.json is the one published with the weights",
    )
}

/// The part of a config that describes the decoder, and the whole that it lies in.
pub(super) struct Keys<'a> {
    /// The decoder's part (`text_config` where there is one).
    pub(super) text: &'a Map<String, Value>,
    /// The whole.
    pub(super) top: &'a Map<String, Value>,
    /// What had to be assumed so far.
    pub(super) doubts: Vec<Doubt>,
}

impl<'a> Keys<'a> {
    /// The first of `names` that is there and not null, in the decoder's part, then in the whole.
    pub(super) fn find<'n>(&self, names: &[&'n str]) -> Option<(&'n str, &'a Value)> {
        let own = names.iter().find_map(|name| said(self.text, name).map(|value| (*name, value)));
        own.or_else(|| names.iter().find_map(|name| said(self.top, name).map(|value| (*name, value))))
    }

    /// Like [`Self::find`] without the name.
    pub(super) fn value(&self, names: &[&str]) -> Option<&'a Value> {
        self.find(names).map(|(_, value)| value)
    }

    /// A count that may be 0. A list stands for its first number.
    pub(super) fn count(&self, names: &[&str]) -> Result<Option<u64>, Problem> {
        match self.find(names) {
            Some((name, Value::Array(list))) => list.first().map(|value| whole(name, value)).transpose(),
            Some((name, value)) => whole(name, value).map(Some),
            None => Ok(None),
        }
    }

    /// A size: at least 1.
    pub(super) fn size(&self, names: &[&str]) -> Result<Option<u64>, Problem> {
        match self.count(names)? {
            Some(0) => Err(refuse(format!("`{}` is 0", self.find(names).map_or("a size", |(name, _)| name)))),
            found => Ok(found),
        }
    }

    /// A size that nothing can stand for.
    pub(super) fn need(&self, names: &[&str]) -> Result<u64, Problem> {
        self.size(names)?.ok_or_else(|| {
            refuse(format!("`{}` is missing and nothing else says it", names.first().unwrap_or(&"a key")))
        })
    }

    /// The size of layer `index` where a list gives one per layer.
    pub(super) fn at(&self, names: &[&str], index: usize) -> Result<Option<u64>, Problem> {
        match self.find(names) {
            Some((name, Value::Array(list))) => list.get(index).or(list.last()).map(|v| whole(name, v)).transpose(),
            _ => self.count(names),
        }
    }

    /// A switch.
    pub(super) fn flag(&self, names: &[&str]) -> Option<bool> {
        self.value(names).and_then(Value::as_bool)
    }

    /// A number with a fraction.
    pub(super) fn real(&self, names: &[&str]) -> Option<f64> {
        self.value(names).and_then(Value::as_f64).filter(|x| x.is_finite())
    }

    /// A word.
    pub(super) fn word(&self, names: &[&str]) -> Option<&'a str> {
        self.value(names).and_then(Value::as_str)
    }

    /// A list of words; `None` when it is not one.
    pub(super) fn words(&self, names: &[&str]) -> Option<Vec<&'a str>> {
        self.value(names)?.as_array().map(|list| list.iter().filter_map(Value::as_str).collect())
    }

    /// A list of whole numbers.
    pub(super) fn numbers(&self, names: &[&str]) -> Option<Vec<u64>> {
        self.value(names)?.as_array().map(|list| list.iter().filter_map(Value::as_u64).collect())
    }

    /// An object below the decoder's part or the whole.
    pub(super) fn part(&self, names: &[&str]) -> Option<&'a Map<String, Value>> {
        self.value(names).and_then(Value::as_object)
    }

    /// Layers, few enough to list.
    pub(super) fn layers(&self, names: &[&str]) -> Result<u64, Problem> {
        let layers = self.need(names)?;
        if layers > MOST_LAYERS {
            return Err(refuse(format!("{layers} layers are more than any model has ({MOST_LAYERS} at most)")));
        }
        Ok(layers)
    }

    /// Says what was assumed.
    pub(super) fn doubt(&mut self, what: impl Into<String>) {
        self.doubts.push(Doubt { what: what.into(), grave: false });
    }

    /// Says what was assumed where no confident figure may rest on it.
    pub(super) fn grave(&mut self, what: impl Into<String>) {
        self.doubts.push(Doubt { what: what.into(), grave: true });
    }
}

/// A key that is there and not null.
pub(super) fn said<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name).filter(|value| !value.is_null())
}

/// A whole number of a sane size.
fn whole(name: &str, value: &Value) -> Result<u64, Problem> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be whole, positive and small"
    )]
    let found = match (value.as_u64(), value.as_f64()) {
        (Some(n), _) => n,
        (None, Some(x)) if x < 0.0 => return Err(refuse(format!("`{name}` is {value}, below zero"))),
        (None, Some(x)) if x.fract() == 0.0 && x <= ABSURD as f64 => x as u64,
        _ => return Err(refuse(format!("`{name}` is not a whole number"))),
    };
    if found > ABSURD {
        return Err(refuse(format!("`{name}` is {found}, larger than any model has")));
    }
    Ok(found)
}
