//! A constraint as a person writes it, with the place of what is wrong.

use super::{Constraint, Kind, Syntax};
use crate::base::Problem;
use crate::base::text::clean_line;
use crate::lab::schema::Schema;
use serde_json::Value;

/// Bytes of a constraint that is read.
const MOST: usize = 8 << 20;

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: Problem,
}

impl Mistake {
    pub(super) fn at(text: &str, byte: usize, problem: Problem) -> Self {
        let before = text.get(..byte.min(text.len())).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column, problem }
    }
}

/// The mistake as a problem that names its place.
impl From<Mistake> for Problem {
    fn from(mistake: Mistake) -> Self {
        let Mistake { line, column, mut problem } = mistake;
        problem.why = format!("line {line}, column {column}: {}", problem.why);
        problem
    }
}

/// Reads what a person wrote for a constraint of this kind: a JSON Schema, a regular expression, choices one a line or as a JSON
/// list, a grammar in any dialect, a structural tag as JSON. JSON mode needs no text.
///
/// # Errors
/// With the place of the first thing that is wrong.
pub fn read(kind: Kind, text: &str) -> Result<Constraint, Mistake> {
    let refuse = |byte: usize, why: &str, hint: &str| {
        Mistake::at(text, byte, Problem::usage(format!("the {} cannot be used", kind.title()), why, hint))
    };
    if text.len() > MOST {
        return Err(refuse(0, &format!("it is larger than {} MiB", MOST >> 20), "write a smaller one"));
    }
    if kind != Kind::JsonMode && text.trim().is_empty() {
        return Err(refuse(0, "there is nothing yet", "write one, or take one of the library"));
    }
    match kind {
        Kind::JsonMode => Ok(Constraint::JsonMode),
        Kind::Schema => schema(text),
        Kind::Regex => regex(text.trim_end_matches('\n')),
        Kind::Choice => choice(text),
        Kind::Grammar => Ok(Constraint::Grammar { text: text.to_owned(), syntax: Syntax::guess(text) }),
        Kind::Tag => {
            let tag = json(kind, text)?;
            if tag.get("format").is_none() && tag.get("structures").is_none() {
                return Err(refuse(0, "it has neither `format` nor `structures`", "write {\"format\": {\"type\": …}}"));
            }
            Ok(Constraint::Tag(tag))
        }
    }
}

/// Reads a schema file: a schema, or an object that holds one as requests do (`json_schema.schema`, `schema`).
fn schema(text: &str) -> Result<Constraint, Mistake> {
    let value = json(Kind::Schema, text)?;
    let (name, schema) = unwrapped(value);
    let usable = if schema.is_object() || schema.is_boolean() {
        Schema::new(&schema).map(|_| ())
    } else {
        Err("a JSON Schema is an object".to_owned())
    };
    match usable {
        Ok(()) => Ok(Constraint::Schema { name, schema }),
        Err(why) => {
            let problem = Problem::usage("the JSON Schema cannot be used", clean_line(&why), "correct what it names");
            Err(Mistake::at(text, 0, problem))
        }
    }
}

/// The schema within what requests and tools wrap around it, and its name.
fn unwrapped(value: Value) -> (String, Value) {
    let wrapped = ["/json_schema/schema", "/response_format/json_schema/schema", "/structured_outputs/json"];
    let named = |value: &Value| {
        let name = value.pointer("/json_schema/name").or_else(|| value.get("title"))?;
        Some(clean_line(name.as_str()?)).filter(|name| !name.is_empty())
    };
    let name = named(&value).unwrap_or_else(|| "answer".to_owned());
    match wrapped.iter().find_map(|pointer| value.pointer(pointer)) {
        Some(inner) => (name, inner.clone()),
        None => (name, value),
    }
}

fn json(kind: Kind, text: &str) -> Result<Value, Mistake> {
    serde_json::from_str(text).map_err(|error| {
        let words = error.to_string();
        let why = words.split(" at line ").next().unwrap_or_default().to_owned();
        let problem = Problem::usage(format!("the {} is no JSON", kind.title()), why, "correct it there");
        // Its columns count bytes.
        let line = error.line().max(1);
        let bytes = error.column().saturating_sub(1);
        let before = text.lines().nth(line - 1).unwrap_or_default();
        let column = before.get(..bytes.min(before.len())).unwrap_or(before).chars().count() + 1;
        Mistake { line, column, problem }
    })
}

fn regex(text: &str) -> Result<Constraint, Mistake> {
    match regex_syntax::ParserBuilder::new().nest_limit(200).build().parse(text) {
        Ok(_) => Ok(Constraint::Regex(text.to_owned())),
        Err(error) => {
            let (byte, why) = match &error {
                regex_syntax::Error::Parse(error) => (error.span().start.offset, error.kind().to_string()),
                regex_syntax::Error::Translate(error) => (error.span().start.offset, error.kind().to_string()),
                _ => (0, error.to_string()),
            };
            let what = "the regular expression cannot be read";
            Err(Mistake::at(text, byte, Problem::usage(what, why, "correct it there")))
        }
    }
}

fn choice(text: &str) -> Result<Constraint, Mistake> {
    let texts = if text.trim_start().starts_with('[') {
        let list = json(Kind::Choice, text)?;
        let all = list.as_array().into_iter().flatten().map(|one| one.as_str().map(str::to_owned));
        all.collect::<Option<Vec<_>>>().ok_or_else(|| {
            let problem =
                Problem::usage("the choice cannot be used", "it is no list of texts", "write [\"yes\", \"no\"]");
            Mistake::at(text, 0, problem)
        })?
    } else {
        let lines = text.lines().map(|line| line.trim_end_matches('\r'));
        lines.filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()
    };
    let twice = texts.iter().enumerate().find(|(at, one)| texts[..*at].contains(one));
    if let Some((at, one)) = twice {
        let what = format!("{} can be chosen twice", clean_line(one));
        let line =
            text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).nth(at).map_or(0, |(line, _)| line);
        let problem = Problem::usage("the choice cannot be used", what, "leave one out");
        return Err(Mistake { line: line + 1, column: 1, problem });
    }
    Ok(Constraint::Choice(texts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_kind_is_read() {
        let schema = json!({"type": "object"});
        for text in [schema.to_string(), json!({"json_schema": {"name": "n", "schema": schema}}).to_string()] {
            assert!(matches!(read(Kind::Schema, &text), Ok(Constraint::Schema { schema: got, .. }) if got == schema));
        }
        assert_eq!(read(Kind::Regex, "a+\n").unwrap(), Constraint::Regex("a+".into()));
        let two = Constraint::Choice(vec!["yes".into(), "no".into()]);
        assert_eq!(read(Kind::Choice, "yes\n\nno\r\n").unwrap(), two);
        assert_eq!(read(Kind::Choice, " [\"yes\", \"no\"]").unwrap(), two);
        assert_eq!(read(Kind::JsonMode, "").unwrap(), Constraint::JsonMode);
        let lark = Constraint::Grammar { text: "start: \"a\"".into(), syntax: Syntax::Lark };
        assert_eq!(read(Kind::Grammar, "start: \"a\"").unwrap(), lark);
        assert_eq!(read(Kind::Tag, "{\"format\": {}}").unwrap(), Constraint::Tag(json!({"format": {}})));
    }

    #[test]
    fn mistakes_have_their_place() {
        for (kind, text, line, column, why) in [
            (Kind::Schema, "{\n  \"a\": é }", 2, 8, "expected value"),
            (Kind::Schema, "{\"type\": 7}", 1, 1, ""),
            (Kind::Schema, "[]", 1, 1, "is an object"),
            (Kind::Regex, "é([", 1, 3, "unclosed"),
            (Kind::Choice, "a\nb\na", 3, 1, "twice"),
            (Kind::Choice, "[1]", 1, 1, "list of texts"),
            (Kind::Grammar, " \n", 1, 1, "nothing yet"),
            (Kind::Tag, "{}", 1, 1, "neither"),
        ] {
            let mistake = read(kind, text).unwrap_err();
            assert_eq!((mistake.line, mistake.column), (line, column), "{text}: {mistake:?}");
            assert!(mistake.problem.why.contains(why), "{text}: {mistake:?}");
            assert!(Problem::from(mistake).why.starts_with("line"));
        }
    }
}
