//! Constraints that are shipped, each with a prompt to try it, and a user's files laid over them. Reading the files is
//! [`super::live`]'s.

use super::{Constraint, Kind};
use crate::base::Problem;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

const SHIPPED: &str = include_str!("../../../presets/structured/library.json");
/// Entries that one file may hold.
const MOST: usize = 1024;

/// A constraint with a name and a prompt that asks for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The name on the command line and of its file: letters, digits, `_` and `-`, 64 at most.
    pub name: String,
    /// What it is, in a few words.
    pub title: String,
    /// What it is for: extraction, classification, …
    pub category: String,
    /// A prompt that asks for such a reply.
    pub prompt: String,
    /// The constraint.
    pub constraint: Constraint,
}

/// Entries by name, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Library {
    /// The entries; no two have one name.
    pub entries: Vec<Entry>,
}

impl Entry {
    /// Reads an entry of a file.
    ///
    /// # Errors
    /// When it is no object, its name cannot be one, a member is unknown, or its constraint cannot be used.
    pub fn read(entry: &Value) -> Result<Self, Problem> {
        let refuse = |why: String| {
            let hint = "write {\"name\": …, \"title\": …, \"prompt\": …, \"constraint\": {\"json_schema\": {…}}}";
            Problem::failed("the entry cannot be used", why, hint)
        };
        let map = entry.as_object().ok_or_else(|| refuse("it is no JSON object".to_owned()))?;
        const KNOWN: [&str; 5] = ["name", "title", "category", "prompt", "constraint"];
        if let Some(unknown) = map.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return Err(refuse(format!("{unknown} is not known")));
        }
        let text = |name: &str| match map.get(name) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(refuse(format!("{name} is no text"))),
        };
        let name = text("name")?;
        named(&name).map_err(refuse)?;
        let constraint = Constraint::from_file(map.get("constraint").unwrap_or(&Value::Null))?;
        let title = Some(text("title")?).filter(|title| !title.is_empty()).unwrap_or_else(|| name.clone());
        Ok(Self { name, title, category: text("category")?, prompt: text("prompt")?, constraint })
    }

    /// As a file keeps it.
    pub fn to_file(&self) -> Value {
        let mut map = Map::new();
        for (name, text) in
            [("name", &self.name), ("title", &self.title), ("category", &self.category), ("prompt", &self.prompt)]
        {
            if !text.is_empty() {
                map.insert(name.to_owned(), json!(text));
            }
        }
        map.insert("constraint".to_owned(), self.constraint.to_file());
        Value::Object(map)
    }
}

/// Whether it can be a name, which is also a file's.
///
/// # Errors
/// Why not.
pub(super) fn named(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
        return Err("a name has 1 to 64 letters, digits, _ and -".to_owned());
    }
    Ok(())
}

/// Reads a file of entries: a JSON array, or one object.
///
/// # Errors
/// When it is no JSON, holds more than 1024, an entry cannot be used or two have one name; the entry's place is told.
pub fn parse(text: &str, file: &str) -> Result<Vec<Entry>, Problem> {
    let refuse = |why: String| {
        let hint = "write a JSON array of {\"name\": …, \"constraint\": {…}}";
        Problem::failed(format!("the constraints of {file} cannot be used"), why, hint)
    };
    let entries = match serde_json::from_str(text).map_err(|error| refuse(error.to_string()))? {
        Value::Array(entries) => entries,
        one @ Value::Object(_) => vec![one],
        _ => return Err(refuse("it is no JSON array".to_owned())),
    };
    if entries.len() > MOST {
        return Err(refuse(format!("it holds {} entries, {MOST} are allowed", entries.len())));
    }
    let mut out: Vec<Entry> = Vec::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        let entry = Entry::read(entry).map_err(|problem| refuse(format!("entry {}: {}", at + 1, problem.why)))?;
        if out.iter().any(|one| one.name == entry.name) {
            return Err(refuse(format!("{} is there twice", entry.name)));
        }
        out.push(entry);
    }
    Ok(out)
}

impl Library {
    /// The entries that come with vramdeck.
    pub fn shipped() -> &'static Self {
        static LIBRARY: LazyLock<Library> =
            LazyLock::new(|| Library { entries: parse(SHIPPED, "library.json").unwrap_or_default() });
        &LIBRARY
    }

    /// The shipped entries with files (name and text) laid over them in order: one of a known name replaces it, others follow.
    /// A file that cannot be used is left out whole and told.
    pub fn with<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Self, Vec<Problem>) {
        let (mut all, mut problems) = (Self::shipped().clone(), Vec::new());
        for (name, text) in files {
            match parse(text, name) {
                Ok(entries) => entries.into_iter().for_each(|entry| all.put(entry)),
                Err(problem) => problems.push(problem),
            }
        }
        (all, problems)
    }

    /// Adds an entry, or replaces the one of its name.
    pub fn put(&mut self, entry: Entry) {
        match self.entries.iter_mut().find(|one| one.name == entry.name) {
            Some(one) => *one = entry,
            None => self.entries.push(entry),
        }
    }

    /// The entry of this name.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// The entries of one kind.
    pub fn of(&self, kind: Kind) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.constraint.kind() == kind)
    }

    /// As a file keeps them; [`parse`] reads it.
    pub fn to_file(&self) -> String {
        let all: Value = self.entries.iter().map(Entry::to_file).collect();
        serde_json::to_string_pretty(&all).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::schema::Schema;
    use crate::lab::structured::conform::Matcher;
    use crate::lab::structured::{Options, request};
    use crate::wire::Dialect;

    #[test]
    fn the_shipped_constraints_can_be_used() {
        let entries = parse(SHIPPED, "library.json").unwrap();
        assert!(Kind::ALL.into_iter().all(|kind| entries.iter().any(|entry| entry.constraint.kind() == kind)));
        for category in ["extraction", "classification", "function", "nested", "enum", "date", "recursive"] {
            assert!(entries.iter().any(|entry| entry.category == category), "{category}");
        }
        for entry in &entries {
            assert!(!entry.prompt.is_empty() && entry.title != entry.name, "{}", entry.name);
            request(&entry.constraint, Dialect::Vllm, &Options::default()).unwrap();
            if let Constraint::Schema { schema, .. } = &entry.constraint {
                Schema::new(schema).unwrap_or_else(|why| panic!("{}: {why}", entry.name));
            }
            if let Some(grammar) = entry.constraint.grammar() {
                Matcher::new(&grammar).unwrap_or_else(|problem| panic!("{}: {problem}", entry.name));
            }
        }
        assert_eq!(Library::shipped().entries, entries);
        assert_eq!(parse(&Library::shipped().to_file(), "again").unwrap(), entries);
    }

    #[test]
    fn a_users_files_lie_over_the_shipped_ones() {
        let first = Library::shipped().entries[0].name.clone();
        let own = format!(
            r#"[{{"name": "{first}", "constraint": {{"regex": "a"}}}}, {{"name": "own", "constraint": {{"choice": ["a"]}}}}]"#
        );
        let (all, problems) = Library::with([("a.json", own.as_str()), ("b.json", "nope")]);
        assert_eq!((all.entries.len(), problems.len()), (Library::shipped().entries.len() + 1, 1));
        assert_eq!(all.get(&first).map(|entry| entry.constraint.kind()), Some(Kind::Regex));
        for text in [
            "4",
            r#"[{"name": "a b", "constraint": {"regex": "a"}}]"#,
            r#"[{"name": "a"}]"#,
            r#"[{"name": "a", "colour": 1, "constraint": {"regex": "a"}}]"#,
            r#"[{"name": "a", "title": 1, "constraint": {"regex": "a"}}]"#,
            r#"[{"name": "a", "constraint": {"regex": "a"}}, {"name": "a", "constraint": {"regex": "a"}}]"#,
        ] {
            assert!(parse(text, "x").is_err(), "{text}");
        }
    }
}
