//! The flags that give a constraint and a prompt, and what they come to.

use crate::base::Problem;
use crate::base::text::clean_line;
use crate::cli::chat::sampling;
use crate::cli::{Context, output};
use crate::lab::sampling::to_fields;
use crate::lab::structured::ask::Question;
use crate::lab::structured::read::read;
use crate::lab::structured::{Constraint, Kind, Options, Shape, Syntax, live, request};
use crate::wire::Dialect;
use serde_json::{Value, json};
use std::io::Read;

/// Bytes of a file that is read.
const MOST: u64 = 16 << 20;

/// Flags of a constraint; one of them is given.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Constraint (one of them)")]
#[group(id = "constraint", multiple = false)]
pub(super) struct Given {
    /// A JSON Schema; `-` is stdin
    #[arg(long, value_name = "FILE", group = "constraint")]
    schema: Option<String>,
    /// A regular expression that the whole reply matches
    #[arg(long, value_name = "REGEX", group = "constraint")]
    regex: Option<String>,
    /// One of these texts; several times, or separated by commas
    #[arg(long, value_name = "TEXT", value_delimiter = ',', group = "constraint")]
    choice: Vec<String>,
    /// A grammar: GBNF, EBNF or Lark; `-` is stdin
    #[arg(long, value_name = "FILE", group = "constraint")]
    grammar: Option<String>,
    /// Any JSON object
    #[arg(long, group = "constraint")]
    json_mode: bool,
    /// A structural tag, as JSON; `-` is stdin
    #[arg(long, value_name = "FILE", group = "constraint")]
    tag: Option<String>,
    /// A constraint of the library, by name; its prompt is asked where no other is given
    #[arg(long, value_name = "NAME", group = "constraint")]
    library: Option<String>,
}

/// How to write it.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "How it is written")]
pub(super) struct Written {
    /// Dialect of the grammar: ebnf, lark or gbnf; else it is guessed
    #[arg(long, value_name = "SYNTAX")]
    syntax: Option<String>,
    /// Where the constraint stands: response_format, own (the engine's own field), or auto
    #[arg(long, value_name = "SHAPE", default_value = "auto")]
    shape: String,
    /// Whose API stands behind a proxy that passes fields on: vllm, llama.cpp or ollama
    #[arg(long, value_name = "DIALECT")]
    behind: Option<String>,
    /// vLLM's disable_any_whitespace
    #[arg(long)]
    disable_any_whitespace: bool,
    /// vLLM's disable_additional_properties
    #[arg(long)]
    disable_additional_properties: bool,
    /// vLLM's whitespace_pattern
    #[arg(long, value_name = "REGEX")]
    whitespace_pattern: Option<String>,
    /// Fields to send as they are in place of the constraint's own, as a JSON object; the reply is still held against the constraint
    #[arg(long, value_name = "FILE")]
    fields: Option<String>,
}

/// A constraint and the prompt that goes with it in the library.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) constraint: Constraint,
    pub(super) prompt: Option<String>,
}

impl Given {
    /// The constraint that is given.
    ///
    /// # Errors
    /// When none is, a file cannot be read, or it cannot be used; the place of the mistake is told.
    pub(super) fn find(&self, written: &Written, context: &Context) -> Result<Found, Problem> {
        let plain = |constraint| Ok(Found { constraint, prompt: None });
        let of_file = |kind: Kind, file: &str| {
            read(kind, &text(file)?).map_err(|mistake| {
                let problem = Problem::from(mistake);
                Problem { what: format!("{} cannot be used: {}", clean_line(file), problem.what), ..problem }
            })
        };
        if let Some(file) = &self.schema {
            plain(of_file(Kind::Schema, file)?)
        } else if let Some(regex) = &self.regex {
            plain(read(Kind::Regex, regex)?)
        } else if !self.choice.is_empty() {
            plain(Constraint::Choice(self.choice.clone()))
        } else if let Some(file) = &self.grammar {
            let grammar = of_file(Kind::Grammar, file)?;
            plain(match (grammar, syntax(written.syntax.as_deref())?) {
                (Constraint::Grammar { text, .. }, Some(syntax)) => Constraint::Grammar { text, syntax },
                (other, _) => other,
            })
        } else if self.json_mode {
            plain(Constraint::JsonMode)
        } else if let Some(file) = &self.tag {
            plain(of_file(Kind::Tag, file)?)
        } else if let Some(name) = &self.library {
            let (library, problems) = live::library(&context.paths.config);
            problems.iter().for_each(|problem| output::aside(&problem.to_string()));
            let entry = library.get(name).ok_or_else(|| {
                let why = format!("there is no constraint named {}", clean_line(name));
                Problem::usage("nothing was asked", why, "vramdeck structured library shows them")
            })?;
            Ok(Found { constraint: entry.constraint.clone(), prompt: Some(entry.prompt.clone()) })
        } else {
            let hint = "give one of --schema, --regex, --choice, --grammar, --json-mode, --tag, --library";
            Err(Problem::usage("it is not said what the reply must look like", "no constraint is given", hint))
        }
    }
}

fn syntax(name: Option<&str>) -> Result<Option<Syntax>, Problem> {
    let Some(name) = name else { return Ok(None) };
    let found = Syntax::from_name(name);
    found.map(Some).ok_or_else(|| unknown("syntax", name, &Syntax::ALL.map(Syntax::name)))
}

fn unknown(what: &str, name: &str, known: &[&str]) -> Problem {
    let why = format!("known are {}", known.join(", "));
    Problem::usage(format!("there is no {what} {}", clean_line(name)), why, "leave it out")
}

impl Written {
    /// The question for an endpoint of this dialect.
    ///
    /// # Errors
    /// When the engine has no such constraint, or a flag names something unknown.
    pub(super) fn question(
        &self,
        constraint: &Constraint,
        prompt: &str,
        settings: &crate::lab::sampling::Settings,
        dialect: Dialect,
    ) -> Result<Question, Problem> {
        let shape = Shape::from_name(&self.shape);
        let behind = match &self.behind {
            None => None,
            Some(name) => {
                let found =
                    Dialect::from_name(name).ok_or_else(|| unknown("dialect", name, &Dialect::ALL.map(Dialect::name)));
                Some(found?)
            }
        };
        let options = Options {
            shape: shape.ok_or_else(|| unknown("shape", &self.shape, &Shape::ALL.map(Shape::name)))?,
            behind,
            disable_any_whitespace: self.disable_any_whitespace,
            disable_additional_properties: self.disable_additional_properties,
            whitespace_pattern: self.whitespace_pattern.clone(),
        };
        let (fields, notes) = to_fields(settings, dialect);
        let mut request = match &self.fields {
            None => request(constraint, dialect, &options)?,
            Some(file) => as_they_are(constraint, &text(file)?)?,
        };
        request.notes.extend(notes.into_iter().map(|note| note.text));
        let messages = vec![json!({"role": "user", "content": prompt})];
        Ok(Question { messages, fields, constraint: Some(request), stream: true })
    }
}

/// Fields as they are given; old ones are told of.
fn as_they_are(constraint: &Constraint, text: &str) -> Result<crate::lab::structured::Request, Problem> {
    let (_, rewritings) = crate::lab::structured::legacy::rewrite(text)?;
    let fields: Value = serde_json::from_str(text).unwrap_or_default();
    let notes = rewritings.into_iter().map(|one| format!("`{}` {}", one.from, one.why)).collect();
    Ok(crate::lab::structured::Request {
        fields: fields.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect(),
        asked: constraint.clone(),
        notes,
        native: false,
    })
}

/// The settings that the flags of sampling give.
///
/// # Errors
/// When a value cannot be one.
pub(super) fn settings(flags: &sampling::Flags, context: &Context) -> Result<crate::lab::sampling::Settings, Problem> {
    flags.settings(&context.paths)
}

/// The text of a file; `-` is stdin.
///
/// # Errors
/// When it cannot be read, is no text or is larger than 16 MiB.
pub(super) fn text(file: &str) -> Result<String, Problem> {
    let fail = |why: String| {
        let what = format!("{} cannot be read", clean_line(file));
        Problem::usage(what, why, "give the path of a text file, or - for stdin")
    };
    let mut text = String::new();
    let read = match file {
        "-" => std::io::stdin().lock().take(MOST + 1).read_to_string(&mut text),
        path => std::fs::File::open(path).and_then(|file| file.take(MOST + 1).read_to_string(&mut text)),
    };
    read.map_err(|error| fail(error.to_string()))?;
    if text.len() as u64 > MOST { Err(fail("it is larger than 16 MiB".to_owned())) } else { Ok(text) }
}

/// Runs what asks the network.
///
/// # Errors
/// As the work, or when the client cannot start.
pub(super) fn in_runtime<T>(work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime =
        runtime.map_err(|error| Problem::failed("the client cannot start", error.to_string(), "try again"))?;
    runtime.block_on(work)
}
