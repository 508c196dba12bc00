//! A launch as a file that does it without vramdeck: a shell script, a compose file, a unit of systemd.
//!
//! Values of secrets are never written: a script and a unit take them from the environment by name.

mod compose;
mod sh;
mod systemd;

use crate::base::secret::is_secret_name;
use crate::base::text::{clean_line, is_flag};
use crate::base::{Problem, text};
use crate::engines::{EngineKind, Plan};

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// A script for `sh`.
    Sh,
    /// A compose file for Docker or Podman.
    Compose,
    /// A unit for the user's own systemd.
    Systemd,
}

impl Export {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 3] = [Self::Sh, Self::Compose, Self::Systemd];

    /// The word of the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sh => "sh",
            Self::Compose => "compose",
            Self::Systemd => "systemd",
        }
    }

    /// The name of a file of this kind for a run of this name.
    pub fn file_name(self, name: &str) -> String {
        match self {
            Self::Sh => format!("{name}.sh"),
            Self::Compose => format!("{name}.compose.yaml"),
            Self::Systemd => format!("{name}.service"),
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A file, and what to know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Its text.
    pub text: String,
    /// What to do with it and what it leaves out, a line each.
    pub notes: Vec<String>,
}

/// A word of a command, its secret taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Plain(String),
    /// What stands before the secret (`--key=`), and the variable that holds it.
    Secret(String, String),
}

/// Writes the file. `version` is that of the engine, for the image of a container.
///
/// # Errors
/// When nothing would be started, or a word holds a character that no file of this kind can say.
pub fn export(kind: Export, plan: &Plan, version: Option<&str>) -> Result<Exported, Problem> {
    if plan.argv.is_empty() {
        return Err(Problem::usage(
            "there is nothing to write",
            "this launch uses a server that runs already",
            "name --port or --program for one of its own",
        ));
    }
    let values = plan.env.iter().flat_map(|(name, value)| [name, value]);
    if plan.argv.iter().chain(values).any(|word| word.contains('\0')) {
        return Err(Problem::usage("the launch cannot be written", "a word holds a zero byte", "take it out"));
    }
    let is_name = |name: &str| {
        let rest = |c: char| c.is_ascii_alphanumeric() || c == '_';
        !name.is_empty() && name.chars().all(rest) && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    if let Some((name, _)) = plan.env.iter().find(|(name, _)| !is_name(name)) {
        let why = format!("a shell knows no variable `{name}`");
        return Err(Problem::usage("the launch cannot be written", why, "letters, digits and `_` make a name"));
    }
    match kind {
        Export::Sh => Ok(sh::write(plan)),
        Export::Compose => compose::write(plan, version),
        Export::Systemd => Ok(systemd::write(plan)),
    }
}

/// The words with secrets as references: after a secret flag every word up to the next flag is one.
fn pieces(plan: &Plan, argv: &[String]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut secret: Option<String> = None;
    for word in argv {
        if is_flag(word) {
            secret = None;
            match word.split_once('=') {
                Some((flag, _)) if is_secret_name(flag) => {
                    pieces.push(Piece::Secret(format!("{flag}="), variable(plan.engine, flag)));
                    continue;
                }
                None if is_secret_name(word) => secret = Some(variable(plan.engine, word)),
                _ => {}
            }
            pieces.push(Piece::Plain(word.clone()));
            continue;
        }
        match &secret {
            None => pieces.push(Piece::Plain(word.clone())),
            // Several keys are one reference.
            Some(name) if matches!(pieces.last(), Some(Piece::Secret(_, last)) if last == name) => {}
            Some(name) => pieces.push(Piece::Secret(String::new(), name.clone())),
        }
    }
    pieces
}

/// The variable that an engine, or a person, keeps the secret of a flag in.
fn variable(engine: EngineKind, flag: &str) -> String {
    match (engine, flag.replace('_', "-").as_str()) {
        (EngineKind::Vllm, "--api-key") => "VLLM_API_KEY".to_owned(),
        (EngineKind::LlamaCpp, "--api-key") => "LLAMA_API_KEY".to_owned(),
        (_, "--hf-token" | "-hft") => "HF_TOKEN".to_owned(),
        (_, flag) => flag.trim_start_matches('-').to_ascii_uppercase().replace(['-', '.'], "_"),
    }
}

/// Variables that have to be set where it is started: those of secret flags, those of secret variables.
fn needed(plan: &Plan, pieces: &[Piece]) -> Vec<String> {
    let flags = pieces.iter().filter_map(|piece| match piece {
        Piece::Secret(_, name) => Some(name.clone()),
        Piece::Plain(_) => None,
    });
    let mut names: Vec<String> = Vec::new();
    for name in flags.chain(plan.env.iter().map(|(name, _)| name.clone()).filter(|name| is_secret_name(name))) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The environment without secrets.
fn open_env(plan: &Plan) -> impl Iterator<Item = &(String, String)> {
    plan.env.iter().filter(|(name, _)| !is_secret_name(name))
}

/// What it is, for a comment of one line.
fn title(plan: &Plan) -> String {
    let model = text::fit(&clean_line(&plan.model), 120).into_owned();
    format!("{model} on {}, written by vramdeck {}", plan.engine, env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests;
