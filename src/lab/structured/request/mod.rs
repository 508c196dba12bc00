//! A constraint as the fields of a chat request, in each engine's own shape.
//!
//! vLLM takes all six kinds in `structured_outputs` (since 0.12) and three of them in `response_format`; llama-server has
//! `response_format`, `json_schema` and `grammar` (GBNF); Ollama has `response_format` on `/v1` and `format` on `/api/chat`;
//! LiteLLM passes on what it does not know.

mod gbnf;
#[cfg(test)]
mod tests;
mod vllm;

pub use gbnf::{from_choice, from_regex};

use super::{Constraint, Kind, Syntax};
use crate::base::Problem;
use crate::wire::Dialect;
use serde_json::{Value, json};

/// How to write a constraint where an engine reads it in several places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Shape {
    /// `response_format` where the engine has the kind there, else its own field.
    #[default]
    Auto,
    /// OpenAI's `response_format`.
    ResponseFormat,
    /// The engine's own field: vLLM's `structured_outputs`, llama.cpp's `json_schema` and `grammar`, the `format` of Ollama's
    /// `/api/chat`.
    Own,
}

/// What goes with a constraint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// Where to write it.
    pub shape: Shape,
    /// Whose API stands behind a proxy that passes unknown fields on (LiteLLM's `hosted_vllm/`).
    pub behind: Option<Dialect>,
    /// `disable_any_whitespace` of vLLM: no blanks between the parts of JSON.
    pub disable_any_whitespace: bool,
    /// `disable_additional_properties` of vLLM: no members that the schema does not name.
    pub disable_additional_properties: bool,
    /// `whitespace_pattern` of vLLM: a regular expression of the blanks between the parts of JSON.
    pub whitespace_pattern: Option<String>,
}

/// A constraint as an engine takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The fields of the request's body.
    pub fields: Vec<(String, Value)>,
    /// What the engine is asked for, and so what its reply is held against: the constraint itself, or what it was rewritten to.
    pub asked: Constraint,
    /// What to know of it: a rewriting, an option that has no effect.
    pub notes: Vec<String>,
    /// Whether the fields are for Ollama's `/api/chat` and not for `/v1/chat/completions`.
    pub native: bool,
}

impl Request {
    fn of(asked: &Constraint, name: &str, value: Value) -> Self {
        Self { fields: vec![(name.to_owned(), value)], asked: asked.clone(), notes: Vec::new(), native: false }
    }

    fn noted(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The fields as one JSON object.
    pub fn to_json(&self) -> Value {
        Value::Object(self.fields.iter().cloned().collect())
    }
}

impl Shape {
    /// All shapes.
    pub const ALL: [Self; 3] = [Self::Auto, Self::ResponseFormat, Self::Own];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::ResponseFormat => "response_format",
            Self::Own => "own",
        }
    }

    /// Finds a shape by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.name() == name)
    }
}

/// Writes a constraint for an engine.
///
/// # Errors
/// When the engine has no such constraint and none that means the same, or the constraint is empty.
pub fn request(constraint: &Constraint, dialect: Dialect, options: &Options) -> Result<Request, Problem> {
    usable(constraint)?;
    match (dialect, options.behind) {
        (Dialect::OpenAi, Some(behind)) if behind != Dialect::OpenAi => {
            let shape = if behind == Dialect::Ollama { Shape::ResponseFormat } else { options.shape };
            let inner = request(constraint, behind, &Options { behind: None, shape, ..options.clone() })?;
            let known = inner.fields.iter().all(|(name, _)| name == "response_format");
            let why = "the proxy must pass fields on that it does not know, as LiteLLM does";
            Ok(if known { inner } else { inner.noted(why) })
        }
        (Dialect::Vllm, _) => vllm::request(constraint, options),
        (Dialect::LlamaCpp, _) => llama_cpp(constraint, options),
        (Dialect::Ollama, _) => ollama(constraint, options),
        (Dialect::OpenAi, _) => openai(constraint, options),
    }
    .map(|request| if dialect == Dialect::Vllm { request } else { only_vllm(request, options) })
}

/// What no engine can use.
fn usable(constraint: &Constraint) -> Result<(), Problem> {
    let refuse = |why: &str, hint: &str| Err(Problem::usage("the constraint cannot be used", why, hint));
    match constraint {
        Constraint::Schema { schema, .. } if !(schema.is_object() || schema.is_boolean()) => {
            refuse("a JSON Schema is an object", "write one such as {\"type\": \"object\", \"properties\": {…}}")
        }
        Constraint::Choice(all) if all.is_empty() => {
            refuse("there is nothing to choose from", "name two texts or more")
        }
        Constraint::Choice(all) if all.iter().any(String::is_empty) => {
            refuse("one of the choices is empty", "an empty reply cannot be told from none: name a text for it")
        }
        Constraint::Regex(text) if text.contains('\0') => {
            refuse("the regular expression holds a NUL character", "leave it out")
        }
        Constraint::Grammar { text, .. } if text.trim().is_empty() => {
            refuse("the grammar is empty", "write a rule such as root ::= \"yes\" | \"no\"")
        }
        Constraint::Tag(tag)
            if !tag.is_object() || (tag.get("format").is_none() && tag.get("structures").is_none()) =>
        {
            refuse(
                "a structural tag has `format`, or `structures` and `triggers`",
                "vramdeck structured library shows one",
            )
        }
        _ => Ok(()),
    }
}

/// Tells of vLLM's options where they go nowhere.
fn only_vllm(request: Request, options: &Options) -> Request {
    let any =
        options.disable_any_whitespace || options.disable_additional_properties || options.whitespace_pattern.is_some();
    let own = request.fields.iter().any(|(name, _)| name == "structured_outputs");
    if any && !own {
        request.noted("the options for blanks and additional properties are vLLM's: not sent")
    } else {
        request
    }
}

/// OpenAI's `response_format` of JSON mode or of a schema.
fn response_format(constraint: &Constraint) -> Option<Value> {
    match constraint {
        Constraint::JsonMode => Some(json!({"type": "json_object"})),
        Constraint::Schema { name, schema } => Some(json!({
            "type": "json_schema",
            "json_schema": {"name": plain_name(name), "schema": schema, "strict": true},
        })),
        _ => None,
    }
}

/// The API allows letters, digits, `_` and `-`, 64 at most.
fn plain_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' };
    let name: String = name.trim().chars().map(plain).take(64).collect();
    if name.is_empty() { "answer".to_owned() } else { name }
}

fn refused(kind: Kind, title: &str, hint: &str) -> Problem {
    Problem::usage(format!("{title} has no constraint of the kind {}", kind.title()), "nothing was sent", hint)
}

fn llama_cpp(constraint: &Constraint, options: &Options) -> Result<Request, Problem> {
    let grammar = |text: String| Request::of(constraint, "grammar", text.into());
    let title = Dialect::LlamaCpp.title();
    Ok(match constraint {
        Constraint::JsonMode if options.shape == Shape::Own => {
            Request::of(constraint, "json_schema", json!({"type": "object"}))
        }
        Constraint::Schema { schema, .. } if options.shape == Shape::Own => {
            Request::of(constraint, "json_schema", schema.clone())
        }
        Constraint::JsonMode | Constraint::Schema { .. } => {
            Request::of(constraint, "response_format", response_format(constraint).unwrap_or_default())
        }
        Constraint::Regex(text) => grammar(from_regex(text)?)
            .noted("rewritten: llama.cpp has no regex, the field `grammar` holds the same as GBNF"),
        Constraint::Choice(all) => grammar(from_choice(all))
            .noted("rewritten: llama.cpp has no choice, the field `grammar` holds the same as GBNF"),
        Constraint::Grammar { syntax: Syntax::Lark, .. } => {
            let hint = "write it as GBNF: rules `root ::= \"yes\" | \"no\"`";
            return Err(Problem::usage("llama.cpp reads no Lark grammar", "its grammars are GBNF", hint));
        }
        Constraint::Grammar { text, .. } => grammar(text.clone()),
        Constraint::Tag(_) => return Err(refused(Kind::Tag, title, "use a grammar, or ask vLLM")),
    })
}

fn ollama(constraint: &Constraint, options: &Options) -> Result<Request, Problem> {
    let own = options.shape == Shape::Own;
    let write = |asked: &Constraint| match asked {
        _ if !own => Request::of(asked, "response_format", response_format(asked).unwrap_or_default()),
        Constraint::JsonMode => Request { native: true, ..Request::of(asked, "format", "json".into()) },
        _ => Request { native: true, ..Request::of(asked, "format", asked.schema().unwrap_or_default()) },
    };
    let why = "use a JSON Schema, or ask vLLM or llama.cpp";
    match constraint {
        Constraint::JsonMode | Constraint::Schema { .. } => Ok(write(constraint)),
        Constraint::Choice(all) => {
            let schema = json!({"type": "string", "enum": all});
            let asked = Constraint::Schema { name: "choice".to_owned(), schema };
            Ok(write(&asked).noted(
                "rewritten: Ollama has no choice, a JSON Schema with `enum` takes its place; the reply stands in quotes",
            ))
        }
        other => Err(refused(other.kind(), "Ollama", why)),
    }
}

fn openai(constraint: &Constraint, options: &Options) -> Result<Request, Problem> {
    let hint = "if a proxy passes fields on to an engine that has it, name that engine: --behind vllm";
    match response_format(constraint) {
        Some(_) if options.shape == Shape::Own => {
            let why = "no field of its own is known of this endpoint";
            Err(Problem::usage("the constraint cannot be written", why, "leave the shape out"))
        }
        Some(value) => Ok(Request::of(constraint, "response_format", value)),
        None => Err(refused(constraint.kind(), "the OpenAI API", hint)),
    }
}
