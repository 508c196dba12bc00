//! The command line: the headless twin of every screen. Each command is one file with its arguments and a `run`.

mod card;
mod chat;
mod completions;
mod consent;
mod doctor;
mod engines;
mod fit;
mod gpu;
mod keeper;
mod launch;
mod logs;
mod man;
mod models;
mod object;
pub mod output;
mod plan;
mod pool;
mod probe;
mod ps;
mod sample;
mod simulate;
mod stop;
mod structured;
mod suite;
mod tools;
mod tui;
mod wrap;

use crate::base::{Bytes, Problem};
use crate::gpu::scenario::BUILT_IN;
use crate::models::local::Scan;
use crate::runtime::shelves;
use crate::store::{GeneralSettings, Paths};
use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// The flight deck for local models on one graphics card.
#[derive(Debug, Parser)]
#[command(name = "vramdeck", version, about, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    tui: tui::Args,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Cards and who holds their memory.
    Gpu(gpu::Args),
    /// The catalogue and what lies in local caches, ranked for the card.
    Models(models::Args),
    /// Whether a model fits a card, with the sum and the reason.
    Fit(Box<fit::Args>),
    /// Several models on one card: which are awake together, which take turns.
    Plan(plan::Args),
    /// Start an engine on a model.
    Launch(launch::Args),
    /// Runs of this user, also those started by an earlier vramdeck.
    Ps(ps::Args),
    /// The log of a run.
    Logs(logs::Args),
    /// Stop a run and see its memory come back.
    Stop(stop::Args),
    /// Engines of this machine: list, install, upgrade, pin, repair, remove.
    Engines(engines::Args),
    /// One exchange with a model, or a line-by-line conversation.
    Chat(chat::Args),
    /// Many answers to one prompt: grids of settings, log probabilities, branches.
    Sample(Box<sample::Args>),
    /// Tool calls: read, rendered, asked for, scored; the tools themselves.
    Tools(tools::Args),
    /// Pooling models: embeddings, rankings, scores, labels, rewards.
    Pool(pool::Args),
    /// What is really on at an endpoint: obeyed, refused, or ignored silently.
    Probe(Box<probe::Args>),
    /// Structured outputs: check, ask, lint, score, and what a constraint costs.
    Structured(structured::Args),
    /// What is wrong with this machine, or with an engine by its log, and what to do.
    Doctor(doctor::Args),
    /// Completions for a shell.
    Completions(completions::Args),
    /// The manual page, as roff.
    Man(man::Args),
    /// Owns one run; started by vramdeck itself.
    #[command(hide = true)]
    Keeper(keeper::Args),
    /// The simulated engine; started by vramdeck itself.
    #[command(hide = true)]
    Simulate(Box<simulate::Args>),
}

/// What every command gets.
pub struct Context {
    /// Where files lie (those of the demo under `--demo`).
    pub paths: Paths,
    /// The demo scenario, under `--demo`.
    pub demo: Option<String>,
}

impl Context {
    /// What the settings keep of each card for the desktop.
    fn reserve(&self) -> Bytes {
        let gib = GeneralSettings::load(&self.paths).map_or(0.0, |loaded| loaded.value.reserve_gib.0);
        Bytes::from_gib(gib)
    }

    /// What lies on this machine, by the caches of the engines and the folders of the settings.
    fn local(&self) -> Scan {
        let folders = GeneralSettings::load(&self.paths).map(|loaded| loaded.value.model_folders).unwrap_or_default();
        shelves::local(&folders, self.demo.is_some())
    }
}

/// Parses the arguments, runs the command, answers with the exit code of the contract.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(demo_alone(std::env::args_os())) {
        Ok(cli) => cli,
        Err(error) => return output::usage_error(&error),
    };
    let json = wants_json(cli.command.as_ref());
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => output::problem(&problem, json),
    }
}

/// `--demo` takes the word after it as its scenario, unless that word is a command. After a command only a scenario that
/// exists is taken, so that the name of a run keeps its meaning.
fn demo_alone(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let commands: Vec<String> = command().get_subcommands().map(|one| one.get_name().to_owned()).collect();
    let own = Paths::from_env().map(|paths| paths.config.join("cards")).ok();
    let exists = |word: &str| {
        word.ends_with(".toml")
            || BUILT_IN.iter().any(|(name, _)| *name == word)
            || own.as_ref().is_some_and(|folder| folder.join(format!("{word}.toml")).is_file())
    };
    let mut out: Vec<OsString> = Vec::new();
    let mut args = args.peekable();
    let mut commanded = false;
    while let Some(arg) = args.next() {
        commanded |= commands.iter().any(|name| arg == name.as_str());
        let scenario = |next: &OsString| {
            let next = next.to_string_lossy();
            let is_command = commands.iter().any(|name| *name == next);
            exists(&next) || !(commanded || is_command || next.starts_with('-'))
        };
        let alone = arg == "--demo" && !args.peek().is_some_and(scenario);
        out.push(if alone { OsString::from("--demo=desktop") } else { arg });
    }
    out
}

fn wants_json(command: Option<&Command>) -> bool {
    match command {
        Some(Command::Gpu(args)) => args.json,
        Some(Command::Models(args)) => args.json,
        Some(Command::Fit(args)) => args.json,
        Some(Command::Plan(args)) => args.json,
        Some(Command::Launch(args)) => args.json,
        Some(Command::Ps(args)) => args.json,
        Some(Command::Logs(args)) => args.json,
        Some(Command::Stop(args)) => args.json,
        Some(Command::Engines(args)) => args.json,
        Some(Command::Chat(args)) => args.json,
        Some(Command::Sample(args)) => args.json,
        Some(Command::Tools(args)) => args.wants_json(),
        Some(Command::Structured(args)) => args.wants_json(),
        Some(Command::Pool(args)) => args.wants_json(),
        Some(Command::Probe(args)) => args.json,
        Some(Command::Doctor(args)) => args.json,
        _ => false,
    }
}

fn run(cli: Cli) -> Result<(), Problem> {
    let paths = Paths::from_env()?;
    let demo = cli.tui.demo.clone();
    let paths = if demo.is_some() { paths.for_demo() } else { paths };
    let context = Context { paths, demo };
    match cli.command {
        None => tui::run(cli.tui, &context),
        Some(Command::Gpu(args)) => gpu::run(args, &context),
        Some(Command::Models(args)) => models::run(&args, &context),
        Some(Command::Fit(args)) => fit::run(*args, &context),
        Some(Command::Plan(args)) => plan::run(&args, &context),
        Some(Command::Launch(args)) => launch::run(args, &context),
        Some(Command::Ps(args)) => ps::run(args, &context),
        Some(Command::Logs(args)) => logs::run(args, &context),
        Some(Command::Stop(args)) => stop::run(args, &context),
        Some(Command::Engines(args)) => engines::run(&args, &context),
        Some(Command::Chat(args)) => chat::run(args, &context),
        Some(Command::Sample(args)) => sample::run(&args, &context),
        Some(Command::Tools(args)) => tools::run(&args, &context),
        Some(Command::Pool(args)) => pool::run(&args, &context),
        Some(Command::Probe(args)) => probe::run(&args, &context),
        Some(Command::Structured(args)) => structured::run(&args, &context),
        Some(Command::Doctor(args)) => doctor::run(&args, &context),
        Some(Command::Completions(args)) => completions::run(args),
        Some(Command::Man(args)) => man::run(args),
        Some(Command::Keeper(args)) => keeper::run(args, &context),
        Some(Command::Simulate(args)) => simulate::run(*args, &context),
    }
}

/// The clap tree, for completions and the manual page.
pub fn command() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demo_swallows_scenarios_only() {
        for (given, seen) in [
            (&["--demo", "ps"][..], &["--demo=desktop", "ps"][..]),
            (&["--demo", "tight"], &["--demo", "tight"]),
            (&["stop", "--demo", "my-run"], &["stop", "--demo=desktop", "my-run"]),
            (&["--demo"], &["--demo=desktop"]),
            (&["--demo", "nowhere", "gpu"], &["--demo", "nowhere", "gpu"]),
            (&["--demo", "--ascii"], &["--demo=desktop", "--ascii"]),
            (&["--demo", "mine.toml", "gpu"], &["--demo", "mine.toml", "gpu"]),
        ] {
            let args = given.iter().map(|arg| OsString::from(*arg));
            assert_eq!(demo_alone(args), seen.iter().map(|arg| OsString::from(*arg)).collect::<Vec<_>>());
        }
    }
}
