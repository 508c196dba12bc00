//! What a reply must look like.

use super::conform::Grammar;
use crate::base::Problem;
use serde_json::{Value, json};

/// What a reply must look like.
#[derive(Debug, Clone, PartialEq)]
pub enum Constraint {
    /// Some JSON object.
    JsonMode,
    /// JSON that obeys a schema.
    Schema {
        /// The schema's name, as requests carry it.
        name: String,
        /// The schema.
        schema: Value,
    },
    /// A text that a regular expression matches from its start to its end.
    Regex(String),
    /// One of these texts.
    Choice(Vec<String>),
    /// A text of a grammar's language.
    Grammar {
        /// The grammar.
        text: String,
        /// In which dialect it is written.
        syntax: Syntax,
    },
    /// Free text in which parts between tags obey schemas, as vLLM's `structural_tag`: an object with `format`, or with
    /// `structures` and `triggers`.
    Tag(Value),
}

/// The kinds of constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Some JSON object.
    JsonMode,
    /// A JSON Schema.
    Schema,
    /// A regular expression.
    Regex,
    /// One of several texts.
    Choice,
    /// A grammar.
    Grammar,
    /// Tags in free text.
    Tag,
}

/// The dialects of grammars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// xgrammar's: rules `root ::= "yes" | "no"`, much as llama.cpp's.
    Ebnf,
    /// Lark's: rules `start: "yes" | "no"`, with terminals in capitals and `/regexes/`.
    Lark,
    /// llama.cpp's: rules `root ::= "yes" | "no"`.
    Gbnf,
}

impl Kind {
    /// All kinds, in the order shown.
    pub const ALL: [Self; 6] = [Self::JsonMode, Self::Schema, Self::Regex, Self::Choice, Self::Grammar, Self::Tag];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::JsonMode => "json_mode",
            Self::Schema => "json_schema",
            Self::Regex => "regex",
            Self::Choice => "choice",
            Self::Grammar => "grammar",
            Self::Tag => "structural_tag",
        }
    }

    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::JsonMode => "JSON mode",
            Self::Schema => "JSON Schema",
            Self::Regex => "regex",
            Self::Choice => "choice",
            Self::Grammar => "grammar",
            Self::Tag => "structural tag",
        }
    }

    /// Finds a kind by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl Syntax {
    /// All dialects.
    pub const ALL: [Self; 3] = [Self::Ebnf, Self::Lark, Self::Gbnf];

    /// The name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ebnf => "ebnf",
            Self::Lark => "lark",
            Self::Gbnf => "gbnf",
        }
    }

    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Ebnf => "EBNF",
            Self::Lark => "Lark",
            Self::Gbnf => "GBNF",
        }
    }

    /// Finds a dialect by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|syntax| syntax.name() == name)
    }

    /// The dialect a grammar seems to be written in: `::=` stands in EBNF and GBNF, `name:` in Lark.
    pub fn guess(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("//") && !line.starts_with('#'));
        let ruled = |line: &str| {
            let name = line.trim_start_matches(['?', '!']);
            let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(name.len());
            end > 0 && name[end..].trim_start().starts_with(':') && !name[end..].trim_start().starts_with("::=")
        };
        if lines.into_iter().any(ruled) { Self::Lark } else { Self::Gbnf }
    }
}

impl Constraint {
    /// The kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::JsonMode => Kind::JsonMode,
            Self::Schema { .. } => Kind::Schema,
            Self::Regex(_) => Kind::Regex,
            Self::Choice(_) => Kind::Choice,
            Self::Grammar { .. } => Kind::Grammar,
            Self::Tag(_) => Kind::Tag,
        }
    }

    /// The JSON Schema that a whole reply obeys: that of JSON mode is any object. `None` where a reply need be no JSON.
    pub fn schema(&self) -> Option<Value> {
        match self {
            Self::JsonMode => Some(json!({"type": "object"})),
            Self::Schema { schema, .. } => Some(schema.clone()),
            _ => None,
        }
    }

    /// What a text is followed by, byte by byte; `None` for a structural tag, whose free text may be anything.
    pub fn grammar(&self) -> Option<Grammar> {
        Some(match self {
            Self::JsonMode => Grammar::Json,
            Self::Schema { schema, .. } => Grammar::Schema(schema.clone()),
            Self::Regex(text) => Grammar::Regex(text.clone()),
            Self::Choice(all) => Grammar::Choice(all.clone()),
            Self::Grammar { text, .. } => Grammar::Rules(text.clone()),
            Self::Tag(_) => return None,
        })
    }

    /// As a file keeps it: an object with one member, `json_schema` beside its `name`, `grammar` beside its `syntax`.
    pub fn to_file(&self) -> Value {
        match self {
            Self::JsonMode => json!({"json_mode": true}),
            Self::Schema { name, schema } => json!({"json_schema": schema, "name": name}),
            Self::Regex(text) => json!({"regex": text}),
            Self::Choice(all) => json!({"choice": all}),
            Self::Grammar { text, syntax } => json!({"grammar": text, "syntax": syntax.name()}),
            Self::Tag(tag) => json!({"structural_tag": tag}),
        }
    }

    /// Reads what [`Self::to_file`] wrote.
    ///
    /// # Errors
    /// When there is no kind, more than one, an unknown member, or a value of another type.
    pub fn from_file(entry: &Value) -> Result<Self, Problem> {
        let refuse = |why: String| {
            let kinds = Kind::ALL.map(Kind::name).join(", ");
            Problem::failed("the constraint cannot be used", why, format!("write one of {kinds}"))
        };
        let map = entry.as_object().ok_or_else(|| refuse("it is no JSON object".to_owned()))?;
        let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| map.contains_key(kind.name())).collect();
        let [kind] = kinds[..] else { return Err(refuse(format!("it names {} kinds", kinds.len()))) };
        let beside = match kind {
            Kind::Schema => "name",
            Kind::Grammar => "syntax",
            _ => "",
        };
        if let Some(unknown) = map.keys().find(|key| *key != kind.name() && *key != beside) {
            return Err(refuse(format!("{unknown} is not known beside {}", kind.name())));
        }
        let value = map.get(kind.name()).unwrap_or(&Value::Null);
        let word = |name: &str| map.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let text = || value.as_str().map(str::to_owned).ok_or_else(|| refuse(format!("{} is no text", kind.name())));
        Ok(match kind {
            Kind::JsonMode => Self::JsonMode,
            Kind::Schema => {
                let name = if word("name").is_empty() { "answer".to_owned() } else { word("name") };
                Self::Schema { name, schema: value.clone() }
            }
            Kind::Regex => Self::Regex(text()?),
            Kind::Choice => {
                let all = value.as_array().into_iter().flatten().map(|one| one.as_str().map(str::to_owned));
                Self::Choice(
                    all.collect::<Option<_>>().ok_or_else(|| refuse("a choice is a list of texts".to_owned()))?,
                )
            }
            Kind::Grammar => {
                let text = text()?;
                let syntax = match word("syntax").as_str() {
                    "" => Syntax::guess(&text),
                    name => Syntax::from_name(name).ok_or_else(|| refuse(format!("no syntax is named {name}")))?,
                };
                Self::Grammar { text, syntax }
            }
            Kind::Tag => Self::Tag(value.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_and_grammars_are_told_apart() {
        assert!(Kind::ALL.into_iter().all(|kind| Kind::from_name(kind.name()) == Some(kind)));
        assert!(Syntax::ALL.into_iter().all(|syntax| Syntax::from_name(syntax.name()) == Some(syntax)));
        for (text, want) in [
            ("root ::= \"a\" | \"b\"", Syntax::Gbnf),
            ("# a: b\nroot::=[a-z]", Syntax::Gbnf),
            ("start: \"a\" | B\nB: /[0-9]+/", Syntax::Lark),
            ("?start : x\n", Syntax::Lark),
            ("TERM.2: \"x\"", Syntax::Lark),
            ("", Syntax::Gbnf),
        ] {
            assert_eq!(Syntax::guess(text), want, "{text}");
        }
    }

    #[test]
    fn files_keep_every_kind() {
        for one in [
            Constraint::JsonMode,
            Constraint::Schema { name: "n".into(), schema: json!({"type": "object"}) },
            Constraint::Regex("a+".into()),
            Constraint::Choice(vec!["a".into(), "b".into()]),
            Constraint::Grammar { text: "start: \"a\"".into(), syntax: Syntax::Lark },
            Constraint::Tag(json!({"format": {}})),
        ] {
            assert_eq!(Constraint::from_file(&one.to_file()).unwrap(), one);
        }
        for entry in [
            json!(3),
            json!({}),
            json!({"regex": "a", "choice": []}),
            json!({"regex": 3}),
            json!({"regex": "a", "name": "n"}),
            json!({"choice": [1]}),
            json!({"grammar": "a", "syntax": "bnf"}),
        ] {
            assert!(Constraint::from_file(&entry).is_err(), "{entry}");
        }
    }
}
