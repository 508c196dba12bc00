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
    "--detach",
    "--interactive",
    "--tty",
    "--rm",
    "--init",
    "--privileged",
    "--read-only",
    "--publish-all",
    "--quiet",
    "--no-healthcheck",
    "--oom-kill-disable",
    "--sig-proxy",
];

/// Whether an option takes no value: `--rm`, `-it`.
fn is_switch(text: &str) -> bool {
    let letters = text.strip_prefix('-').filter(|rest| !rest.starts_with('-') && !rest.is_empty());
    SWITCHES.contains(&text) || letters.is_some_and(|letters| letters.chars().all(|c| "ditqP".contains(c)))
}

/// What the options say.
#[derive(Default)]
struct Options {
    entry: Option<String>,
    /// Folders of this machine and where they lie inside.
    mounts: Vec<(String, String, Vec<String>)>,
    /// Those that change nothing without a container.
    left: Vec<String>,
}

/// Reads the options and the image; the environment, port and name go into the command.
///
/// # Errors
/// When there is no image, or it is none of an engine.
pub(super) fn unpack(command: &mut Command) -> Result<Inside, Problem> {
    let skip = if command.words.get(1).is_some_and(|word| word.text == "container") { 3 } else { 2 };
    let words: Vec<Word> = command.words.drain(..).skip(skip).collect();
    let mut rest = words.into_iter();
    let mut options = Options::default();
    let image = loop {
        let Some(word) = rest.next() else { return Err(no_image("it names no image")) };
        if !word.text.starts_with('-') {
            break word.text;
        }
        if is_switch(&word.text) {
            continue;
        }
        let (name, value) = match parted(&word) {
            Some(pair) => pair,
            None => (word.text, rest.next().unwrap_or_else(|| Word { text: String::new(), ..word })),
        };
        option(command, &name, value, &mut options);
    };
    let kind = kind_of(&image).ok_or_else(|| no_image(&format!("{image} is the image of no engine that is known")))?;
    command.notes.push(format!("{image} ran it in a container: here it runs without one"));
    if !options.left.is_empty() {
        let left = options.left.iter().map(String::as_str).collect::<Vec<_>>();
        command.notes.push(format!("options of the container are left out: {}", left.join(" ")));
    }
    let mut inside: Vec<Word> = rest.collect();
    unshell(kind, options.entry.as_deref(), &mut inside)?;
    strip_program(kind, options.entry.as_deref(), &mut inside);
    strip_address(&mut inside, command);
    remount(&options, &mut inside, command);
    Ok(Inside { kind, words: inside })
}

/// `--name=value`, and `-eNAME=value`, `-p8000:8000`, `-v/a:/b` without a blank.
fn parted(word: &Word) -> Option<(String, Word)> {
    let (name, value) = match word.text.strip_prefix("--") {
        Some(long) => long.split_once('=').map(|(name, value)| (format!("--{name}"), value))?,
        None => word.text.split_at_checked(2).filter(|(_, value)| !value.is_empty()).map(|(n, v)| (n.to_owned(), v))?,
    };
    let value = value.strip_prefix('=').filter(|_| !word.text.starts_with("--")).unwrap_or(value);
    Some((name, Word { text: value.to_owned(), ..word.clone() }))
}

/// The words of the engine that a shell inside starts: `bash -c "pip install … && vllm serve …"`.
fn unshell(kind: EngineKind, entry: Option<&str>, inside: &mut Vec<Word>) -> Result<(), Problem> {
    let is_shell = |name: &str| matches!(name.rsplit('/').next(), Some("sh" | "bash"));
    let mut words = inside.clone();
    if let Some(shell) = entry.filter(|entry| is_shell(entry)) {
        words.insert(0, Word { text: shell.to_owned(), at: 1, vars: Vec::new(), quoted: false });
    }
    let Some(script) = super::scripted(&words) else { return Ok(()) };
    for line in super::shell::read(&script)? {
        let mut command = Command { words: line.words, ..Command::default() };
        command.strip();
        if let Some((own, skip)) = super::engine::kind(&command)
            && own == kind
        {
            *inside = command.words.split_off(skip);
            return Ok(());
        }
    }
    Err(no_image("the shell inside starts none"))
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

fn option(command: &mut Command, name: &str, word: Word, options: &mut Options) {
    let value = word.text;
    match name {
        "-e" | "--env" => {
            match value.split_once('=') {
                Some((name, value)) if super::is_variable(name) => {
                    command.env.retain(|(set, _)| set != name);
                    command.env.push((name.to_owned(), value.to_owned()));
                }
                Some(_) => command.notes.push(format!("{value} names no variable and is left out")),
                None => command.notes.push(format!("{value} is taken from this environment, as it was there")),
            }
            command.vars.extend(word.vars);
        }
        "-p" | "--publish" => {
            let mut parts = value.rsplit(':').skip(1);
            command.port = command.port.or_else(|| parts.next().and_then(|port| port.parse().ok()));
        }
        "--name" if crate::engines::naming::is_valid(&value) => command.name = Some(value),
        "--entrypoint" => options.entry = Some(value),
        "--gpus" if value.contains("device=") => {
            let cards = value.split("device=").nth(1).unwrap_or_default().trim_matches('"');
            command.notes.push(format!("--gpus {value} is said by CUDA_VISIBLE_DEVICES={cards}"));
            command.env.push(("CUDA_VISIBLE_DEVICES".to_owned(), cards.to_owned()));
        }
        "-v" | "--volume" | "--mount" => {
            if let Some((from, to)) = mount(&value) {
                options.mounts.push((from, to, word.vars));
            }
            command
                .notes
                .push(format!("the mount {value} is left out: paths inside of the container may have to be changed"));
        }
        "--env-file" => command.notes.push(format!("the variables of {value} are not read: set them here")),
        _ if value.is_empty() => options.left.push(name.to_owned()),
        _ => options.left.push(format!("{name} {value}")),
    }
}

/// The folder of this machine and that inside of `FROM:TO[:ro]` or `type=bind,source=FROM,target=TO`; none for a volume.
fn mount(value: &str) -> Option<(String, String)> {
    let field = |names: [&str; 3]| {
        let mut fields = value.split(',').filter_map(|field| field.split_once('='));
        fields.find(|(name, _)| names.contains(name)).map(|(_, value)| value.to_owned())
    };
    let pair = match field(["source", "src", "from"]).zip(field(["target", "destination", "dst"])) {
        Some(pair) => pair,
        None => {
            value.split_once(':').map(|(from, to)| (from.to_owned(), to.split(':').next().unwrap_or(to).to_owned()))?
        }
    };
    pair.0.starts_with(['/', '.', '~', '$']).then_some(pair)
}

/// The model's path as it is on this machine, where a mount says it.
fn remount(options: &Options, words: &mut [Word], command: &mut Command) {
    for word in words.iter_mut().filter(|word| word.text.starts_with('/')) {
        let inside = |to: &str| {
            word.text.strip_prefix(to.trim_end_matches('/')).filter(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let longest = options.mounts.iter().filter(|(_, to, _)| inside(to).is_some()).max_by_key(|(_, to, _)| to.len());
        let Some((from, to, vars)) = longest else { continue };
        let here = format!("{}{}", from.trim_end_matches('/'), inside(to).unwrap_or_default());
        command.notes.push(format!("{} of the container is {here} here", word.text));
        word.text = here;
        word.vars.extend(vars.iter().cloned());
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
}

/// The address inside, which was the way to be reached at all, and the port inside where another one is published.
fn strip_address(words: &mut Vec<Word>, command: &Command) {
    let at = |words: &[Word], flag: &str| {
        let inline = |word: &Word| word.text.strip_prefix(flag).is_some_and(|rest| rest.starts_with('='));
        let found = words.iter().position(|word| word.text == flag || inline(word))?;
        Some((found, if words.get(found).is_some_and(inline) { 1 } else { 2 }))
    };
    if let Some((from, long)) = at(words, "--host")
        && words.get(from + long - 1).is_some_and(|word| word.text.ends_with("0.0.0.0") || word.text.ends_with("::"))
    {
        words.drain(from..from + long);
    }
    if let Some((from, long)) = at(words, "--port").filter(|_| command.port.is_some()) {
        words.drain(from..(from + long).min(words.len()));
    }
}
