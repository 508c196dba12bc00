//! The way from a solution to the start dialog of the Engines screen.

use super::State;
use super::examine::{Detail, examine};
use super::ranking::Ranking;
use crate::app::Effect as Root;
use crate::app::model::Shared;
use crate::app::screens::engines::dialog::Filled;
use crate::base::{Problem, units};
use crate::engines::recipe::{Ground, published_words, settings_of};
use crate::engines::simulated::sizes;
use crate::engines::{Dialect, EngineKind, FlagSetting};
use crate::models::catalogue::{Confidence, Entry, Sourced};
use crate::models::fit::Engine;
use crate::models::fit::learned::Place;
use crate::models::rank::{Choice, Row};
use crate::models::solve;

/// Opens the start dialog for the selected model, filled with the solution for this card.
pub(super) fn start(state: &State, shared: &mut Shared) -> Vec<Root> {
    let Some((ranking, pick)) = state.ranking.as_ref().zip(state.pick()) else { return Vec::new() };
    let worked_out = state.detail(&pick).map(|detail| Detail::clone(detail));
    let detail = worked_out.or_else(|| examine(ranking, &pick));
    let Some(((row, choice), detail)) = ranking.place(&pick).zip(detail) else {
        shared.toasts.problem(Problem::failed(
            "the start dialog cannot be filled",
            "nothing is known of this model's weights",
            "start it on the Engines screen by hand",
        ));
        return Vec::new();
    };
    vec![Root::Start(Box::new(filled(state, ranking, (row, choice), &detail, shared.demo.is_some())))]
}

pub(super) fn filled(
    state: &State,
    ranking: &Ranking,
    (row, choice): (&Row, &Choice),
    detail: &Detail,
    demo: bool,
) -> Filled {
    let (engine, dialect) = match choice.engine {
        Engine::Vllm => (EngineKind::Vllm, Dialect::Vllm),
        Engine::LlamaCpp => (EngineKind::LlamaCpp, Dialect::LlamaCpp),
        Engine::Ollama => (EngineKind::Ollama, Dialect::Ollama),
    };
    let mut flags = settings_of(&solve::flags(&detail.ask));
    if choice.engine == Engine::Ollama && !demo {
        // Ollama takes them as its server's environment.
        flags.clear();
    }
    if demo {
        flags = simulated(flags, detail);
    } else if choice.engine == Engine::Vllm {
        flags.extend(ranking.entry(row).map(parsers).unwrap_or_default());
        // What the solver chose goes before what is published for the model.
        let mut seen = std::collections::HashSet::new();
        flags.retain(|set| seen.insert(set.flag.clone()));
    }
    Filled {
        engine: if demo { EngineKind::Simulated } else { engine },
        dialect,
        model: model(ranking, row, choice, demo),
        environment: if demo { Vec::new() } else { solve::environment(&detail.ask) },
        flags,
        notes: notes(state, ranking, (row, choice), detail, demo),
        ground: ground(state, ranking),
    }
}

/// The card that was worked out for, where a person named it.
fn ground(state: &State, ranking: &Ranking) -> Option<Ground> {
    let situation = &ranking.situation;
    let (room, compute) = (situation.room, situation.card.compute);
    let place = Some(Place { card: situation.card.name.clone(), ..Place::default() });
    let ground = Ground { room, compute, cards: 1, place, stated: true };
    state.is_elsewhere().then_some(ground)
}

/// What an engine is told to load: the path where it lies, else where it can be fetched.
fn model(ranking: &Ranking, row: &Row, choice: &Choice, demo: bool) -> String {
    let repo = ranking.variant(row, choice).and_then(|variant| variant.repo.as_ref()).map(|repo| repo.value.clone());
    let local = ranking.local(choice);
    if demo {
        return repo.or_else(|| local.map(|local| local.name.clone())).unwrap_or_else(|| row.name.to_string());
    }
    match (local, choice.engine) {
        (Some(local), Engine::Ollama) => local.name.clone(),
        (Some(local), _) => local.path.display().to_string(),
        (None, Engine::LlamaCpp) => repo.map_or_else(String::new, |repo| match repo.contains(':') {
            true => repo,
            false => format!("{repo}:{}", choice.label),
        }),
        (None, _) => repo.unwrap_or_default(),
    }
}

/// What vLLM needs besides: flags of the model itself, and its parsers where they were read, not remembered.
fn parsers(entry: &Entry) -> Vec<FlagSetting> {
    let mut flags = entry.vllm_flags.as_deref().map(|text| settings_of(&published_words(text))).unwrap_or_default();
    // What memory depends on is chosen for this card, whatever is published for another.
    flags.retain(|set| !solve::counts(Engine::Vllm, &set.flag));
    let sure = |parser: &&Sourced<String>| parser.confidence != Confidence::Memory;
    if let Some(parser) = entry.tool_parser.as_ref().filter(sure) {
        flags.push(FlagSetting { flag: "--enable-auto-tool-choice".to_owned(), value: None });
        flags.push(FlagSetting { flag: "--tool-call-parser".to_owned(), value: Some(parser.value.clone()) });
    }
    if let Some(parser) = entry.reasoning_parser.as_ref().filter(sure) {
        flags.push(FlagSetting { flag: "--reasoning-parser".to_owned(), value: Some(parser.value.clone()) });
    }
    flags
}

/// Flags of the simulated engine that come to the same: it is told sizes instead of computing them.
fn simulated(flags: Vec<FlagSetting>, detail: &Detail) -> Vec<FlagSetting> {
    let known = ["--max-num-seqs", "--gpu-memory-utilization"];
    let mut flags: Vec<FlagSetting> = flags.into_iter().filter(|set| known.contains(&set.flag.as_str())).collect();
    flags.extend(detail.fit.iter().flat_map(sizes));
    flags
}

/// What the person should know before launching: a download, another card, a start that will fail.
fn notes(state: &State, ranking: &Ranking, (row, choice): (&Row, &Choice), detail: &Detail, demo: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let card = &ranking.situation.card.name;
    if state.is_elsewhere() {
        notes.push(format!("flags worked out for {card}, which is not the card at hand"));
    }
    match &detail.fit {
        _ if choice.refusal.is_some() => {
            let why = choice.refusal.as_deref().unwrap_or_default();
            notes.push(format!("{} does not start it: {why}", choice.engine.name()));
        }
        Ok(fit) if !fit.verdict.starts() => notes.push(format!("by the sum it does not start: {}", fit.why)),
        Err(problem) => notes.push(format!("no sum: {}", problem.why)),
        Ok(_) => {}
    }
    if ranking.local(choice).is_none() && !demo {
        let engine = choice.engine.name();
        notes.push(match ranking.variant(row, choice).and_then(|variant| variant.repo.as_ref()) {
            Some(_) => {
                format!("not on this machine: {engine} would download {}", super::change::far(ranking, row, choice))
            }
            None => format!(
                "no repository is known for this {}: search the hub for one and name it as ORG/NAME:{}",
                choice.label, choice.label
            ),
        });
    }
    if ranking.entry(row).is_some_and(|entry| entry.gated == Some(true)) && ranking.local(choice).is_none() {
        notes.push("the repository asks for consent first: accept its terms on the hub and set HF_TOKEN".to_owned());
    }
    for (option, value) in solve::request_options(&detail.ask) {
        notes.push(format!("Ollama takes {option} {} with each request, not at the start", units::count(value)));
    }
    if demo {
        let tokens = detail.fit.as_ref().map_or(0, |fit| fit.max_model_len);
        notes.push(format!("the simulated engine takes sizes as flags: {} tokens", units::count(tokens)));
    }
    notes
}
