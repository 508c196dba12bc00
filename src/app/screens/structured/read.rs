//! A constraint as it is written in the editor: read, and written.

use crate::base::Problem;
use crate::base::text::clean_line;
use crate::lab::structured::infer::{from_example, from_type};
use crate::lab::structured::{Constraint, Kind, Syntax, legacy, read as lab};
use serde_json::Value;

/// Bytes that are read while a person types.
pub const AT_ONCE: usize = 64 << 10;
/// References that are followed to find whether a schema contains itself.
const REFERENCES: usize = 2000;

/// What the editor writes: a kind, and of grammars the dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// The kind.
    pub kind: Kind,
    /// The dialect of a grammar.
    pub syntax: Syntax,
}

impl Form {
    /// The form of a constraint.
    pub fn of(constraint: &Constraint) -> Self {
        let syntax = match constraint {
            Constraint::Grammar { syntax, .. } => *syntax,
            _ => Syntax::Gbnf,
        };
        Self { kind: constraint.kind(), syntax }
    }

    /// In words.
    pub fn title(self) -> String {
        match self.kind {
            Kind::Grammar => format!("grammar, {}", self.syntax.title()),
            kind => kind.title().to_owned(),
        }
    }

    /// The next one: every kind that has a text, grammars in each dialect.
    pub fn next(self) -> Self {
        let to = |kind| Self { kind, syntax: Syntax::ALL[0] };
        match self.kind {
            Kind::JsonMode | Kind::Tag => to(Kind::Schema),
            Kind::Schema => to(Kind::Regex),
            Kind::Regex => to(Kind::Choice),
            Kind::Choice => to(Kind::Grammar),
            Kind::Grammar => match Syntax::ALL.iter().skip_while(|syntax| **syntax != self.syntax).nth(1) {
                Some(syntax) => Self { kind: Kind::Grammar, syntax: *syntax },
                None => to(Kind::Tag),
            },
        }
    }

    /// How it is written, in a few words.
    pub fn hint(self) -> &'static str {
        match self.kind {
            Kind::JsonMode => "it has no text",
            Kind::Schema => "a JSON Schema, or paste an example or an old request",
            Kind::Regex => "a regular expression that the whole answer matches",
            Kind::Choice => "one answer on each line",
            Kind::Grammar => match self.syntax {
                Syntax::Lark => "rules such as start: \"yes\" | \"no\"",
                Syntax::Ebnf | Syntax::Gbnf => "rules such as root ::= \"yes\" | \"no\"",
            },
            Kind::Tag => "vLLM's structural tag, a JSON object",
        }
    }
}

/// The text of a constraint, as the editor shows it.
pub fn text(constraint: &Constraint) -> String {
    let pretty = |value: &Value| serde_json::to_string_pretty(value).unwrap_or_default();
    match constraint {
        Constraint::JsonMode => String::new(),
        Constraint::Schema { schema, .. } => pretty(schema),
        Constraint::Regex(pattern) => pattern.clone(),
        Constraint::Choice(all) => all.join("\n"),
        Constraint::Grammar { text, .. } => text.clone(),
        Constraint::Tag(value) => pretty(value),
    }
}

/// A constraint that can be used, with what is worth knowing of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ready {
    /// The constraint.
    pub constraint: Constraint,
    /// What is worth knowing.
    pub notes: Vec<String>,
}

/// Reads a text.
///
/// # Errors
/// What is wrong with it, with line and column.
pub fn read(form: Form, name: &str, text: &str) -> Result<Ready, Problem> {
    let mut constraint = lab::read(form.kind, text)?;
    let mut notes = Vec::new();
    match &mut constraint {
        Constraint::Schema { name: called, schema } => {
            if !name.is_empty() {
                name.clone_into(called);
            }
            notes.extend(of_schema(schema)?);
        }
        Constraint::Grammar { syntax, .. } => *syntax = form.syntax,
        _ => {}
    }
    Ok(Ready { constraint, notes })
}

/// What is worth knowing of a schema.
fn of_schema(schema: &Value) -> Result<Option<String>, Problem> {
    let references = references(schema);
    if let Some(remote) = references.iter().find(|to| !to.starts_with('#')) {
        let what = "a reference to elsewhere is refused";
        let why = format!("$ref {}: nothing is fetched", clean_line(remote));
        return Err(Problem::usage(what, why, "put the schema into $defs and refer to #/$defs/NAME"));
    }
    let said = "it contains itself: an answer may be nested without end, and max tokens is what bounds it";
    Ok(contains_itself(schema, &references).then(|| said.to_owned()))
}

/// All that is referred to, each once.
fn references(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                for (key, inner) in members {
                    match inner {
                        Value::String(to) if key == "$ref" && !found.contains(to) && found.len() < REFERENCES => {
                            found.push(to.clone());
                        }
                        // Data is no schema.
                        _ if matches!(key.as_str(), "enum" | "const" | "default" | "examples") => {}
                        inner => open.push(inner),
                    }
                }
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    found
}

/// Whether a part that is referred to leads back to itself.
fn contains_itself(root: &Value, references: &[String]) -> bool {
    let inner = |to: &String| match root.pointer(to.trim_start_matches('#')) {
        Some(part) => self::references(part),
        None => Vec::new(),
    };
    let edges: Vec<(&String, Vec<String>)> = references.iter().map(|to| (to, inner(to))).collect();
    edges.iter().any(|(start, first)| {
        let mut seen: Vec<&String> = Vec::new();
        let mut open: Vec<&String> = first.iter().collect();
        while let Some(to) = open.pop() {
            if to == *start || to == "#" {
                return true;
            }
            if !seen.contains(&to) {
                seen.push(to);
                open.extend(edges.iter().filter(|(from, _)| *from == to).flat_map(|(_, next)| next));
            }
        }
        *start == "#"
    })
}

/// Takes the constraint out of the body of a request that was pasted: the form, its text, and what was rewritten. Nothing where
/// it is no such request.
pub fn request(text: &str) -> Option<(Form, String, Vec<String>)> {
    let named = ["guided_", "structured_outputs", "response_format", "\"grammar\"", "\"json_schema\""];
    if !named.iter().any(|name| text.contains(name)) {
        return None;
    }
    let (body, rewritten) = legacy::rewrite(text).ok()?;
    let fields = body.get("structured_outputs").or(body.pointer("/extra_body/structured_outputs"));
    let taken = fields.and_then(own).or_else(|| response_format(&body)).or_else(|| own(&body))?;
    let mut notes = vec!["the constraint was taken out of the request".to_owned()];
    let said = rewritten.into_iter().map(|one| {
        let to = one.to.map(|to| format!(" is now {to}")).unwrap_or_default();
        clean_line(&format!("{}{to}: {}", one.from, one.why))
    });
    notes.extend(said);
    Some((Form::of(&taken), self::text(&taken), notes))
}

fn named(schema: &Value) -> Constraint {
    Constraint::Schema { name: "answer".to_owned(), schema: schema.clone() }
}

fn own(fields: &Value) -> Option<Constraint> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    if let Some(schema) = fields.get("json").or(fields.get("json_schema")).filter(|value| value.is_object()) {
        return Some(named(schema));
    }
    if let Some(all) = fields.get("choice").and_then(Value::as_array) {
        return Some(Constraint::Choice(all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect()));
    }
    let grammar = |text: String| Constraint::Grammar { syntax: Syntax::guess(&text), text };
    let tag = || fields.get("structural_tag").filter(|value| value.is_object()).cloned().map(Constraint::Tag);
    text("regex").map(Constraint::Regex).or_else(|| text("grammar").map(grammar)).or_else(tag)
}

fn response_format(body: &Value) -> Option<Constraint> {
    let format = body.get("response_format")?;
    let schema = format.pointer("/json_schema/schema").or(format.get("schema"));
    schema.filter(|value| value.is_object()).map(named)
}

/// A schema of an example, or of a type of TypeScript or Rust.
///
/// # Errors
/// With the place of what is not understood.
pub fn infer(text: &str) -> Result<Value, Problem> {
    let begins =
        |word: &str| text.trim_start().trim_start_matches("export ").trim_start_matches("pub ").starts_with(word);
    if ["interface ", "type ", "struct ", "enum ", "#["].into_iter().any(begins) {
        return Ok(from_type(text)?);
    }
    let value = serde_json::from_str(text).map_err(|error| {
        let hint = "write an example as JSON, or a type of TypeScript or Rust";
        Problem::usage("no schema can be made of it", clean_line(&error.to_string()), hint)
    })?;
    Ok(from_example(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(kind: Kind) -> Form {
        Form { kind, syntax: Syntax::Lark }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (kind, text, said) in [
            (Kind::Schema, "", "nothing yet"),
            (Kind::Schema, "{\"a\": 1,\n  }", "line 2, column 3"),
            (Kind::Schema, "[1]", "object"),
            (Kind::Schema, r#"{"$ref": "https://example.com/a.json"}"#, "example.com"),
            (Kind::Regex, "a(", "line 1, column 2"),
            (Kind::Tag, "{}", "neither"),
        ] {
            let problem = read(form(kind), "n", text).unwrap_err();
            assert!(problem.why.contains(said), "{text}: {problem:?}");
        }
    }

    #[test]
    fn a_schema_comes_of_an_example_or_a_type() {
        for text in ["{\"a\": 1}", "interface A { a: number }", "struct A { a: i64 }"] {
            assert!(infer(text).unwrap().to_string().contains("properties"), "{text}");
        }
        assert!(infer("a: 1").is_err() && infer("interface A {").is_err());
    }

    #[test]
    fn a_schema_that_contains_itself_is_noted_and_data_is_no_schema() {
        for (text, recursive) in [
            (r##"{"properties": {"next": {"$ref": "#"}}}"##, true),
            (
                r##"{"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/b"}}, "b": {"not": {"$ref": "#/$defs/a"}}}}"##,
                true,
            ),
            (r##"{"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/b"}}, "b": {}}}"##, false),
            (r##"{"const": {"$ref": "https://example.com"}}"##, false),
        ] {
            let ready = read(form(Kind::Schema), "n", text).unwrap();
            assert_eq!(!ready.notes.is_empty(), recursive, "{text}");
            assert!(!super::text(&ready.constraint).is_empty());
        }
    }

    #[test]
    fn forms_go_round_and_texts_come_back() {
        let mut at = form(Kind::Schema);
        let mut seen = Vec::new();
        while seen.len() < 8 && !seen.contains(&at.title()) {
            seen.push(at.title());
            at = Form { syntax: at.syntax, ..at }.next();
        }
        assert_eq!(seen.len(), 7, "{seen:?}");
        for (kind, text) in [
            (Kind::Regex, "[0-9]+"),
            (Kind::Choice, "yes\nno"),
            (Kind::Grammar, "start: \"a\""),
            (Kind::Tag, "{\n  \"format\": {}\n}"),
        ] {
            let ready = read(form(kind), "n", text).unwrap();
            assert_eq!((super::text(&ready.constraint).as_str(), Form::of(&ready.constraint).kind), (text, kind));
        }
    }

    #[test]
    fn a_pasted_request_gives_its_constraint() {
        for (text, kind, part, notes) in [
            (r#"{"model": "m", "guided_json": {"type": "object"}}"#, Kind::Schema, "\"type\": \"object\"", 2),
            (r#"{"extra_body": {"guided_choice": ["a", "b"], "top_k": 1}}"#, Kind::Choice, "a\nb", 2),
            (r#"{"structured_outputs": {"regex": "[a-z]+"}}"#, Kind::Regex, "[a-z]+", 1),
            (r#"{"grammar": "root ::= \"a\""}"#, Kind::Grammar, "root", 1),
            (
                r#"{"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"enum": [1]}}}}"#,
                Kind::Schema,
                "enum",
                1,
            ),
        ] {
            let (form, taken, said) = request(text).unwrap();
            assert!(form.kind == kind && taken.contains(part) && said.len() == notes, "{text}: {taken} {said:?}");
        }
        for text in ["{\"type\": \"object\"}", "guided_json", "{\"guided_json\": {}, \"guided_regex\": \"a\"}"] {
            assert_eq!(request(text), None, "{text}");
        }
    }
}
