//! What each dialect does with each parameter: its range, its default, or why it is not there. The data lies in
//! `presets/sampling/`, one file a dialect.

use super::{Kind, Param, Setting};
use crate::wire::Dialect;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The values a dialect takes for a number, and how a slider walks through them.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    /// Left end of the slider.
    pub min: f64,
    /// Right end of the slider.
    pub max: f64,
    /// Whether `min` itself is refused.
    pub above_min: bool,
    /// Whether values below `min` are taken too.
    pub open_min: bool,
    /// Whether values above `max` are taken too.
    pub open_max: bool,
    /// Single values outside that are taken too, for example -1 for "off".
    pub also: Vec<f64>,
    /// The engine's value when none is sent, where it is known. For a switch 0 is off.
    pub default: Option<f64>,
    /// One step of the slider; 0 where it climbs a ladder of round numbers.
    pub step: f64,
    /// Whether the slider's positions are logarithmic.
    pub log: bool,
}

/// Whether a dialect has a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Support {
    /// It has, under the name of the API.
    Yes {
        /// The field's name in a request.
        field: String,
        /// Values and steps; meaningless but for `default` where the parameter is not a number.
        range: Range,
    },
    /// It has not; vramdeck reaches the same by other means.
    Emulated {
        /// By which means.
        how: String,
        /// Values and steps.
        range: Range,
    },
    /// It has not.
    No {
        /// Why, one clause.
        why: String,
    },
}

impl Support {
    /// The range, where the parameter can be set.
    pub fn range(&self) -> Option<&Range> {
        match self {
            Self::Yes { range, .. } | Self::Emulated { range, .. } => Some(range),
            Self::No { .. } => None,
        }
    }

    /// Why the parameter cannot be set.
    pub fn why_not(&self) -> Option<&str> {
        match self {
            Self::No { why } => Some(why),
            _ => None,
        }
    }
}

/// Whether, how and in which range a dialect takes a parameter.
pub fn support(param: Param, dialect: Dialect) -> &'static Support {
    static MISSING: LazyLock<Support> = LazyLock::new(|| Support::No { why: "not known here".into() });
    TABLES.get(&dialect.name()).and_then(|table| table.get(&param)).unwrap_or(&MISSING)
}

/// The engine's value when a parameter is not sent, where known.
pub fn default_of(param: Param, dialect: Dialect) -> Option<Setting> {
    let default = support(param, dialect).range()?.default?;
    Some(match param.kind() {
        Kind::Switch => Setting::Switch(default != 0.0),
        Kind::Whole => Setting::Whole(default as i64),
        Kind::Real => Setting::Real(default),
        Kind::Strings => return None,
    })
}

/// One entry of a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    field: Option<String>,
    how: Option<String>,
    no: Option<String>,
    #[serde(default)]
    min: f64,
    #[serde(default)]
    max: f64,
    #[serde(default)]
    above_min: bool,
    #[serde(default)]
    open_min: bool,
    #[serde(default)]
    open_max: bool,
    #[serde(default)]
    also: Vec<f64>,
    default: Option<f64>,
    #[serde(default)]
    step: f64,
    #[serde(default)]
    log: bool,
}

impl From<Entry> for Support {
    fn from(entry: Entry) -> Self {
        let Entry { field, how, no, min, max, above_min, open_min, open_max, also, default, step, log } = entry;
        let range = Range { min, max, above_min, open_min, open_max, also, default, step, log };
        match (field, how, no) {
            (Some(field), _, _) => Self::Yes { field, range },
            (_, Some(how), _) => Self::Emulated { how, range },
            (_, _, why) => Self::No { why: why.unwrap_or_default() },
        }
    }
}

type Table = BTreeMap<Param, Support>;

static TABLES: LazyLock<BTreeMap<&'static str, Table>> = LazyLock::new(|| {
    Dialect::ALL.into_iter().map(|dialect| (dialect.name(), parse(source(dialect)).unwrap_or_default())).collect()
});

fn source(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Vllm => include_str!("../../../presets/sampling/vllm.toml"),
        Dialect::LlamaCpp => include_str!("../../../presets/sampling/llama_cpp.toml"),
        Dialect::Ollama => include_str!("../../../presets/sampling/ollama.toml"),
        Dialect::OpenAi => include_str!("../../../presets/sampling/openai.toml"),
    }
}

fn parse(text: &str) -> Result<Table, toml::de::Error> {
    let entries: BTreeMap<Param, Entry> = toml::from_str(text)?;
    Ok(entries.into_iter().map(|(param, entry)| (param, entry.into())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dialect_answers_for_every_parameter() {
        for dialect in Dialect::ALL {
            let table = parse(source(dialect)).unwrap();
            for param in Param::ALL {
                let support = table.get(&param).unwrap_or_else(|| panic!("{dialect:?} {param:?}"));
                assert_eq!(serde_json::to_value(param).unwrap(), param.name());
                match support.range() {
                    None => assert!(!support.why_not().unwrap().is_empty(), "{dialect:?} {param:?}"),
                    Some(range) if matches!(param.kind(), Kind::Whole | Kind::Real) => {
                        assert!(range.min < range.max, "{dialect:?} {param:?}");
                        assert!(range.step > 0.0 || range.log, "{dialect:?} {param:?}");
                        assert!(!range.above_min || range.step > 0.0, "{dialect:?} {param:?}");
                    }
                    Some(_) => {}
                }
            }
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(parse("[temperature]\nfield = \"t\"\nmaximum = 2").unwrap_err().to_string().contains("maximum"));
        assert!(parse("[temprature]\nfield = \"t\"").is_err());
    }

    #[test]
    fn defaults_differ_by_engine() {
        for (param, dialect, default) in [
            (Param::Temperature, Dialect::Vllm, Some(Setting::Real(1.0))),
            (Param::Temperature, Dialect::LlamaCpp, Some(Setting::Real(0.8))),
            (Param::Temperature, Dialect::OpenAi, None),
            (Param::TopK, Dialect::LlamaCpp, Some(Setting::Whole(40))),
            (Param::IgnoreEos, Dialect::Vllm, Some(Setting::Switch(false))),
        ] {
            assert_eq!(default_of(param, dialect), default, "{param:?} {dialect:?}");
        }
    }
}
