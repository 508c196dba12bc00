//! A pasted command as a wish: `vllm serve …`, `docker run … vllm/vllm-openai …`, `llama-server …`, `ollama run …`.

mod container;
mod engine;

use super::shell::{self, Word};
use crate::base::Problem;
use crate::base::secret::is_secret_name;
use crate::engines::flags::{FlagTable, bundled, normal, removed};
use crate::engines::{EngineKind, FlagSetting, LaunchSpec};

/// What a command comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The wish.
    pub spec: LaunchSpec,
    /// What was left out, changed or noticed, a line each.
    pub notes: Vec<String>,
    /// Variables that a shell would have filled in, where a value is needed: the wish holds them as written.
    pub unresolved: Vec<String>,
}

/// Words of one command with the environment before it.
#[derive(Default)]
struct Command {
    words: Vec<Word>,
    env: Vec<(String, String)>,
    port: Option<u16>,
    name: Option<String>,
    notes: Vec<String>,
    /// Variables in values of the environment.
    vars: Vec<String>,
}

/// Whether a text reads like a command that starts an engine rather than the name of a model.
pub fn looks_like_command(text: &str) -> bool {
    let text = text.trim();
    let programs =
        ["vllm serve", "llama-server", "ollama run", "ollama serve", "docker run", "podman run", "vllm.entrypoints"];
    text.contains(char::is_whitespace) && programs.iter().any(|program| text.contains(program))
}

/// Reads a command, or a script that holds one.
///
/// # Errors
/// With the position of a quote that is not closed, or when no engine is started, no model named, or a word belongs to
/// no flag.
pub fn import(line: &str) -> Result<Imported, Problem> {
    /// Nobody pastes more.
    const LONGEST: usize = 256 << 10;
    if line.len() > LONGEST {
        return Err(Problem::usage("the command is not read", "it is longer than 256 KiB", "paste the command alone"));
    }
    let mut found: Option<Command> = None;
    let (mut env, mut vars, mut model, mut passed) = (Vec::new(), Vec::new(), None, Vec::new());
    for words in shell::read(line)? {
        let mut command = Command { words, ..Command::default() };
        command.strip();
        env.append(&mut command.env);
        vars.append(&mut command.vars);
        if command.words.is_empty() {
            continue;
        }
        if let Some(tag) = engine::ollama_tag(&command) {
            // `ollama serve` names no model; the script's `ollama pull` does.
            model = Some(tag);
            continue;
        }
        match (container::is_run(&command) || engine::kind(&command).is_some(), &found) {
            (true, None) => found = Some(command),
            (true, Some(_)) => passed.push(format!("a second engine is passed over: {}", command.first())),
            (false, _) if command.is_bookkeeping() => {}
            (false, _) => passed.push(format!("passed over: {}", command.first())),
        }
    }
    let mut command = match (found, &model) {
        (Some(command), _) => command,
        (None, Some(_)) => Command::default(),
        (None, None) => return Err(no_engine(&passed)),
    };
    (command.env, command.vars) = (env, vars);
    command.notes.extend(passed);
    let inside = if container::is_run(&command) { Some(container::unpack(&mut command)?) } else { None };
    engine::wish(command, inside, model)
}

fn no_engine(passed: &[String]) -> Problem {
    let why = passed.first().cloned().unwrap_or_else(|| "it is empty".to_owned());
    Problem::usage(
        "no engine is started by this command",
        why,
        "it begins with vllm serve, llama-server, ollama run, or docker run with one of their images",
    )
}

/// Words that may stand before a command and change nothing for us.
const BEFORE: [&str; 14] =
    ["$", "sudo", "nohup", "exec", "env", "time", "command", "uv", "uvx", "run", "export", "setsid", "%", ">"];

impl Command {
    /// Takes away what stands before the program: a prompt, `sudo`, `env`, assignments.
    fn strip(&mut self) {
        let exports = self.words.first().is_some_and(|word| word.text == "export");
        let mut at = 0;
        for word in &self.words {
            match word.text.split_once('=').filter(|(name, _)| is_variable(name)) {
                Some((name, value)) => {
                    // `server=$!` is the script's own.
                    if !word.vars.iter().any(|name| name.starts_with(|c: char| !c.is_ascii_alphabetic() && c != '_')) {
                        self.env.push((name.to_owned(), value.to_owned()));
                        self.vars.extend(word.vars.iter().cloned());
                    }
                }
                None if exports => {}
                None if BEFORE.contains(&word.text.as_str()) => {}
                None => break,
            }
            at += 1;
        }
        self.words.drain(..at);
    }

    fn first(&self) -> String {
        let words: Vec<&str> = self.words.iter().take(4).map(|word| word.text.as_str()).collect();
        crate::base::text::fit(&crate::base::text::clean_line(&words.join(" ")), 60).into_owned()
    }

    /// Commands of a script around the one that matters.
    fn is_bookkeeping(&self) -> bool {
        const WORDS: [&str; 19] = [
            "set", ":", "cd", "source", ".", "trap", "until", "while", "do", "done", "if", "then", "fi", "wait",
            "sleep", "echo", "mkdir", "conda", "pip",
        ];
        self.words.first().is_some_and(|word| WORDS.contains(&word.text.as_str()))
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Answers flags that are gone, and keeps the rest; what is not known at all is left for the launch's own check.
fn answered(kind: EngineKind, flags: Vec<FlagSetting>, table: &FlagTable, notes: &mut Vec<String>) -> Vec<FlagSetting> {
    let mut kept = Vec::new();
    for set in flags {
        match removed(kind, &set.flag).filter(|_| table.find(&set.flag).is_none()) {
            Some(instead) => notes.push(format!("left out: {kind} has no {} any more; {instead}", normal(&set.flag))),
            None => kept.push(set),
        }
    }
    if kept.iter().any(|set| is_secret_name(&set.flag)) {
        notes.push("a key stands in the command: it is used, never saved".to_owned());
    }
    kept
}

/// The table of an engine, as shipped: what is installed is asked by the launch's own check.
fn table(kind: EngineKind) -> Result<FlagTable, Problem> {
    bundled(kind)
}

#[cfg(test)]
mod tests;
