//! The Engines screen's state machine: runs, a run's log, the start dialog, the models of an Ollama server.

pub mod dialog;
pub mod doctor;
pub mod installed;
pub mod list;
pub mod log;
pub mod ollama;
pub mod release;

mod act;
mod receive;

use crate::actions;
use crate::app::model::Shared;
use crate::base::Problem;
use crate::engines::flags::FlagTable;
use crate::engines::recipe::{Asked, Named, Recipe};
use crate::engines::{Dialect, EngineKind, LogLine, Request, RunId};
use crate::models::together::Rest;
use dialog::{Dialog, Preview};
use list::List;
use log::LogView;
use ollama::Ollama;
use release::Release;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use act::{act, asked, focus, key, mouse, open_filled, paste};
pub use receive::{receive, refresh};

actions! {
    /// Actions of the Engines screen.
    pub enum Action {
        Down = "engines.down": "next run, or one line down",
        Up = "engines.up": "previous run, or one line up",
        PageDown = "engines.page-down": "one page down",
        PageUp = "engines.page-up": "one page up",
        First = "engines.first": "to the first run or line",
        Last = "engines.last": "to the last run or line",
        Start = "engines.start": "start an engine",
        Again = "engines.again": "start again with the same settings",
        Stop = "engines.stop": "stop the run",
        Sleep = "engines.sleep": "put the run to sleep, or wake it",
        Forget = "engines.forget": "forget a run that is over, with its log",
        Finished = "engines.finished": "show or hide runs that are over",
        Log = "engines.log": "go to the log",
        Why = "engines.why": "why it failed, in full",
        RemedyApply = "doctor.apply": "apply the remedy and start again",
        RemedyEdit = "doctor.edit": "open the start dialog with the remedy",
        Chat = "engines.chat": "talk to the run",
        CopyEndpoint = "engines.copy-endpoint": "copy the endpoint's address",
        CopyCommand = "engines.copy-command": "copy the command of the run",
        Models = "engines.models": "models of the Ollama server",
        Installed = "engines.installed": "engines of this machine: install, repair, remove",
        Follow = "log.follow": "follow the end of the log",
        Search = "log.search": "search the log",
        NextMatch = "log.next": "next match",
        PreviousMatch = "log.previous": "previous match",
        Level = "log.level": "show louder lines only",
        Wrap = "log.wrap": "wrap long lines",
        CopyLog = "log.copy": "copy the shown lines of the log",
        Back = "engines.back": "back to the list",
        DialogNext = "dialog.next": "next field",
        DialogPrevious = "dialog.previous": "previous field",
        DialogRight = "dialog.turn": "next choice",
        DialogLeft = "dialog.turn-back": "previous choice",
        DialogAccept = "dialog.accept": "take the value, or launch",
        DialogClear = "dialog.clear": "unset the flag",
        DialogComplete = "dialog.complete": "take the suggestion",
        DialogLaunch = "dialog.launch": "launch",
        DialogClose = "dialog.close": "close the dialog",
        DialogProfile = "dialog.profile": "next profile or kept recipe",
        DialogReasons = "dialog.reasons": "why each flag, or back to the flags",
        DialogSave = "dialog.save": "keep as a recipe",
        DialogExport = "dialog.export": "write as files",
        OllamaPull = "ollama.pull": "pull a model",
        OllamaCreate = "ollama.create": "create a model from a GGUF file",
        OllamaLoad = "ollama.load": "load the model",
        OllamaUnload = "ollama.unload": "unload the model",
        OllamaDelete = "ollama.delete": "delete the model",
        OllamaShow = "ollama.show": "show the model's facts",
        OllamaCancel = "ollama.cancel": "cancel the pull",
        InstalledInstall = "installed.install": "install the engine, or see how",
        InstalledUpgrade = "installed.upgrade": "upgrade the engine",
        InstalledRepair = "installed.repair": "look whether it is whole, and make it anew",
        InstalledRemove = "installed.remove": "remove what vramdeck installed",
        InstalledPin = "installed.pin": "let its version stay, or change again",
        InstalledCancel = "installed.cancel": "cancel the install",
    }
}

/// Messages to the Engines screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// What the start dialog's form would run; `generation` is that of the question.
    Planned {
        /// Of the question.
        generation: u64,
        /// The answer.
        result: Result<Box<Preview>, Problem>,
    },
    /// The launch was carried out, or not.
    Launched {
        /// The new run.
        result: Result<RunId, Problem>,
    },
    /// A stop has begun.
    Stopping(RunId),
    /// A stop is over.
    Stopped {
        /// The run.
        run: RunId,
        /// How it went, in words.
        result: Result<String, Problem>,
    },
    /// Lines of the log in view. `reset` starts anew.
    Log {
        /// Whose.
        run: RunId,
        /// Whether these are the first.
        reset: bool,
        /// New lines, cleaned.
        lines: Vec<LogLine>,
    },
    /// The flags of an engine.
    Flags {
        /// Whose.
        engine: EngineKind,
        /// The table.
        table: Arc<FlagTable>,
        /// Whether the installed engine's own help is still being read.
        reading: bool,
    },
    /// Models on this machine that match what was typed.
    Suggestions {
        /// Of the question.
        generation: u64,
        /// Best first.
        models: Vec<String>,
    },
    /// The recipe of the start dialog; `generation` is that of the question.
    Composed {
        /// Of the question.
        generation: u64,
        /// The recipe.
        result: Result<Box<Recipe>, Problem>,
    },
    /// Names of the recipes that were kept.
    Kept(Vec<String>),
    /// A recipe that was kept, as asked for.
    Loaded(Result<Box<Named>, Problem>),
    /// A recipe was kept, or not: its name, and the secrets left out.
    Saved(Result<(String, Vec<String>), Problem>),
    /// A launch was written as files: which, and why there is none of a kind.
    Exported(Result<(Vec<PathBuf>, Vec<String>), Problem>),
    /// Of an Ollama server.
    Ollama(ollama::Msg),
    /// Of the engines of this machine.
    Installed(installed::Msg),
}

/// What the Engines screen asks of the world.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Check a launch and say what would run.
    Plan {
        /// Echoed in the answer.
        generation: u64,
        /// What is asked for.
        request: Box<Request>,
    },
    /// Launch.
    Launch(Box<Request>),
    /// Launch one after the other, each once the one before it is ready.
    InOrder(Vec<Step>),
    /// Stop a run: the whole process group.
    Stop(RunId),
    /// Remove a finished run's record and log.
    Forget(RunId),
    /// Send the log of this run (the newest lines, then what comes); none ends it.
    Follow(Option<RunId>),
    /// Read the flags of an engine, from its own help where it is installed.
    ReadFlags {
        /// Which.
        engine: EngineKind,
        /// The program or virtual environment the person named.
        program: Option<PathBuf>,
    },
    /// Find models on this machine.
    Suggest {
        /// Echoed in the answer.
        generation: u64,
        /// For which engine.
        engine: EngineKind,
        /// What was typed.
        typed: String,
    },
    /// Compose a recipe.
    Compose {
        /// Echoed in the answer.
        generation: u64,
        /// For what.
        asked: Box<Asked>,
    },
    /// List the recipes that were kept.
    ListKept,
    /// Read a recipe that was kept.
    LoadKept(String),
    /// Keep a recipe under a name.
    Keep {
        /// The name.
        name: String,
        /// The recipe.
        named: Box<Named>,
    },
    /// Write a launch as files under a name.
    Export {
        /// The name.
        name: String,
        /// The launch.
        request: Box<Request>,
    },
    /// Of an Ollama server.
    Ollama(ollama::Effect),
    /// Of the engines of this machine.
    Installed(installed::Effect),
}

/// A launch among others.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What is asked for.
    pub request: Request,
    /// How it gets out of the way once it is ready, where it takes turns with others.
    pub rests: Option<Rest>,
}

/// What can be pointed at on the Engines screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A run in the list.
    Run(RunId),
    /// The log.
    Log,
    /// A row of the start dialog.
    Item(dialog::Item),
    /// A kind of server in the start dialog.
    Kind(EngineKind),
    /// A dialect of the simulated engine in the start dialog.
    Dialect(Dialect),
    /// The profile row's next choice.
    NextProfile,
    /// A flag by its row among those that match.
    Flag(usize),
    /// The dialog's ground.
    Dialog,
    /// A model of the Ollama server, by row.
    OllamaModel(usize),
    /// An engine of this machine, by row.
    Installed(usize),
    /// A remedy of the doctor's pane, by row.
    Remedy(usize),
}

/// What has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The list of runs.
    #[default]
    Runs,
    /// The log.
    Log,
    /// The models of an Ollama server.
    Ollama,
    /// The engines of this machine.
    Installed,
}

/// State of the Engines screen.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What has the keys, unless the dialog is open.
    pub focus: Focus,
    /// The runs.
    pub list: List,
    /// The selected run's log.
    pub log: LogView,
    /// The start dialog, when open.
    pub dialog: Option<Dialog>,
    /// The form as it was left when the dialog was closed without launching.
    pub draft: Option<Dialog>,
    /// Stops under way, and memory that is being watched for.
    pub releases: Vec<Release>,
    /// The models of an Ollama server.
    pub ollama: Ollama,
    /// The engines of this machine.
    pub installed: installed::Installed,
    /// The doctor's pane, when open.
    pub doctor: Option<doctor::Pane>,
    /// Runs that came of remedies.
    pub retries: doctor::Retries,
    /// Uptime when all of this was last looked at.
    pub refreshed: Duration,
}

impl State {
    /// Whether an install moves in the pane that is shown.
    pub fn watches_installs(&self) -> bool {
        self.focus == Focus::Installed && self.installed.is_busy()
    }

    /// Whether the run is being stopped by this deck.
    pub fn is_stopping(&self, run: &RunId) -> bool {
        self.releases.iter().any(|release| release.run == *run && release.stopped_at.is_none())
    }
}

/// Keymap contexts, innermost first.
pub fn contexts(state: &State) -> Vec<&'static str> {
    if let Some(dialog) = &state.dialog {
        let row = if dialog.types() { "engines.dialog.input" } else { "engines.dialog.choice" };
        return vec![row, "engines.dialog"];
    }
    if state.doctor.is_some() {
        return vec!["engines.doctor"];
    }
    match state.focus {
        Focus::Runs => vec!["engines"],
        Focus::Log if state.log.typing => vec!["engines.log.input"],
        Focus::Log => vec!["engines.log", "engines"],
        Focus::Ollama if state.ollama.typing() => vec!["engines.ollama.input"],
        Focus::Ollama => vec!["engines.ollama"],
        Focus::Installed => vec!["engines.installed"],
    }
}

/// What the key line names here, most useful first; the keys come from the keymap.
pub fn hints(state: &State) -> Vec<crate::app::Action> {
    use Action::*;
    let actions: &[Action] = match (&state.dialog, state.focus) {
        (Some(dialog), _) => match dialog.focus {
            _ if dialog.recipe.reasons.is_some() => &[DialogReasons, DialogNext, DialogLaunch, DialogClose],
            dialog::Item::Engine | dialog::Item::Dialect | dialog::Item::Profile => {
                &[DialogRight, DialogNext, DialogReasons, DialogSave, DialogLaunch, DialogClose]
            }
            dialog::Item::Flags => &[DialogAccept, DialogClear, DialogReasons, DialogLaunch, DialogClose],
            dialog::Item::Model => &[DialogComplete, DialogNext, DialogProfile, DialogLaunch, DialogClose],
            _ => &[DialogNext, DialogProfile, DialogLaunch, DialogClose],
        },
        (None, _) if state.doctor.is_some() => &[RemedyApply, RemedyEdit, Down, Why, DialogClose],
        (None, Focus::Runs) => &[Start, Stop, Log, Chat, Again, Why, Models],
        (None, Focus::Log) => &[Follow, Search, NextMatch, Level, Wrap, CopyLog, Back],
        (None, Focus::Ollama) => {
            &[OllamaPull, OllamaLoad, OllamaUnload, OllamaShow, OllamaCreate, OllamaDelete, DialogClose]
        }
        (None, Focus::Installed) if state.installed.is_busy() => &[InstalledCancel, DialogClose],
        (None, Focus::Installed) => {
            &[InstalledInstall, InstalledUpgrade, InstalledRepair, InstalledRemove, InstalledPin, DialogClose]
        }
    };
    actions.iter().copied().map(crate::app::Action::Engines).collect()
}

/// When (as uptime) the screen next needs a tick: once a second while a live run's uptime is on screen.
pub fn wants_tick(state: &State, shared: &Shared) -> Option<Duration> {
    let moving =
        shared.runs.iter().any(|run| run.phase.is_live()) || !state.releases.is_empty() || state.watches_installs();
    moving.then(|| state.refreshed + Duration::from_secs(1))
}

#[cfg(test)]
mod tests;
