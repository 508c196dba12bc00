//! The program of a command and what its words ask.

use super::container::Inside;
use super::{Command, Imported, answered, table};
use crate::base::Problem;
use crate::engines::flags::{FlagTable, parse_args, parse_words, stray, value_of};
use crate::engines::{EngineKind, FlagSetting, LaunchSpec};
use std::path::PathBuf;

/// Which engine a command starts, with the number of words that say so.
pub(super) fn kind(command: &Command) -> Option<(EngineKind, usize)> {
    let words: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
    let base = base(words.first()?);
    if base.starts_with("python") || base == "py" {
        return module(&words).map(|skip| (EngineKind::Vllm, skip));
    }
    match (base, words.get(1).copied()) {
        ("vllm", Some("serve")) => Some((EngineKind::Vllm, 2)),
        (name, _) if name == "llama-server" || name.ends_with(".llama-server") => Some((EngineKind::LlamaCpp, 1)),
        ("ollama", Some("run" | "serve")) => Some((EngineKind::Ollama, 2)),
        _ => None,
    }
}

/// The name of a program without its folder, and without what Windows puts after it.
fn base(program: &str) -> &str {
    let name = program.rsplit(['/', '\\']).next().unwrap_or(program);
    name.strip_suffix(".exe").unwrap_or(name)
}

/// How many words `python [-u …] -m vllm.entrypoints.…` takes.
fn module(words: &[&str]) -> Option<usize> {
    let at = words.iter().take(6).position(|word| *word == "-m")?;
    match *words.get(at + 1)? {
        "vllm.entrypoints.openai.api_server" | "vllm.entrypoints.api_server" => Some(at + 2),
        "vllm" | "vllm.entrypoints.cli.main" => Some(at + 2 + usize::from(words.get(at + 2) == Some(&"serve"))),
        _ => None,
    }
}

/// The tag that `ollama pull TAG` or `ollama run TAG` names.
pub(super) fn ollama_tag(command: &Command, verb: &str) -> Option<String> {
    let mut words = command.words.iter().map(|word| word.text.as_str());
    let is = words.next().is_some_and(|program| base(program) == "ollama") && words.next() == Some(verb);
    words.find(|word| !word.starts_with('-')).filter(|_| is).map(str::to_owned)
}

/// Whether it starts a server of Ollama that names no model.
pub(super) fn awaits_tag(command: &Command) -> bool {
    let words: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
    let serves = words.first().is_some_and(|program| base(program) == "ollama") && words.get(1) == Some(&"serve");
    serves || super::container::is_run(command) && words.iter().any(|word| word.contains("ollama/ollama"))
}

/// The wish of a command; `inside` is what a container's image says, `tag` a model that another command named.
pub(super) fn wish(mut command: Command, inside: Option<Inside>, tag: Option<String>) -> Result<Imported, Problem> {
    let (kind, program) = match inside {
        Some(inside) => {
            command.words = inside.words;
            (inside.kind, None)
        }
        None => {
            let (kind, skip) = kind(&command).unwrap_or((EngineKind::Ollama, 0));
            let first = command.words.first().map(|word| word.text.clone());
            command.words.drain(..skip.min(command.words.len()));
            (kind, first.filter(|program| program.contains(['/', '\\'])).map(PathBuf::from))
        }
    };
    let unresolved = unresolved(&command);
    let args: Vec<String> = command.words.iter().map(|word| word.text.clone()).collect();
    let table = table(kind)?;
    let (model, flags) = match kind {
        EngineKind::LlamaCpp => llama(&args, &table)?,
        EngineKind::Ollama => ollama(&args, &mut command, tag)?,
        _ => vllm(&args, &table, &mut command.notes)?,
    };
    let flags = answered(kind, flags, &table, &mut command.notes);
    let (flags, port) = settle(kind, &model, flags, command.port);
    let model = model.filter(|model| !model.is_empty()).ok_or_else(|| {
        Problem::usage(
            "the command names no model",
            "an engine serves a model",
            "add the model's name or path to the command",
        )
    })?;
    let mut notes = command.notes;
    if !unresolved.is_empty() {
        notes.push(format!("not known here, stands as written: {}", unresolved.join(", ")));
    }
    let spec = LaunchSpec { engine: kind, model, name: command.name, port, program, flags, env: command.env };
    Ok(Imported { spec, notes, unresolved })
}

/// Variables in words and values.
fn unresolved(command: &Command) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in command.words.iter().flat_map(|word| &word.vars).chain(&command.vars) {
        let name = format!("${name}");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Takes the last value of flags under these names away.
fn take(flags: &mut Vec<FlagSetting>, names: &[&str]) -> Option<String> {
    let value = value_of(flags, names).map(str::to_owned)?;
    flags.retain(|set| !names.contains(&crate::engines::flags::normal(&set.flag).as_str()));
    Some(value)
}

type Read = (Option<String>, Vec<FlagSetting>);

/// `vllm serve MODEL FLAGS`, with the model anywhere or behind `--model`: the word that no flag takes.
fn vllm(args: &[String], table: &FlagTable, notes: &mut Vec<String>) -> Result<Read, Problem> {
    let (mut flags, strays) = parse_words(args, table);
    let mut strays = strays.into_iter();
    let model = strays.next();
    if let Some(word) = strays.next() {
        return Err(stray(&word));
    }
    let named = take(&mut flags, &["--model", "--model-tag"]);
    if let (Some(model), Some(named)) = (&model, &named)
        && model != named
    {
        notes.push(format!("--model {named} gives way to {model}, which is named first"));
    }
    Ok((model.or(named), flags))
}

fn llama(args: &[String], table: &FlagTable) -> Result<Read, Problem> {
    let mut flags = parse_args(args, table)?;
    let file = take(&mut flags, &["-m", "--model"]);
    let repo = take(&mut flags, &["-hf", "-hfr", "--hf-repo"]);
    for set in flags.iter_mut().filter(|set| set.value.is_none() && matches!(set.flag.as_str(), "-fa" | "--flash-attn"))
    {
        // Older versions took it as a switch.
        set.value = Some("on".to_owned());
    }
    Ok((file.or(repo), flags))
}

/// `ollama run TAG`: the server's own settings are its variables.
fn ollama(args: &[String], command: &mut Command, tag: Option<String>) -> Result<Read, Problem> {
    let mut flags = Vec::new();
    let mut model = tag;
    let mut prompt = false;
    let mut rest = args.iter();
    while let Some(word) = rest.next() {
        let (name, inline) = word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
        match name {
            "--keepalive" => {
                let value = inline.map(str::to_owned).or_else(|| rest.next().cloned());
                flags.push(FlagSetting { flag: "--keep-alive".to_owned(), value });
            }
            name if name.starts_with('-') => {
                command.notes.push(format!("{name} belongs to the chat, not to the server"));
                if inline.is_none() && matches!(name, "--format" | "--dimensions") {
                    rest.next();
                }
            }
            _ if model.is_none() => model = Some(word.clone()),
            _ => prompt = true,
        }
    }
    if prompt {
        command.notes.push("the prompt is not part of a launch".to_owned());
    }
    let table = table(EngineKind::Ollama)?;
    let mut kept = Vec::new();
    for (name, value) in std::mem::take(&mut command.env) {
        let flag =
            name.strip_prefix("OLLAMA_").map(|rest| format!("--{}", rest.to_ascii_lowercase().replace('_', "-")));
        let known = flag.filter(|flag| table.find(flag).is_some());
        match (name.as_str(), known) {
            ("OLLAMA_HOST", _) => {
                let port = value.rsplit_once(':').and_then(|(_, port)| port.trim_end_matches('/').parse().ok());
                command.port = command.port.or(port);
                let host = value.split_once("://").map_or(value.as_str(), |(_, rest)| rest);
                let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
                if !matches!(host, "" | "127.0.0.1" | "localhost" | "[::1]") {
                    command.notes.push(format!(
                        "{host} is left out: the server listens on 127.0.0.1, which only this machine reaches"
                    ));
                }
            }
            // Set by vramdeck itself.
            ("OLLAMA_NO_CLOUD", _) if value == "1" => {}
            (_, Some(flag)) => {
                let switch = table.find(&flag).is_some_and(|spec| spec.kind == crate::engines::flags::FlagKind::Bool);
                flags.push(FlagSetting { flag, value: Some(value).filter(|value| !(switch && value == "1")) });
            }
            (_, None) => kept.push((name, value)),
        }
    }
    command.env = kept;
    Ok((model, flags))
}

/// Takes away what vramdeck sets itself to the same, and the port.
fn settle(
    kind: EngineKind,
    model: &Option<String>,
    mut flags: Vec<FlagSetting>,
    port: Option<u16>,
) -> (Vec<FlagSetting>, Option<u16>) {
    let stated = value_of(&flags, &["--port"]).and_then(|port| port.parse::<u16>().ok()).filter(|port| *port > 0);
    if stated.is_some() {
        flags.retain(|set| set.flag != "--port");
    }
    let port = port.or(stated);
    let own = model.as_deref().map(|model| {
        let local = model.starts_with(['/', '.', '~']) || model.ends_with(".gguf");
        if local { crate::engines::naming::from_model(model) } else { model.to_owned() }
    });
    flags.retain(|set| {
        let value = set.value.as_deref();
        match (kind, set.flag.as_str()) {
            (_, "--host") => value != Some("127.0.0.1"),
            (EngineKind::Vllm, "--served-model-name") => value != own.as_deref(),
            (EngineKind::LlamaCpp, "-a" | "--alias") => value != own.as_deref(),
            (EngineKind::LlamaCpp, "--jinja" | "--metrics" | "--slots") => false,
            _ => true,
        }
    });
    (flags, port)
}
