//! What a reply must look like.

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
}
