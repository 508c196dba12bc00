//! The program of a command and what its words ask.

use super::container::Inside;
use super::{Command, Imported, answered, table};
use crate::base::Problem;
use crate::engines::flags::{FlagTable, parse_args, value_of};
use crate::engines::{EngineKind, FlagSetting, LaunchSpec};
use std::path::PathBuf;

/// Which engine a command starts, with the number of words that say so.
pub(super) fn kind(command: &Command) -> Option<(EngineKind, usize)> {
    let words: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
    let base = words.first()?.rsplit('/').next()?;
    match (base, words.get(1).copied(), words.get(2).copied()) {
        ("vllm", Some("serve"), _) => Some((EngineKind::Vllm, 2)),
        (python, Some("-m"), Some("vllm.entrypoints.openai.api_server")) if python.starts_with("python") => {
            Some((EngineKind::Vllm, 3))
        }
        (python, Some("-m"), Some("vllm.entrypoints.cli.main")) if python.starts_with("python") => {
            Some((EngineKind::Vllm, if words.get(3) == Some(&"serve") { 4 } else { 3 }))
        }
        ("llama-server", ..) => Some((EngineKind::LlamaCpp, 1)),
        ("ollama", Some("run" | "serve"), _) => Some((EngineKind::Ollama, 2)),
        _ => None,
    }
}

/// The tag that `ollama pull TAG` names.
pub(super) fn ollama_tag(command: &Command) -> Option<String> {
    let words: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
    match words.as_slice() {
        [program, "pull", tag] if program.rsplit('/').next() == Some("ollama") => Some((*tag).to_owned()),
        _ => None,
    }
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
            (kind, first.filter(|program| program.contains('/')).map(PathBuf::from))
        }
    };
    let unresolved = unresolved(&command);
    let args: Vec<String> = command.words.iter().map(|word| word.text.clone()).collect();
    let table = table(kind)?;
    let (model, flags) = match kind {
        EngineKind::LlamaCpp => llama(&args, &table)?,
        EngineKind::Ollama => ollama(&args, &mut command, tag)?,
        _ => vllm(&args, &table)?,
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

/// `vllm serve MODEL FLAGS`, with the model anywhere or behind `--model`.
fn vllm(args: &[String], table: &FlagTable) -> Result<Read, Problem> {
    /// More words than anybody writes are not searched for a stray one.
    const MOST: usize = 400;
    let (model, rest) = match args.split_first() {
        Some((first, rest)) if !first.starts_with('-') => (Some(first.clone()), rest.to_vec()),
        _ => (None, args.to_vec()),
    };
    let whole = parse_args(&rest, table);
    let (model, mut flags) = match whole {
        Ok(flags) => (model, flags),
        Err(problem) if model.is_none() && rest.len() <= MOST => {
            // The model may stand between the flags: the word without which the rest can be read.
            let without = |at: usize| {
                let mut rest = rest.clone();
                let word = rest.remove(at);
                parse_args(&rest, table).ok().map(|flags| (Some(word), flags))
            };
            let places = (0..rest.len()).filter(|at| rest.get(*at).is_some_and(|word| !word.starts_with('-')));
            places.filter_map(without).next().ok_or(problem)?
        }
        Err(problem) => return Err(problem),
    };
    let named = take(&mut flags, &["--model", "--model-tag"]);
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
    let mut rest = args.iter();
    while let Some(word) = rest.next() {
        let (name, inline) = word.split_once('=').map_or((word.as_str(), None), |(name, value)| (name, Some(value)));
        match name {
            "--keepalive" => {
                let value = inline.map(str::to_owned).or_else(|| rest.next().cloned());
                flags.push(FlagSetting { flag: "--keep-alive".to_owned(), value });
            }
            "--format" => drop(rest.next()),
            name if name.starts_with('-') => {
                command.notes.push(format!("{name} belongs to the chat, not to the server"))
            }
            _ if model.is_none() => model = Some(word.clone()),
            _ => command.notes.push("the prompt is not part of a launch".to_owned()),
        }
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
