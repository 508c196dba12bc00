//! `docker run` and `podman run`: the options that matter, the image, and what runs inside.

use super::super::shell::Word;
use super::Command;
use crate::base::Problem;
use crate::engines::EngineKind;

/// What runs inside of a container.
pub(super) struct Inside {
    pub kind: EngineKind,
    /// The words after the engine's own program.
    pub words: Vec<Word>,
}

/// Whether a command runs a container.
pub(super) fn is_run(command: &Command) -> bool {
    let mut words = command.words.iter().map(|word| word.text.as_str());
    let program = words.next().and_then(|program| program.rsplit('/').next());
    let second = words.next();
    matches!(program, Some("docker" | "podman"))
        && (second == Some("run") || second == Some("container") && words.next() == Some("run"))
}

/// Options that take no value.
const SWITCHES: [&str; 12] = [
    "-d",
    "-i",
    "-t",
    "-it",
    "-ti",
    "--detach",
    "--interactive",
    "--tty",
    "--rm",
    "--init",
    "--privileged",
    "--read-only",
];

/// Reads the options and the image; the environment, port and name go into the command.
///
/// # Errors
/// When there is no image, or it is none of an engine.
pub(super) fn unpack(command: &mut Command) -> Result<Inside, Problem> {
    let skip = if command.words.get(1).is_some_and(|word| word.text == "container") { 3 } else { 2 };
    let words: Vec<Word> = command.words.drain(..).skip(skip).collect();
    let mut rest = words.into_iter();
    let mut entry: Option<String> = None;
    let image = loop {
        let Some(word) = rest.next() else { return Err(no_image("it names no image")) };
        let text = word.text.clone();
        if !text.starts_with('-') {
            break text;
        }
        if SWITCHES.contains(&text.as_str()) {
            continue;
        }
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => {
                let value = rest.next();
                if matches!(text.as_str(), "-e" | "--env") {
                    command.vars.extend(value.iter().flat_map(|word| word.vars.clone()));
                }
                (text, value.map(|word| word.text).unwrap_or_default())
            }
        };
        option(command, &name, value, &mut entry);
    };
    let kind = kind_of(&image).ok_or_else(|| no_image(&format!("{image} is the image of no engine that is known")))?;
    command.notes.push(format!("{image} ran it in a container: here it runs without one"));
    let mut inside: Vec<Word> = rest.collect();
    strip_program(kind, entry.as_deref(), &mut inside);
    Ok(Inside { kind, words: inside })
}

fn no_image(why: &str) -> Problem {
    let hint = "images are vllm/vllm-openai, ghcr.io/ggml-org/llama.cpp and ollama/ollama";
    Problem::usage("no engine is started by this container", why, hint)
}

fn kind_of(image: &str) -> Option<EngineKind> {
    if image.contains("vllm") {
        Some(EngineKind::Vllm)
    } else if image.contains("llama.cpp") || image.contains("llama-server") {
        Some(EngineKind::LlamaCpp)
    } else {
        image.contains("ollama").then_some(EngineKind::Ollama)
    }
}

fn option(command: &mut Command, name: &str, value: String, entry: &mut Option<String>) {
    match name {
        "-e" | "--env" => match value.split_once('=') {
            Some((name, value)) if super::is_variable(name) => command.env.push((name.to_owned(), value.to_owned())),
            Some(_) => command.notes.push(format!("{value} names no variable and is left out")),
            None => command.notes.push(format!("{value} is taken from this environment, as it was there")),
        },
        "-p" | "--publish" => {
            let mut parts = value.rsplit(':').skip(1);
            command.port = command.port.or_else(|| parts.next().and_then(|port| port.parse().ok()));
        }
        "--name" if crate::engines::naming::is_valid(&value) => command.name = Some(value),
        "--entrypoint" => *entry = Some(value),
        "-v" | "--volume" | "--mount" => {
            command
                .notes
                .push(format!("the mount {value} is left out: paths inside of the container may have to be changed"));
        }
        "--env-file" => command.notes.push(format!("the variables of {value} are not read: set them here")),
        _ => {}
    }
}

/// The engine's own program before its words: `vllm serve`, `/app/llama-server`, `serve`.
fn strip_program(kind: EngineKind, entry: Option<&str>, words: &mut Vec<Word>) {
    let leading: &[&str] = match kind {
        EngineKind::Vllm => &["vllm", "serve"],
        EngineKind::LlamaCpp => &["llama-server", "--server"],
        _ => &["ollama", "run", "serve"],
    };
    // `--entrypoint python3` with `-m vllm.…` as its words.
    if entry.is_some_and(|entry| entry.contains("python")) && words.first().is_some_and(|word| word.text == "-m") {
        words.drain(..2.min(words.len()));
    }
    for name in leading {
        if words.first().is_some_and(|word| word.text.rsplit('/').next() == Some(name)) {
            words.remove(0);
        }
    }
    let container_host =
        |pair: &[Word]| matches!(pair, [flag, value] if flag.text == "--host" && value.text == "0.0.0.0");
    // Inside of a container that was the way to be reached at all.
    if let Some(at) = words.windows(2).position(container_host) {
        words.drain(at..at + 2);
    }
    // The port inside; the published one counts.
    if let Some(at) = words.iter().position(|word| word.text == "--port") {
        words.drain(at..(at + 2).min(words.len()));
    }
}
