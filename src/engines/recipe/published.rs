//! What is published for a model itself: flags that it needs, its parsers, its template, its draft.

use super::{Chosen, Extra, Origin, Situation};
use crate::base::text::is_flag;
use crate::engines::FlagSetting;
use crate::models::catalogue::{Capability, Confidence, Entry, Sourced};
use crate::models::fit::Engine;
use crate::models::solve;

/// Words of a line of flags: blanks within braces do not part them, and `--a_flag` is spelled `--a-flag`.
pub fn published_words(line: &str) -> Vec<String> {
    let (mut words, mut depth) = (vec![String::new()], 0usize);
    for c in line.chars() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match (c.is_whitespace() && depth == 0, words.last_mut()) {
            (true, _) => words.push(String::new()),
            (false, Some(word)) => word.push(c),
            (false, None) => {}
        }
    }
    words.retain(|word| !word.is_empty());
    let spelled = |word: String| if word.starts_with("--") { word.replace('_', "-") } else { word };
    words.into_iter().map(spelled).collect()
}

/// Words of a command line as flags with their values.
pub fn settings_of(words: &[String]) -> Vec<FlagSetting> {
    let mut settings: Vec<FlagSetting> = Vec::new();
    for word in words {
        match (is_flag(word), settings.last_mut()) {
            (true, _) => {
                let (flag, value) = match word.split_once('=') {
                    Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
                    None => (word.clone(), None),
                };
                settings.push(FlagSetting { flag, value });
            }
            (false, Some(last)) if last.value.is_none() => last.value = Some(word.clone()),
            (false, _) => {}
        }
    }
    settings
}

/// What the catalogue knows that vLLM needs for this model, and what it only half knows.
pub(super) fn published(at: &Situation<'_>, extras: &[Extra], notes: &mut Vec<String>) -> Vec<Chosen> {
    let Some(entry) = at.entry.filter(|_| at.engine == Engine::Vllm) else { return Vec::new() };
    let mut chosen = needed(entry);
    chosen.extend(built_in(at, parsers(entry, notes), notes));
    template(entry, notes);
    if extras.contains(&Extra::Speculative)
        && let Some(line) = &entry.speculative
    {
        let why = "speculative decoding as published for this model";
        let cost = "the draft takes memory that is not in the sum";
        chosen.extend(settings_of(&published_words(line)).into_iter().map(|set| model(set, why, cost)));
    } else if entry.speculative.is_some() {
        notes.push("speculative decoding is published for this model: --with speculative uses it".to_owned());
    }
    if let Some(release) =
        entry.min_vllm.as_deref().and_then(release).filter(|least| at.version.is_some_and(|v| (v.0, v.1) < *least))
    {
        notes.push(format!("vLLM runs this model from {}.{} on: the one here is older", release.0, release.1));
    }
    chosen
}

fn release(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

fn model(set: FlagSetting, why: &str, cost: &str) -> Chosen {
    Chosen {
        flag: set.flag,
        value: set.value,
        default: None,
        why: why.to_owned(),
        cost: cost.to_owned(),
        source: "vramdeck's catalogue, from the model's card or vLLM's recipe".to_owned(),
        origin: Origin::Model,
        passed: true,
    }
}

/// Flags of the model itself. What memory depends on is chosen for this card, whatever is published for another.
fn needed(entry: &Entry) -> Vec<Chosen> {
    let line = entry.vllm_flags.as_deref().unwrap_or_default();
    let mut flags = settings_of(&published_words(line));
    flags.retain(|set| !solve::counts(Engine::Vllm, &set.flag));
    let why = "published as needed for this model";
    let cost = |set: &FlagSetting| match set.flag.as_str() {
        "--trust-remote-code" => "Python code of the repository runs on this machine",
        _ => "",
    };
    flags.into_iter().map(|set| (cost(&set), set)).map(|(cost, set)| model(set, why, cost)).collect()
}

/// Parsers where they were read, not remembered.
fn parsers(entry: &Entry, notes: &mut Vec<String>) -> Vec<Chosen> {
    let sure = |parser: &&Sourced<String>| parser.confidence != Confidence::Memory;
    let set = |flag: &str, value: Option<&String>| FlagSetting { flag: flag.to_owned(), value: value.cloned() };
    let mut chosen = Vec::new();
    match &entry.tool_parser {
        Some(parser) if sure(&parser) => {
            let why = "without it a request with tools is refused";
            chosen.push(model(set("--enable-auto-tool-choice", None), why, ""));
            let why = "turns this model's own words for a call into tool_calls";
            chosen.push(model(set("--tool-call-parser", Some(&parser.value)), why, ""));
        }
        Some(parser) => notes.push(format!(
            "its tool parser is from memory only: add --enable-auto-tool-choice --tool-call-parser {} if the model's card agrees",
            parser.value
        )),
        None if entry.capabilities.contains(&Capability::Tools) => {
            notes.push("it calls tools, but which parser reads its calls is not known: tool calls stay plain text".to_owned());
        }
        None => {}
    }
    match &entry.reasoning_parser {
        Some(parser) if sure(&parser) => {
            let why = "parts thinking from the answer";
            let cost = "a template that leaves thinking off can make the whole answer count as thinking";
            chosen.push(model(set("--reasoning-parser", Some(&parser.value)), why, cost));
        }
        Some(parser) => notes.push(format!(
            "its reasoning parser is from memory only: add --reasoning-parser {} if the model's card agrees",
            parser.value
        )),
        None => {}
    }
    chosen
}

/// Parsers that vLLM brings itself. One that only a plugin knows would end the start, so it is named instead.
fn built_in(at: &Situation<'_>, parsers: Vec<Chosen>, notes: &mut Vec<String>) -> Vec<Chosen> {
    let foreign = |one: &Chosen| {
        let choices = at.table.find(&one.flag).map(|spec| spec.choices.as_slice()).unwrap_or_default();
        one.value.as_ref().filter(|value| !choices.is_empty() && !choices.contains(value)).cloned()
    };
    let plugin =
        |flag: &str| if flag.starts_with("--tool") { "--tool-parser-plugin" } else { "--reasoning-parser-plugin" };
    let missing: Vec<(String, String)> =
        parsers.iter().filter_map(|one| Some((one.flag.clone(), foreign(one)?))).collect();
    for (flag, name) in &missing {
        notes.push(format!(
            "left out: vLLM {} has no parser {name} of its own; where the model's repository brings one, add {} FILE {flag} {name}",
            at.table.version(),
            plugin(flag)
        ));
    }
    let lacks = |flag: &str| missing.iter().any(|(lost, _)| lost == flag);
    let keeps =
        |one: &Chosen| !(lacks(&one.flag) || one.flag == "--enable-auto-tool-choice" && lacks("--tool-call-parser"));
    parsers.into_iter().filter(keeps).collect()
}

/// Templates are files of vLLM's repository, which an installed package lacks.
fn template(entry: &Entry, notes: &mut Vec<String>) {
    let Some(template) = entry.chat_template.as_deref().filter(|text| !text.starts_with("built in")) else { return };
    notes.push(match template.strip_prefix("none") {
        Some(_) => {
            "it has no chat template: the chat route answers 400 until --chat-template FILE names one".to_owned()
        }
        None if template.starts_with("examples/") => {
            format!("chat template: {template} (of vLLM's repository; --chat-template FILE)")
        }
        None => format!("chat template: {template} (--chat-template FILE)"),
    });
}
