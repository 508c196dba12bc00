//! Named sets of settings: those shipped, and the user's file `sampling.toml`. Reading and writing the file is the
//! caller's.

use super::{Param, Setting, Settings, value};
use crate::base::Problem;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use toml::{Spanned, Value};

/// The name of the user's file in the configuration folder.
pub const FILE: &str = "sampling.toml";

/// Settings by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Presets(pub BTreeMap<String, Settings>);

impl Presets {
    /// The presets that come with vramdeck.
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Presets> = LazyLock::new(|| Presets::parse(TEXT, FILE).unwrap_or_default());
        &SHIPPED
    }

    /// Reads presets from TOML; `file` is its name, for messages.
    ///
    /// # Errors
    /// When it is no TOML, or a key or value is not known: file, line and what is allowed are named.
    pub fn parse(text: &str, file: &str) -> Result<Self, Problem> {
        let tables: Tables = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| line_of(text, span.start));
            Problem::usage(
                format!("{file} line {line} cannot be read"),
                error.message().lines().next().unwrap_or_default().to_owned(),
                "a preset is a table: [name] and below it lines such as temperature = 0.7",
            )
        })?;
        let settings = |table: Table| {
            table
                .into_iter()
                .map(|(key, value)| one(key, value).map_err(|(at, why)| refused(file, line_of(text, at), why)))
                .collect::<Result<_, _>>()
                .map(Settings)
        };
        tables.into_iter().map(|(name, table)| Ok((name, settings(table)?))).collect::<Result<_, _>>().map(Self)
    }

    /// The presets as TOML, as [`Presets::parse`] reads them.
    pub fn to_toml(&self) -> String {
        let table = |settings: &Settings| -> Value {
            let entries = settings.0.iter().map(|(param, value)| (param.name().to_owned(), to_toml(value)));
            Value::Table(entries.collect())
        };
        let all: toml::Table = self.0.iter().map(|(name, settings)| (name.clone(), table(settings))).collect();
        toml::to_string(&all).unwrap_or_default()
    }

    /// These presets over the shipped ones.
    pub fn with_shipped(&self) -> Self {
        let mut all = Self::shipped().clone();
        all.0.extend(self.0.clone());
        all
    }

    /// Keeps settings under a name, replacing what had it.
    ///
    /// # Errors
    /// When the name is empty, longer than 40 characters, or has control characters.
    pub fn save(&mut self, name: &str, settings: Settings) -> Result<(), Problem> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 40 || name.chars().any(char::is_control) {
            return Err(Problem::usage(
                "the preset is not saved",
                "a name has 1 to 40 characters",
                "give another name",
            ));
        }
        self.0.insert(name.to_owned(), settings);
        Ok(())
    }

    /// The settings of a name.
    ///
    /// # Errors
    /// When there is none; the names are listed.
    pub fn load(&self, name: &str) -> Result<&Settings, Problem> {
        self.0.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.0.keys().map(String::as_str).collect();
            Problem::usage(format!("there is no preset {name}"), "that name is not saved", names.join(", "))
        })
    }

    /// Forgets a name; whether it was there. A shipped preset shows again once the user's of that name is gone.
    pub fn delete(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }
}

const TEXT: &str = include_str!("../../../presets/sampling/presets.toml");

type Table = BTreeMap<Spanned<String>, Spanned<Value>>;
type Tables = BTreeMap<String, Table>;

fn one(key: Spanned<String>, value: Spanned<Value>) -> Result<(Param, Setting), (usize, String)> {
    let at = key.span().start;
    let key = key.into_inner();
    let Some(param) = Param::ALL.into_iter().find(|param| param.name() == key) else {
        let names: Vec<&str> = Param::ALL.into_iter().map(Param::name).collect();
        return Err((at, format!("{key} is no sampling parameter; there are {}", names.join(", "))));
    };
    from_toml(value.into_inner())
        .and_then(|value| value::coerce(param, value))
        .map(|value| (param, value))
        .ok_or_else(|| (at, format!("{key} takes {}", param.kind().words())))
}

fn from_toml(value: Value) -> Option<Setting> {
    match value {
        Value::Boolean(on) => Some(Setting::Switch(on)),
        Value::Integer(n) => Some(Setting::Whole(n)),
        Value::Float(x) => Some(Setting::Real(x)),
        Value::String(text) => Some(Setting::Strings(vec![text])),
        Value::Array(list) => {
            let texts = list.into_iter().map(|text| text.as_str().map(str::to_owned));
            texts.collect::<Option<_>>().map(Setting::Strings)
        }
        _ => None,
    }
}

fn to_toml(value: &Setting) -> Value {
    match value {
        Setting::Switch(on) => (*on).into(),
        Setting::Whole(n) => (*n).into(),
        Setting::Real(x) => (*x).into(),
        Setting::Strings(list) => list.clone().into(),
    }
}

fn refused(file: &str, line: usize, why: String) -> Problem {
    Problem::usage(format!("{file} line {line} cannot be used"), why, "correct that line")
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}
