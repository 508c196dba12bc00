//! From what a person calls a model to its facts: a path, a name on this machine, the catalogue, the Hub.

use crate::base::Problem;
use crate::cli::Context;
use crate::models::catalogue::Catalogue;
use crate::models::fit::Engine;
use crate::models::fit::learned::Lesson;
use crate::models::geometry::Doubt;
use crate::models::hub::{Asked, Choice, Repository, choose, gguf_sets};
use crate::models::live::{Hub, access, look};
use crate::models::local::LocalModel;
use crate::models::lookup::{lookup, near};
use crate::models::{Facts, config};
use crate::runtime::{learning, shelves};
use crate::store::caches::variable;
use std::cell::OnceCell;
use std::io::Read;
use std::path::Path;

/// A config is a few kilobytes; nobody writes one of this size.
const LARGEST: u64 = 16 << 20;

/// What a name means, with the engine that it is for when nobody says one.
pub(crate) struct Resolved {
    pub facts: Facts,
    pub engine: Engine,
}

/// The places where names are looked up, each read once and only when it is needed.
pub(crate) struct Names<'a> {
    context: &'a Context,
    catalogue: OnceCell<Catalogue>,
    local: OnceCell<Vec<LocalModel>>,
    lessons: OnceCell<Vec<Lesson>>,
}

impl<'a> Names<'a> {
    /// Nothing read yet.
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context, catalogue: OnceCell::new(), local: OnceCell::new(), lessons: OnceCell::new() }
    }

    /// What starts on this machine taught.
    pub(crate) fn lessons(&self) -> &[Lesson] {
        self.lessons.get_or_init(|| learning::lessons(&self.context.paths))
    }

    /// The facts of `name`: a path, a model on this machine, a repository, tag or entry of the catalogue, at last a
    /// repository of the Hub, whose metadata are then asked for.
    ///
    /// # Errors
    /// When nothing of that name can be read.
    pub(crate) fn resolve(&self, name: &str, engine: Option<Engine>, form: Option<&str>) -> Result<Resolved, Problem> {
        if let Some(found) = self.here(name, engine, form)? {
            return Ok(found);
        }
        match Asked::parse(name) {
            Ok(asked) if asked.repo.contains('/') => {
                self.hub(&asked, form).map_err(|problem| self.with_near(problem, name))
            }
            _ => {
                let why = "no such path, no model of this machine, no entry of the catalogue";
                let hint = "vramdeck models lists what is known; --config FILE takes any config.json";
                Err(self.with_near(Problem::usage(format!("{name} is not known"), why, hint), name))
            }
        }
    }

    /// The same without asking the Hub.
    ///
    /// # Errors
    /// When it is a path and cannot be read.
    pub(crate) fn here(
        &self,
        name: &str,
        engine: Option<Engine>,
        form: Option<&str>,
    ) -> Result<Option<Resolved>, Problem> {
        let path = Path::new(name);
        if path.is_file() && path.extension().is_some_and(|extension| extension == "json") {
            return config(path).map(|facts| Some(Resolved { facts, engine: engine.unwrap_or_default() }));
        }
        if path.exists() {
            return disk(path, form).map(Some);
        }
        let found = lookup(name, engine, form, self.catalogue(), self.local());
        let Some(found) = found else { return Ok(None) };
        let facts = match found {
            crate::models::lookup::Meant::Local(model) => facts_of(model)?,
            crate::models::lookup::Meant::Variant(_, variant) => variant.facts.clone(),
        };
        Ok(Some(Resolved { facts, engine: found.engine() }))
    }

    fn catalogue(&self) -> &Catalogue {
        self.catalogue.get_or_init(|| shelves::catalogue(&self.context.paths).0)
    }

    fn local(&self) -> &[LocalModel] {
        self.local.get_or_init(|| self.context.local().models)
    }

    fn with_near(&self, mut problem: Problem, name: &str) -> Problem {
        let near = near(name, self.catalogue(), 3);
        if !near.is_empty() {
            problem.hint = format!("did you mean {}? {}", near.join(", "), problem.hint);
        }
        problem
    }

    fn hub(&self, asked: &Asked, form: Option<&str>) -> Result<Resolved, Problem> {
        let broken = |error: std::io::Error| Problem::failed("cannot ask the Hub", error.to_string(), "try again");
        let hub = Hub::new(access(&variable))?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
        let repository = runtime.block_on(hub.list(asked))?;
        let quant = label(asked, form, &repository)?;
        let asked = Asked { quant, ..asked.clone() };
        let remote = runtime.block_on(hub.read(&asked, repository))?;
        let wanted = |label: Option<&String>| {
            label.is_some_and(|one| asked.quant.as_deref().is_some_and(|two| one.eq_ignore_ascii_case(two)))
        };
        let of_form = remote.models.iter().find(|model| wanted(model.label.as_ref()));
        let model = of_form.or(remote.models.iter().find(|model| model.facts.is_ok())).or(remote.models.first());
        let none = |why: String| {
            Problem::failed(format!("{} cannot be judged", asked.repo), why, "vramdeck models lists what is known")
        };
        let model = model.ok_or_else(|| none("it holds neither safetensors nor GGUF files".to_owned()))?;
        let facts = model.facts.clone().map_err(none)?;
        Ok(Resolved { facts, engine: model.engines.first().copied().unwrap_or_default() })
    }
}

/// Which of its GGUF files is meant: the one that the name says, else the one that `form` says. A form that is none of
/// them is a word for engines that quantise while loading.
///
/// # Errors
/// Usage, when the name says one that the repository lacks: lists those that it has.
fn label(asked: &Asked, form: Option<&str>, repository: &Repository) -> Result<Option<String>, Problem> {
    if let Some(quant) = &asked.quant {
        choose(repository, &Choice::Gguf(quant.clone()))?;
        return Ok(Some(quant.clone()));
    }
    let sets = gguf_sets(repository);
    let is_there = |form: &&str| sets.iter().any(|set| set.label.eq_ignore_ascii_case(form));
    Ok(form.filter(is_there).map(str::to_owned))
}

/// A folder or a file.
fn disk(path: &Path, form: Option<&str>) -> Result<Resolved, Problem> {
    let scan = look(path)?;
    let has_form =
        |model: &&LocalModel| form.is_some_and(|form| model.name.to_lowercase().contains(&form.to_lowercase()));
    let model = scan.models.iter().find(has_form).or_else(|| scan.models.iter().max_by_key(|model| model.bytes));
    match (model, scan.problems.into_iter().next()) {
        (Some(model), _) => {
            Ok(Resolved { facts: facts_of(model)?, engine: model.engines.first().copied().unwrap_or_default() })
        }
        (None, _) if path.join("config.json").is_file() => {
            Ok(Resolved { facts: config(&path.join("config.json"))?, engine: Engine::Vllm })
        }
        (None, Some(problem)) => Err(problem),
        (None, None) => {
            let hint = "a folder with config.json and safetensors, or a .gguf file";
            Err(Problem::failed(
                format!("{} is no model", path.display()),
                "neither config.json nor GGUF is there",
                hint,
            ))
        }
    }
}

fn facts_of(model: &LocalModel) -> Result<Facts, Problem> {
    let hint = "the file may be cut off: download it again";
    let facts = model.facts.clone();
    let mut facts = facts.map_err(|why| Problem::failed(format!("{} cannot be judged", model.name), why, hint))?;
    if !model.complete {
        let what = format!("its files on this machine are not whole: {}", model.disk.amiss.join("; "));
        facts.geometry.doubts.push(Doubt { what, grave: true });
    }
    Ok(facts)
}

/// The facts that a `config.json` holds.
///
/// # Errors
/// When it cannot be read or understood.
pub(super) fn config(file: &Path) -> Result<Facts, Problem> {
    let fail = |why: String| Problem::failed(format!("cannot read {}", file.display()), why, "check the path");
    let open = std::fs::File::open(file).map_err(|error| fail(error.to_string()))?;
    let mut text = String::new();
    let read = open.take(LARGEST + 1).read_to_string(&mut text).map_err(|error| fail(error.to_string()))?;
    if read as u64 > LARGEST {
        return Err(fail(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    config::parse(&text)
}
