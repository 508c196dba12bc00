//! What keys do in the pane of an Ollama server's models.

use super::super::ollama::{Effect as Ask, Prompt};
use super::super::{Action, Effect, Focus, State};
use crate::app::Effect as Root;
use crate::app::Overlay;
use crate::app::env::Env;
use crate::app::field::Field;
use crate::app::model::Shared;
use crate::app::overlay::Confirm;
use crate::base::Problem;
use crate::engines::EngineKind;

fn ask(effect: Ask) -> Vec<Root> {
    vec![Root::Engines(Effect::Ollama(effect))]
}

/// Shows the models of the selected Ollama run, or of the server at the usual address.
pub fn open(state: &mut State, shared: &Shared) -> Vec<Root> {
    state.focus = Focus::Ollama;
    let of_run = |engine: EngineKind| engine == EngineKind::Ollama;
    let base_url = state.list.current(shared).filter(|run| of_run(run.engine)).and_then(|run| run.endpoint.clone());
    let base_url = base_url.or_else(|| {
        shared.runs.iter().find(|run| of_run(run.engine) && run.phase.is_live()).and_then(|run| run.endpoint.clone())
    });
    ask(Ask::List(base_url))
}

/// Carries out an action in the pane.
pub fn act(state: &mut State, action: Action, shared: &mut Shared, _env: &Env) -> Vec<Root> {
    let pane = &mut state.ollama;
    match action {
        Action::OllamaPull => pane.prompt = Some(Prompt::Pull(Field::default())),
        Action::OllamaCreate => pane.prompt = Some(Prompt::Create(Field::default())),
        Action::OllamaCancel => return ask(Ask::Cancel),
        Action::DialogClose if pane.prompt.is_some() => pane.prompt = None,
        Action::DialogClose if pane.facts.is_some() => pane.facts = None,
        Action::DialogClose => state.focus = Focus::Runs,
        Action::DialogAccept => return submit(state, shared),
        _ => return on_model(state, action, shared),
    }
    Vec::new()
}

fn on_model(state: &mut State, action: Action, shared: &mut Shared) -> Vec<Root> {
    let (Some(base_url), Some(model)) = (state.ollama.base_url.clone(), state.ollama.current()) else {
        return Vec::new();
    };
    let name = model.name.clone();
    match action {
        Action::OllamaLoad => ask(Ask::Load(base_url, name)),
        Action::OllamaUnload => ask(Ask::Unload(base_url, name)),
        Action::OllamaShow => ask(Ask::Show(base_url, name)),
        Action::OllamaDelete => {
            shared.ask = Some(Overlay::Confirm(Confirm {
                question: format!("Delete {name}?"),
                detail: vec![format!("{} on disk are freed; getting it back means pulling it again.", model.size)],
                yes: "delete".to_owned(),
                selected_yes: false,
                effects: ask(Ask::Delete(base_url, name)),
            }));
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn submit(state: &mut State, shared: &mut Shared) -> Vec<Root> {
    let Some(base_url) = state.ollama.base_url.clone() else { return Vec::new() };
    match state.ollama.prompt.take() {
        Some(Prompt::Pull(field)) if !field.text().trim().is_empty() => {
            ask(Ask::Pull(base_url, field.text().trim().to_owned()))
        }
        Some(Prompt::Create(field)) if !field.text().trim().is_empty() => {
            let path = std::path::PathBuf::from(field.text().trim());
            let Some(stem) = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()) else {
                shared.toasts.problem(Problem::usage(
                    "no model is created",
                    "that is no file",
                    "give the path of a .gguf file",
                ));
                return Vec::new();
            };
            ask(Ask::Create(base_url, stem, path))
        }
        _ => Vec::new(),
    }
}
