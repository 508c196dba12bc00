//! `vramdeck structured lint`: what the back ends will not do of a schema.

use super::given::text;
use super::told::words;
use crate::base::Problem;
use crate::cli::{Context, output};
use crate::lab::structured::lint::{Backend, lint};
use crate::lab::structured::read::read;
use crate::lab::structured::{Constraint, Kind, live};
use serde_json::{Value, json};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The schema's file; `-` is stdin
    #[arg(value_name = "FILE", required_unless_present = "library")]
    schema: Option<String>,
    /// A schema of the library, by name
    #[arg(long, value_name = "NAME", conflicts_with = "schema")]
    library: Option<String>,
    /// Only this back end: xgrammar, guidance or llama.cpp
    #[arg(long, value_name = "BACKEND")]
    backend: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the schema cannot be read or used.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let only = args.backend.as_deref().map(backend).transpose()?;
    let schema = match (&args.schema, &args.library) {
        (Some(file), _) => read(Kind::Schema, &text(file)?)?.schema(),
        (None, name) => {
            let (library, _) = live::library(&context.paths.config);
            let entry = name.as_deref().and_then(|name| library.get(name));
            entry.and_then(|entry| match &entry.constraint {
                Constraint::Schema { schema, .. } => Some(schema.clone()),
                _ => None,
            })
        }
    };
    let schema = schema.ok_or_else(|| {
        Problem::usage(
            "nothing was looked through",
            "the library has no schema of that name",
            "vramdeck structured library",
        )
    })?;
    let found: Vec<_> = lint(&schema).into_iter().filter(|one| only.is_none_or(|only| one.backend == only)).collect();
    if args.json {
        let each = found.iter().map(|one| {
            json!({"backend": one.backend.name(), "keyword": one.keyword, "path": one.path, "effect": one.effect.name(), "why": one.why})
        });
        return output::json(&json!({"lint": each.collect::<Vec<Value>>()}));
    }
    if found.is_empty() {
        return output::line("every back end does all of it");
    }
    found.iter().try_for_each(|one| output::line(&words(one)))
}

fn backend(name: &str) -> Result<Backend, Problem> {
    Backend::from_name(name).ok_or_else(|| {
        let known = Backend::ALL.map(Backend::name).join(", ");
        Problem::usage("there is no such back end", format!("known are {known}"), "leave it out")
    })
}
