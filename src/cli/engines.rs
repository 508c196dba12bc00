//! `vramdeck engines`: what is there, and installing, upgrading, pinning, repairing, removing.

mod install;
mod list;
mod offer;
mod tell;

use super::{Context, output};
use crate::base::Problem;
use crate::engines::install::{Build, Package, Wish};
use crate::engines::live::install as live;
use serde_json::json;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to do: list, install, upgrade, pin, unpin, repair, remove.
    #[arg(value_enum, value_name = "WHAT", default_value = "list", hide_possible_values = true)]
    what: What,
    /// Which engine: vllm, llama.cpp, ollama, litellm.
    #[arg(value_name = "ENGINE", value_parser = package)]
    engine: Option<Package>,
    /// The version to install or to pin; the newest known otherwise.
    #[arg(long = "version", value_name = "V")]
    wanted: Option<String>,
    /// The build that computes on the processor.
    #[arg(long, conflicts_with = "cuda")]
    cpu: bool,
    /// The build for an NVIDIA card.
    #[arg(long)]
    cuda: bool,
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
    /// Show every step and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// What is there of each engine.
    List,
    /// Install one into an environment of vramdeck's own, or show the way the system offers.
    Install,
    /// Install a newer version beside the old one, then switch.
    Upgrade,
    /// Let the version stay.
    Pin,
    /// Let it change again.
    Unpin,
    /// Look whether one is whole, and make it anew where it is not.
    Repair,
    /// Remove what vramdeck installed.
    Remove,
}

fn package(text: &str) -> Result<Package, String> {
    let names: Vec<&str> = Package::ALL.iter().map(|package| package.name()).collect();
    Package::from_name(text).ok_or_else(|| format!("it is one of {}", names.join(", ")))
}

/// Runs the command.
///
/// # Errors
/// Why it was not done.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let paths = &context.paths;
    if args.what == What::List {
        return list::run(paths, args.engine, args.json);
    }
    let engine = args.engine.ok_or_else(|| {
        Problem::usage("no engine is named", "this is done to one engine", "vramdeck engines list names them")
    })?;
    match args.what {
        What::List => Ok(()),
        What::Install if !engine.is_own() => offer::run(args, engine, context),
        What::Install | What::Upgrade => install::install(args, engine, context),
        What::Repair => install::repair(args, engine, context),
        What::Remove => install::remove(args, engine, context),
        What::Pin => {
            let version = live::pin(paths, engine, args.wanted.as_deref())?;
            done(args, engine, Some(&version), &format!("{} stays at {version} until it is unpinned", engine.title()))
        }
        What::Unpin => {
            let before = live::unpin(paths, engine)?;
            let text = match &before {
                Some(version) => format!("{} was pinned to {version} and may change again", engine.title()),
                None => format!("{} was not pinned", engine.title()),
            };
            done(args, engine, None, &text)
        }
    }
}

fn done(args: &Args, engine: Package, pinned: Option<&str>, text: &str) -> Result<(), Problem> {
    if args.json { output::json(&json!({ "engine": engine, "pinned": pinned })) } else { output::line(text) }
}

impl Args {
    fn wish(&self, package: Package) -> Wish {
        let build = if self.cuda { Some(Build::Cuda) } else { self.cpu.then_some(Build::Cpu) };
        Wish { package, version: self.wanted.clone(), build }
    }
}
