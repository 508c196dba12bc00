//! Recipes on the command line: a profile composed, a command imported, a named recipe loaded and kept.

use super::Args;
use crate::base::Problem;
use crate::cli::card::{self, Wish as CardWish};
use crate::cli::{Context, output};
use crate::engines::flags::{FlagTable, normal};
use crate::engines::recipe::{Asked, Choices, Export, Extra, Ground, Named, Profile, Recipe, arguments, import};
use crate::engines::{EngineKind, FlagSetting, LaunchSpec, Request};
use crate::runtime::recipes;
use std::io::Read;

/// Options of recipes.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Recipes")]
pub struct Flags {
    /// Flags for a purpose: interactive, balanced, agents, long-context, least-memory, fast-boot. What you set yourself stays.
    #[arg(long, value_name = "NAME", value_parser = profile)]
    pub profile: Option<Profile>,
    /// What beside the profile, separated by commas: sleep, ngram, speculative, lora, cpu-offload, all-cards, ray,
    /// plain-sampling.
    #[arg(long, value_name = "CHOICE", value_parser = extra, value_delimiter = ',')]
    pub with: Vec<Extra>,
    /// An argument as Python code passes it (tensor_parallel_size=1): becomes its flag, or is answered; may be given many
    /// times.
    #[arg(long, value_name = "NAME=VALUE")]
    pub arg: Vec<String>,
    /// Compose for this card instead of the one at hand.
    #[arg(long, value_name = "NAME")]
    pub gpu: Option<String>,
    /// Read a command: vllm serve …, docker run …, llama-server …, ollama run …; - reads it from stdin.
    #[arg(long, value_name = "LINE", allow_hyphen_values = true, conflicts_with = "recipe")]
    pub import: Option<String>,
    /// Launch a recipe that was kept.
    #[arg(long, value_name = "NAME")]
    pub recipe: Option<String>,
    /// Keep this launch as a recipe, without secrets.
    #[arg(long, value_name = "NAME")]
    pub save: Option<String>,
    /// List the recipes that were kept.
    #[arg(long)]
    pub recipes: bool,
    /// Write it as a file that does without vramdeck, start nothing: sh, compose or systemd.
    #[arg(long, value_name = "KIND", value_parser = kind)]
    pub export: Option<Export>,
}

fn profile(text: &str) -> Result<Profile, String> {
    let names: Vec<&str> = Profile::ALL.iter().map(|profile| profile.name()).collect();
    Profile::from_name(text).ok_or_else(|| format!("it is one of {}", names.join(", ")))
}

fn extra(text: &str) -> Result<Extra, String> {
    let names: Vec<&str> = Extra::ALL.iter().map(|extra| extra.name()).collect();
    Extra::from_name(text).ok_or_else(|| format!("it is one of {}", names.join(", ")))
}

fn kind(text: &str) -> Result<Export, String> {
    Export::from_name(text).ok_or_else(|| "it is one of sh, compose, systemd".to_owned())
}

/// What a launch starts from: a command that was read, a recipe that was kept, arguments.
#[derive(Debug, Default)]
pub(super) struct Base {
    pub spec: Option<LaunchSpec>,
    pub model: Option<String>,
    flags: Vec<FlagSetting>,
    profile: Option<Profile>,
    extras: Vec<Extra>,
    notes: Vec<String>,
    unresolved: Vec<String>,
}

/// Reads what a launch starts from.
pub(super) fn base(args: &Args, context: &Context) -> Result<Base, Problem> {
    let mut base = Base::default();
    if let Some(line) = &args.recipe.import {
        let read = import(&if line == "-" { stdin()? } else { line.clone() })?;
        base = Base { spec: Some(read.spec), notes: read.notes, unresolved: read.unresolved, ..base };
    }
    if let Some(name) = &args.recipe.recipe {
        let named = recipes::load(&context.paths, name)?;
        base = Base { spec: Some(named.spec), profile: named.profile, extras: named.extras, ..base };
    }
    for text in &args.recipe.arg {
        for became in arguments(text)? {
            base.notes.push(became.note);
            base.flags.extend(became.flag);
        }
        if let Some(model) = text.strip_prefix("model=") {
            base.model = Some(model.trim_matches(['"', '\'']).to_owned());
        }
    }
    Ok(base)
}

fn stdin() -> Result<String, Problem> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(1 << 20).read_to_string(&mut text);
    read.map_err(|error| Problem::failed("the command cannot be read", error.to_string(), "give it after --import"))?;
    Ok(text)
}

/// A launch as asked for, with where its parts come from.
#[derive(Debug)]
pub(super) struct Wish {
    pub request: Request,
    pub recipe: Option<Recipe>,
    pub notes: Vec<String>,
    profile: Option<Profile>,
    extras: Vec<Extra>,
    unresolved: Vec<String>,
}

impl Wish {
    /// What was said on the command line over what it starts from.
    pub(super) fn over(base: Base, mut request: Request, table: &FlagTable) -> Self {
        let own = &mut request.spec;
        let mut notes = base.notes;
        let mut flags = base.flags;
        if let Some(spec) = base.spec {
            flags = over(spec.flags, flags, table);
            own.env = spec
                .env
                .into_iter()
                .filter(|(name, _)| !own.env.iter().any(|(set, _)| set == name))
                .chain(own.env.clone())
                .collect();
            own.name = own.name.take().or(spec.name);
            own.port = own.port.or(spec.port);
            own.program = own.program.take().or(spec.program.filter(|_| own.engine != EngineKind::Simulated));
        }
        if own.engine == EngineKind::Simulated {
            let before = flags.len();
            flags.retain(|set| table.find(&set.flag).is_some());
            if flags.len() < before {
                notes.push(format!("the simulated engine takes few flags: {} are left out", before - flags.len()));
            }
        }
        own.flags = over(flags, std::mem::take(&mut own.flags), table);
        Self { request, recipe: None, notes, profile: base.profile, extras: base.extras, unresolved: base.unresolved }
    }

    /// Whether it can be started: nothing of a pasted command is left open.
    ///
    /// # Errors
    /// Names the variables.
    pub(super) fn is_whole(&self) -> Result<(), Problem> {
        if self.unresolved.is_empty() {
            return Ok(());
        }
        let open = self.unresolved.join(", ");
        let why = "the command leaves them to a shell";
        Err(Problem::usage(format!("{open} is not known"), why, "put the values into the command"))
    }
}

/// `under` without what `over` sets, then `over`.
fn over(under: Vec<FlagSetting>, over: Vec<FlagSetting>, table: &FlagTable) -> Vec<FlagSetting> {
    let name = |set: &FlagSetting| {
        let flag = normal(&set.flag);
        table
            .find(&flag)
            .map_or(flag.clone(), |spec| if flag.contains('.') { flag.clone() } else { spec.name().to_owned() })
    };
    let set: Vec<String> = over.iter().map(name).collect();
    under.into_iter().filter(|one| !set.contains(&name(one))).chain(over).collect()
}

/// Composes the recipe where a profile or a choice is named.
pub(super) fn compose(args: &Args, wish: &mut Wish, context: &Context) -> Result<(), Problem> {
    let flags = &args.recipe;
    if flags.profile.is_none() && flags.with.is_empty() {
        return Ok(());
    }
    let spec = &wish.request.spec;
    let profile = flags.profile.or(wish.profile).unwrap_or_default();
    let extras = if flags.with.is_empty() { wish.extras.clone() } else { flags.with.clone() };
    let asked = Asked {
        kind: spec.engine,
        dialect: wish.request.simulated_dialect,
        model: spec.model.clone(),
        program: spec.program.clone(),
        ground: ground(flags.gpu.as_deref(), context)?,
        choices: Choices { profile, extras: extras.clone(), own: spec.flags.clone(), own_env: spec.env.clone() },
    };
    let recipe = recipes::compose(&context.paths, context.demo.is_some(), &asked)?;
    wish.request.spec.flags.clone_from(&recipe.flags);
    wish.request.spec.env.clone_from(&recipe.env);
    (wish.profile, wish.extras, wish.recipe) = (Some(profile), extras, Some(recipe));
    Ok(())
}

/// The card, or why there is none at hand.
///
/// # Errors
/// When the card that was named is not known, or not clear.
fn ground(gpu: Option<&str>, context: &Context) -> Result<Result<Ground, String>, Problem> {
    let found = match (card::card(CardWish { gpu, ..CardWish::default() }, context), gpu) {
        (Ok(found), _) => found,
        (Err(problem), Some(_)) => return Err(problem),
        (Err(problem), None) => return Ok(Err(format!("{}: {}", problem.what, problem.why))),
    };
    let (room, compute, place) = (found.room, found.spec.compute, Some(found.place));
    Ok(Ok(Ground { room, compute, cards: found.cards, place, stated: gpu.is_some() }))
}

/// Keeps the launch where `--save` asks for it.
pub(super) fn save(args: &Args, wish: &Wish, context: &Context) -> Result<(), Problem> {
    let Some(name) = &args.recipe.save else { return Ok(()) };
    let named = Named { spec: wish.request.spec.clone(), profile: wish.profile, extras: wish.extras.clone() };
    let (file, secrets) = recipes::save(&context.paths, name, &named)?;
    let left = if secrets.is_empty() { String::new() } else { format!(", without {}", secrets.join(", ")) };
    output::aside(&crate::base::text::clean_line(&format!("kept as {name} in {}{left}", file.display())));
    Ok(())
}
