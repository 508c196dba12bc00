//! `vramdeck structured library`: the constraints that are there.

use super::given::text;
use crate::base::Problem;
use crate::base::text::clean_line;
use crate::cli::{Context, output};
use crate::lab::structured::library::{Entry, Library};
use crate::lab::structured::live;
use serde_json::{Value, json};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Show one in full
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Save an entry, as `{"name": …, "title": …, "prompt": …, "constraint": {…}}`; `-` is stdin
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "delete"])]
    save: Option<String>,
    /// Delete one of your own
    #[arg(long, value_name = "NAME", conflicts_with = "name")]
    delete: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// When an entry is not there, or cannot be saved or deleted.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let config = &context.paths.config;
    if let Some(file) = &args.save {
        let value: Value = serde_json::from_str(&text(file)?)
            .map_err(|error| Problem::usage("the entry is no JSON", error.to_string(), "correct it there"))?;
        let path = live::save(config, &Entry::read(&value)?)?;
        return output::line(&clean_line(&format!("saved in {}", path.display())));
    }
    if let Some(name) = &args.delete {
        return match live::delete(config, name)? {
            true => output::line("deleted"),
            false => Err(missing(name, "it is none of your own")),
        };
    }
    let (library, problems) = live::library(config);
    let shown = |entry: &Entry| {
        let mut out = entry.to_file();
        out["own"] = (Library::shipped().get(&entry.name) != Some(entry)).into();
        out
    };
    if let Some(name) = &args.name {
        let entry = library.get(name).ok_or_else(|| missing(name, "the library has none of that name"))?;
        return if args.json {
            output::json(&shown(entry))
        } else {
            output::line(&super::told::pretty(&entry.to_file()))
        };
    }
    if args.json {
        let all: Vec<Value> = library.entries.iter().map(shown).collect();
        return output::json(&json!({"entries": all, "problems": problems}));
    }
    problems.iter().for_each(|problem| output::aside(&problem.to_string()));
    library.entries.iter().try_for_each(|entry| {
        let kind = entry.constraint.kind().title();
        output::line(&clean_line(&format!("{:<14} {:<14} {:<15} {}", entry.name, kind, entry.category, entry.title)))
    })
}

fn missing(name: &str, why: &str) -> Problem {
    Problem::usage(
        format!("there is no constraint {}", clean_line(name)),
        why,
        "vramdeck structured library shows them",
    )
}
