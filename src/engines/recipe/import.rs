//! A pasted command as a wish: `vllm serve …`, `docker run … vllm/vllm-openai …`, `llama-server …`, `ollama run …`.

mod container;
mod engine;

use super::shell::{self, Word};
use crate::base::Problem;
use crate::base::secret::is_secret_name;
use crate::engines::flags::{FlagKind, FlagTable, bundled, normal, removed};
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

/// Reads a command, or a script that holds one. Nothing of it is ever run.
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
    let mut script = Script::default();
    script.read(line, 0)?;
    let Script { found, tag, env, vars, passed } = script;
    let mut command = match (found, &tag) {
        (Some(command), _) => command,
        (None, Some(_)) => Command::default(),
        (None, None) => return Err(no_engine(&passed)),
    };
    (command.env, command.vars) = (env, vars);
    command.notes.extend(passed);
    let inside = if container::is_run(&command) { Some(container::unpack(&mut command)?) } else { None };
    engine::wish(command, inside, tag)
}

/// What a script holds.
#[derive(Default)]
struct Script {
    found: Option<Command>,
    /// The model that an `ollama pull`, or an `ollama run` after the server, names.
    tag: Option<String>,
    env: Vec<(String, String)>,
    vars: Vec<String>,
    passed: Vec<String>,
}

impl Script {
    /// Reads commands; `depth` counts the shells within shells.
    fn read(&mut self, text: &str, depth: u8) -> Result<(), Problem> {
        for line in shell::read(text)? {
            let mut command = Command { words: line.words, ..Command::default() };
            command.strip();
            for (name, value) in command.env.drain(..) {
                self.env.retain(|(set, _)| *set != name);
                self.env.push((name, value));
            }
            self.vars.append(&mut command.vars);
            if command.words.is_empty() {
                continue;
            }
            match scripted(&command.words).filter(|_| depth < 3) {
                Some(script) => self.read(&script, depth + 1)?,
                None => self.take(command, &line.files),
            }
        }
        Ok(())
    }

    fn take(&mut self, mut command: Command, files: &[String]) {
        if let Some(tag) = engine::ollama_tag(&command, "pull") {
            // `ollama serve` names no model; the script's `ollama pull` does.
            self.tag = Some(tag);
            return;
        }
        let starts = container::is_run(&command) || engine::kind(&command).is_some();
        match &self.found {
            None if starts => {
                let files = files.iter().filter(|file| *file != "/dev/null" && file.parse::<u8>().is_err());
                command.notes.extend(
                    files.map(|file| format!("{file} is left out: what the engine says goes to vramdeck's own log")),
                );
                self.found = Some(command);
            }
            Some(first) if engine::awaits_tag(first) && engine::ollama_tag(&command, "run").is_some() => {
                self.tag = self.tag.take().or(engine::ollama_tag(&command, "run"));
            }
            Some(_) if starts => self.passed.push(format!("a second engine is passed over: {}", command.first())),
            _ if command.is_bookkeeping() => {}
            _ => self.passed.push(format!("passed over: {}", command.first())),
        }
    }
}

/// The script of `sh -c SCRIPT`.
fn scripted(words: &[Word]) -> Option<String> {
    let (program, rest) = words.split_first()?;
    let shell = matches!(program.text.rsplit('/').next()?, "sh" | "bash" | "zsh" | "dash");
    let at = rest.iter().position(|word| word.text.starts_with('-') && word.text.ends_with('c'))?;
    rest.get(at + 1).filter(|_| shell && at <= 1).map(|word| word.text.clone())
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
const BEFORE: [&str; 18] = [
    "$", "sudo", "nohup", "exec", "env", "time", "command", "uv", "uvx", "run", "export", "setsid", "%", "!", "poetry",
    "pixi", "then", "do",
];

/// Programs that start the command after their own words, which are left out and named.
const AROUND: [&str; 25] = [
    "nice",
    "ionice",
    "numactl",
    "taskset",
    "timeout",
    "stdbuf",
    "systemd-run",
    "screen",
    "tmux",
    "conda",
    "mamba",
    "micromamba",
    "srun",
    "docker",
    "podman",
    "uv",
    "uvx",
    "sudo",
    "env",
    "poetry",
    "pixi",
    "systemd-inhibit",
    "start",
    "chrt",
    "firejail",
];

impl Command {
    /// Takes away what stands before the program: a prompt, `sudo`, `env`, assignments, a program around it.
    fn strip(&mut self) {
        let exports = self.words.first().is_some_and(|word| word.text == "export");
        // `sudo -u me …` has words of its own, `sudo …` has not: both the last word before and the first after may be one.
        let before = self.words.iter().take_while(|word| is_before(word)).count().saturating_sub(1);
        let around = self.words.iter().skip(before).take(2).any(|word| AROUND.contains(&word.text.as_str()));
        let mut at = 0;
        for word in &self.words {
            match assignment(word) {
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
        if around && !self.starts(0) {
            self.unwrap();
        }
    }

    /// Whether an engine, a container or a shell is started by the words from here on.
    fn starts(&self, at: usize) -> bool {
        let rest = Self { words: self.words.get(at..).unwrap_or_default().to_vec(), ..Self::default() };
        container::is_run(&rest) || engine::kind(&rest).is_some() || scripted(&rest.words).is_some()
    }

    /// Takes the words of a program around the engine away, with the variables among them.
    fn unwrap(&mut self) {
        /// No program takes more of its own.
        const MOST: usize = 40;
        let Some(at) = (1..self.words.len().min(MOST)).find(|at| self.starts(*at)) else { return };
        let before: Vec<Word> = self.words.drain(..at).collect();
        for word in &before {
            if let Some((name, value)) = assignment(word) {
                self.env.push((name.to_owned(), value.to_owned()));
                self.vars.extend(word.vars.iter().cloned());
            }
        }
        let words: Vec<&str> =
            before.iter().filter(|word| assignment(word).is_none()).map(|w| w.text.as_str()).collect();
        self.notes.push(format!("left out: what starts the engine in the command, {}", shown(&words)));
    }

    fn first(&self) -> String {
        let words: Vec<&str> = self.words.iter().take(4).map(|word| word.text.as_str()).collect();
        shown(&words)
    }

    /// Commands of a script around the one that matters.
    fn is_bookkeeping(&self) -> bool {
        const WORDS: [&str; 17] = [
            "set", ":", "trap", "until", "while", "do", "done", "if", "else", "then", "fi", "wait", "sleep", "echo",
            "clear", "kill", "exit",
        ];
        self.words.first().is_some_and(|word| WORDS.contains(&word.text.as_str()))
    }
}

/// Words of a command for a note.
fn shown(words: &[&str]) -> String {
    crate::base::text::fit(&crate::base::text::clean_line(&words.join(" ")), 60).into_owned()
}

fn is_before(word: &Word) -> bool {
    assignment(word).is_some() || BEFORE.contains(&word.text.as_str())
}

/// `NAME=VALUE` before a command.
fn assignment(word: &Word) -> Option<(&str, &str)> {
    word.text.split_once('=').filter(|(name, _)| is_variable(name))
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
            None => kept.push(bare(kind, set, table)),
        }
    }
    if kept.iter().any(|set| is_secret_name(&set.flag)) {
        notes.push("a key stands in the command: it is used, never saved".to_owned());
    }
    kept
}

/// `--switch=true` is said without its value, `--switch=false` as its opposite: these engines take no value there.
fn bare(kind: EngineKind, set: FlagSetting, table: &FlagTable) -> FlagSetting {
    let switch = table.find(&set.flag).is_some_and(|spec| spec.kind == FlagKind::Bool) && !set.flag.contains('.');
    let value = set.value.as_deref().map(str::to_ascii_lowercase);
    match (value.as_deref().filter(|_| switch && kind == EngineKind::Vllm), set.flag.strip_prefix("--")) {
        (Some("true" | "1"), _) => FlagSetting { value: None, ..set },
        (Some("false" | "0"), Some(name)) if !name.starts_with("no-") => {
            FlagSetting { flag: format!("--no-{name}"), value: None }
        }
        _ => set,
    }
}

/// The table of an engine, as shipped: what is installed is asked by the launch's own check.
fn table(kind: EngineKind) -> Result<FlagTable, Problem> {
    bundled(kind)
}

#[cfg(test)]
mod tests;
