//! What renders: a model's files, found by path or by name, or an engine.

use super::engine::Engine;
use crate::base::Problem;
use crate::base::text::clean_line;
use crate::cli::Context;
use crate::engines::{RunId, live};
use crate::models::catalogue::Catalogue;
use crate::models::lookup::{Meant, lookup};
use std::path::{Path, PathBuf};

/// One side of a comparison.
pub(super) enum Side {
    /// A folder or a file.
    Files(PathBuf),
    /// An engine by its own template.
    Engine(Box<Engine>),
}

impl Side {
    /// What it is called.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Files(path) => path.display().to_string(),
            Self::Engine(engine) => engine.name(),
        }
    }
}

/// The files of a model: a path, a model that lies on this machine by its name, or what a run was started with.
///
/// # Errors
/// Usage, when it is none of these.
pub(super) fn path(name: &str, context: &Context) -> Result<PathBuf, Problem> {
    let path = Path::new(name);
    if path.exists() {
        return Ok(path.to_owned());
    }
    if let Some(found) = on_machine(name, context) {
        return Ok(found);
    }
    let run = live::get(&context.paths, &RunId(name.to_owned())).ok().map(|run| run.model);
    if let Some(model) = run {
        let path = Path::new(&model);
        let found = if path.exists() { Some(path.to_owned()) } else { on_machine(&model, context) };
        return found.ok_or_else(|| {
            let why = format!("{} lies nowhere that is known", clean_line(&model));
            Problem::failed(
                format!("the files of the run {} are not found", clean_line(name)),
                why,
                "give the model's folder",
            )
        });
    }
    let why = "no such path, no model of that name on this machine, no run";
    let hint = "vramdeck models lists what lies here; or ask an engine that serves it with --url alone";
    Err(Problem::usage(format!("{} is not found", clean_line(name)), why, hint))
}

fn on_machine(name: &str, context: &Context) -> Option<PathBuf> {
    let local = context.local().models;
    match lookup(name, None, None, &Catalogue::default(), &local)? {
        Meant::Local(model) => Some(model.path.clone()),
        Meant::Variant(..) => None,
    }
}
