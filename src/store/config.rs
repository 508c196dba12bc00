//! Layered settings: shipped defaults, overlaid by the user's file table by table, then read once.
//!
//! A wrong line in the user's file costs that line alone: it is reported with file, line and what is allowed, and the
//! default stands.

use super::files;
use crate::base::Problem;
use serde::de::DeserializeOwned;
use std::path::Path;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

/// Settings as read, and what was wrong with the user's file.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded<T> {
    /// The settings: the user's where they are right, the defaults elsewhere.
    pub value: T,
    /// One problem per wrong line.
    pub problems: Vec<Problem>,
}

/// Reads the user's `file` over the shipped `defaults`. A missing file is an empty one.
///
/// # Errors
/// Only when the shipped defaults themselves do not fit `T` (a test keeps them right).
pub fn load<T: DeserializeOwned>(defaults: &str, file: &Path) -> Result<Loaded<T>, Problem> {
    match files::read_text(file) {
        Ok(text) => overlay(defaults, &text.unwrap_or_default(), file),
        Err(problem) => {
            let mut loaded = overlay(defaults, "", file)?;
            loaded.problems.push(problem);
            Ok(loaded)
        }
    }
}

/// The same over the text of the user's file; `file` is only named.
///
/// # Errors
/// As [`load`].
pub fn overlay<T: DeserializeOwned>(defaults: &str, user: &str, file: &Path) -> Result<Loaded<T>, Problem> {
    let shipped: Table = toml::from_str(defaults).map_err(|error| broken_defaults(&error))?;
    let mut problems = Vec::new();
    let mut merged = shipped.clone();
    match (DeTable::parse(user), toml::from_str::<Table>(user)) {
        (Ok(spans), Ok(own)) => {
            let source = Source { file, text: user, spans: spans.get_ref(), shipped: &shipped };
            for path in leaves(&own) {
                let trial = with(&shipped, &own, &path);
                match read::<T>(trial) {
                    Ok((_, true)) => merged = with(&merged, &own, &path),
                    Ok((_, false)) => problems.push(source.unknown(&path)),
                    Err(error) => problems.push(source.wrong(&path, error.message())),
                }
            }
        }
        (Err(error), _) | (_, Err(error)) => problems.push(not_toml(file, user, &error)),
    }
    let value = read(merged).or_else(|error| {
        // Each line is right alone, not all together: none of them counts.
        problems.push(not_together(file, error.message()));
        read(shipped)
    });
    value.map(|(value, _)| Loaded { value, problems }).map_err(|error| broken_defaults(&error))
}

/// Reads a table; also whether every key of it is known.
fn read<T: DeserializeOwned>(table: Table) -> Result<(T, bool), toml::de::Error> {
    let mut all_known = true;
    let value = serde_ignored::deserialize(table, |_| all_known = false)?;
    Ok((value, all_known))
}

/// Every key that holds something other than a table (or an empty table).
fn leaves(table: &Table) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) if !inner.is_empty() => {
                found.extend(leaves(inner).into_iter().map(|rest| [vec![key.clone()], rest].concat()));
            }
            _ => found.push(vec![key.clone()]),
        }
    }
    found
}

/// `base` with the one value of `own` at `path`.
fn with(base: &Table, own: &Table, path: &[String]) -> Table {
    let mut result = base.clone();
    if let [key, rest @ ..] = path
        && let Some(value) = own.get(key)
    {
        let value = match (value, rest) {
            (Value::Table(inner), [_, ..]) => {
                let below = result.get(key).and_then(Value::as_table).cloned().unwrap_or_default();
                Value::Table(with(&below, inner, rest))
            }
            _ => value.clone(),
        };
        result.insert(key.clone(), value);
    }
    result
}

/// The user's file, for telling where something stands.
struct Source<'a> {
    file: &'a Path,
    text: &'a str,
    spans: &'a DeTable<'a>,
    shipped: &'a Table,
}

impl Source<'_> {
    fn unknown(&self, path: &[String]) -> Problem {
        // The first key that the defaults do not know is the one to name.
        let mut known = self.shipped;
        let mut depth = 0;
        while let Some(Value::Table(inner)) = path.get(depth).and_then(|key| known.get(key)) {
            known = inner;
            depth += 1;
        }
        let name = path.get(..=depth).unwrap_or(path).join(".");
        let allowed: Vec<&str> = known.keys().map(String::as_str).collect();
        Problem::usage(
            format!("{}: `{name}` is not a setting", self.place(path)),
            "vramdeck has no setting of that name; the line is left out",
            format!("allowed here: {}", allowed.join(", ")),
        )
    }

    fn wrong(&self, path: &[String], message: &str) -> Problem {
        let mut shipped = None;
        let mut table = Some(self.shipped);
        for key in path {
            shipped = table.and_then(|table| table.get(key));
            table = shipped.and_then(Value::as_table);
        }
        let hint = match shipped {
            Some(value) => format!("for example `{} = {value}`, the default", path.join(".")),
            None => "leave the line out".to_owned(),
        };
        let what = format!("{}: the value of `{}` cannot be used", self.place(path), path.join("."));
        Problem::usage(what, message.trim().replace('\n', "; "), hint)
    }

    /// `FILE line N` of a key.
    fn place(&self, path: &[String]) -> String {
        let mut table = self.spans;
        let mut start = 0;
        for key in path {
            let Some((name, value)) = table.get_key_value(key.as_str()) else { break };
            start = name.span().start;
            match value.get_ref() {
                DeValue::Table(inner) => table = inner,
                _ => break,
            }
        }
        format!("{} line {}", self.file.display(), line_of(self.text, start))
    }
}

fn line_of(text: &str, byte: usize) -> usize {
    text.as_bytes().iter().take(byte).filter(|b| **b == b'\n').count() + 1
}

fn not_toml(file: &Path, text: &str, error: &toml::de::Error) -> Problem {
    let line = error.span().map_or(1, |span| line_of(text, span.start));
    Problem::usage(
        format!("{} line {line}: the file is not TOML", file.display()),
        error.message().trim().replace('\n', "; "),
        "mend the line; until then the defaults stand",
    )
}

fn not_together(file: &Path, message: &str) -> Problem {
    Problem::usage(
        format!("{}: its settings do not go together", file.display()),
        message.trim().replace('\n', "; "),
        "mend the file; until then the defaults stand",
    )
}

fn broken_defaults(error: &toml::de::Error) -> Problem {
    Problem::failed(
        "vramdeck's shipped defaults cannot be read",
        error.message(),
        "this is a bug of vramdeck; report it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    const DEFAULTS: &str = "hz = 2.0\nname = \"a\"\n[inner]\non = true\nsize = 3\n";

    #[derive(Debug, Deserialize, PartialEq)]
    struct Inner {
        on: bool,
        size: u8,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Shape {
        hz: f64,
        name: String,
        inner: Inner,
    }

    fn loaded(user: &str) -> Loaded<Shape> {
        overlay(DEFAULTS, user, Path::new("config.toml")).unwrap()
    }

    #[test]
    fn the_users_values_win_table_by_table() {
        let loaded = loaded("name = \"b\"\n[inner]\nsize = 9\n");
        assert_eq!(loaded.problems, []);
        assert_eq!(loaded.value, Shape { hz: 2.0, name: "b".into(), inner: Inner { on: true, size: 9 } });
    }

    #[test]
    fn a_wrong_line_costs_that_line_alone() {
        let loaded = loaded("name = \"b\"\nhertz = 3\n\n[inner]\nsize = \"big\"\ncolour = 1\n");
        assert_eq!(loaded.value.name, "b");
        assert_eq!(loaded.value.inner, Inner { on: true, size: 3 });
        let told: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "config.toml line 2: `hertz` is not a setting: vramdeck has no setting of that name; the line is left out\n  try: allowed here: hz, name, inner",
                "config.toml line 5: the value of `inner.size` cannot be used: invalid type: string \"big\", expected u8\n  try: for example `inner.size = 3`, the default",
                "config.toml line 6: `inner.colour` is not a setting: vramdeck has no setting of that name; the line is left out\n  try: allowed here: on, size",
            ]
        );
    }

    #[test]
    fn broken_files_leave_the_defaults() {
        let loaded = loaded("name = \"b\"\nhz = = 3\n");
        assert_eq!(loaded.value.name, "a");
        assert!(loaded.problems[0].what.contains("line 2"), "{}", loaded.problems[0]);
    }

    #[test]
    fn a_table_where_a_value_belongs_is_told() {
        for user in ["[hz]\nx = 1\n", "inner = 3\n", "[[inner]]\n"] {
            let loaded = loaded(user);
            assert_eq!(loaded.value.hz, 2.0);
            assert_eq!(loaded.problems.len(), 1, "{user}: {:?}", loaded.problems);
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_settings(user in "\\PC*|[a-z\\[\\]=\".\n ]{0,60}") {
            loaded(&user);
        }
    }
}
