//! What keys and the mouse do on the Engines screen.

mod dialog;
mod installed;
mod ollama;

pub(super) use dialog::{changed as dialog_changed, ground};
pub use installed::asked;

use super::dialog::Dialog;
use super::list::Step;
use super::receive::{follow_selected, offered};
use super::{Action, Effect, Focus, State, Target, doctor};
use crate::app::Effect as Root;
use crate::app::Overlay;
use crate::app::env::Env;
use crate::app::key::Key;
use crate::app::model::Shared;
use crate::app::mouse::{Gesture, Mouse};
use crate::app::overlay::Confirm;
use crate::app::seen::Pane;
use crate::base::Problem;
use crate::engines::Phase;
use crate::engines::recipe::looks_like_command;

/// Carries out an action.
pub fn act(state: &mut State, action: Action, shared: &mut Shared, env: &Env) -> Vec<Root> {
    use Action::*;
    if state.dialog.is_some() {
        return dialog::act(state, action, shared);
    }
    if state.doctor.is_some() {
        return doctor::act(state, action, shared);
    }
    match action {
        Down | Up | PageDown | PageUp | First | Last => step(state, action, shared),
        Start => open(state, None, shared),
        Again => {
            let form = state.list.current(shared).map(|run| Dialog::like(run, offered(shared)));
            open(state, form, shared)
        }
        Stop => ask_stop(state, shared),
        Sleep => match state.list.current(shared).map(|run| run.run.clone()) {
            Some(run) => crate::app::reserve::doze(shared, &run),
            None => Vec::new(),
        },
        Forget => forget(state, shared),
        Finished => {
            state.list.show_finished = !state.list.show_finished;
            state.list.refresh(shared);
            follow_selected(state)
        }
        Why | RemedyApply | RemedyEdit => why(state, shared),
        Chat => talk(state, shared),
        CopyEndpoint | CopyCommand => copy(state, action, shared),
        Models => ollama::open(state, shared),
        Installed => installed::open(state),
        InstalledInstall | InstalledUpgrade | InstalledRepair | InstalledRemove | InstalledPin | InstalledCancel => {
            installed::act(state, action, shared)
        }
        DialogClose if state.focus == Focus::Installed => installed::act(state, action, shared),
        Log | Back | Follow | Search | NextMatch | PreviousMatch | Level | Wrap | CopyLog => log(state, action, shared),
        OllamaPull | OllamaCreate | OllamaLoad | OllamaUnload | OllamaDelete | OllamaShow | OllamaCancel
        | DialogAccept | DialogClose => ollama::act(state, action, shared, env),
        DialogNext | DialogPrevious | DialogRight | DialogLeft | DialogClear | DialogComplete | DialogLaunch
        | DialogProfile | DialogReasons | DialogSave | DialogExport => Vec::new(),
    }
}

fn step(state: &mut State, action: Action, shared: &Shared) -> Vec<Root> {
    let pane = if state.focus == Focus::Log { Pane::EnginesLog } else { Pane::EnginesRuns };
    let page = shared.seen.rows(pane).saturating_sub(1).max(1) as isize;
    let step = match action {
        Action::Down => Step::Rows(1),
        Action::Up => Step::Rows(-1),
        Action::PageDown => Step::Rows(page),
        Action::PageUp => Step::Rows(-page),
        Action::First => Step::First,
        _ => Step::Last,
    };
    match (state.focus, step) {
        (Focus::Log, step) => state.log.scroll(step, shared),
        (Focus::Installed, Step::Rows(by)) => state.installed.step(by),
        (Focus::Installed, Step::First) => state.installed.step(isize::MIN),
        (Focus::Installed, Step::Last) => state.installed.step(isize::MAX),
        (Focus::Ollama, Step::Rows(by)) => state.ollama.step(by),
        (Focus::Ollama, Step::First) => state.ollama.step(isize::MIN),
        (Focus::Ollama, Step::Last) => state.ollama.step(isize::MAX),
        (Focus::Runs, step) => {
            state.list.step(step, shared);
            return follow_selected(state);
        }
    }
    Vec::new()
}

/// Opens the start dialog with a form, the draft, or an empty one.
pub(super) fn open(state: &mut State, form: Option<Dialog>, shared: &Shared) -> Vec<Root> {
    let form = form.or_else(|| state.draft.take()).unwrap_or_else(|| Dialog::new(offered(shared)));
    state.dialog = Some(form);
    let mut effects = dialog::changed(state, true);
    effects.push(Root::Engines(Effect::ListKept));
    effects.extend(dialog::recompose(state, shared));
    effects
}

/// Opens the start dialog as another screen filled it.
pub fn open_filled(state: &mut State, filled: super::dialog::Filled, shared: &Shared) -> Vec<Root> {
    open(state, Some(Dialog::filled(filled, offered(shared))), shared)
}

fn ask_stop(state: &mut State, shared: &mut Shared) -> Vec<Root> {
    let Some(run) = state.list.current(shared).filter(|run| run.phase.is_live()) else { return Vec::new() };
    if state.is_stopping(&run.run) {
        return Vec::new();
    }
    let detail = match (run.phase == Phase::Ready, run.pids.len()) {
        (_, 0) => "Nothing of it runs on this machine; its record is closed.".to_owned(),
        (true, n) => format!("Requests under way are cut off. {} SIGTERM, after a grace SIGKILL.", get(n)),
        (false, n) => format!("{} SIGTERM, after a grace SIGKILL.", get(n)),
    };
    shared.ask = Some(Overlay::Confirm(Confirm {
        question: format!("Stop {}?", run.run),
        detail: vec![detail],
        yes: "stop".to_owned(),
        selected_yes: false,
        effects: vec![Root::Engines(Effect::Stop(run.run.clone()))],
    }));
    Vec::new()
}

fn get(processes: usize) -> String {
    if processes == 1 { "Its process gets".to_owned() } else { format!("Its {processes} processes get") }
}

fn forget(state: &mut State, shared: &mut Shared) -> Vec<Root> {
    match state.list.current(shared) {
        Some(run) if !run.phase.is_live() => vec![Root::Engines(Effect::Forget(run.run.clone()))],
        Some(run) => {
            shared.toasts.problem(Problem::usage(
                format!("{} cannot be forgotten", run.run),
                "it is still in the air",
                "stop it first",
            ));
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn why(state: &mut State, shared: &mut Shared) -> Vec<Root> {
    if doctor::open(state, shared) {
        return Vec::new();
    }
    if let Some(Phase::Failed { problem }) = state.list.current(shared).map(|run| run.phase.clone()) {
        shared.ask = Some(Overlay::Problem { problem: problem.into(), offset: 0 });
    }
    Vec::new()
}

fn talk(state: &State, shared: &mut Shared) -> Vec<Root> {
    match state.list.current(shared) {
        Some(run) if run.phase == Phase::Ready => vec![Root::Talk(run.run.clone())],
        Some(run) => {
            shared.toasts.problem(Problem::failed(
                format!("{} cannot be talked to", run.run),
                format!("it is {}", run.phase.name()),
                "wait until it is ready, or start another",
            ));
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn copy(state: &State, action: Action, shared: &Shared) -> Vec<Root> {
    let Some(run) = state.list.current(shared) else { return Vec::new() };
    let text = match action {
        Action::CopyEndpoint => run.endpoint.as_ref().map(|url| format!("{url}/v1")),
        _ => Some(crate::engines::plan::shell_line(&run.argv)),
    };
    text.map(|text| vec![Root::Copy(text)]).unwrap_or_default()
}

fn log(state: &mut State, action: Action, shared: &mut Shared) -> Vec<Root> {
    let view = &mut state.log;
    match action {
        Action::Log => state.focus = Focus::Log,
        Action::Back if view.typing => {
            view.typing = false;
            view.search.clear();
        }
        Action::Back => state.focus = Focus::Runs,
        Action::Follow => view.scroll(Step::Last, shared),
        Action::Search => {
            state.focus = Focus::Log;
            view.typing = true;
        }
        Action::NextMatch => {
            view.typing = false;
            view.find(true, shared);
        }
        Action::PreviousMatch => view.find(false, shared),
        Action::Level => view.cycle_level(shared),
        Action::Wrap => view.wrap = !view.wrap,
        Action::CopyLog => {
            let lines: Vec<&str> =
                (0..view.len()).filter_map(|at| view.line(at)).map(|line| line.text.as_str()).collect();
            return vec![Root::Copy(lines.join("\n"))];
        }
        _ => {}
    }
    Vec::new()
}

/// A key that no binding took.
pub fn key(state: &mut State, key: Key, shared: &mut Shared, _env: &Env) -> Vec<Root> {
    if let Some(form) = &mut state.dialog {
        return if form.key(key) { dialog::typed(state, shared) } else { Vec::new() };
    }
    if state.log.typing {
        state.log.search.key(key);
    } else if let Some(field) = state.ollama.field_mut() {
        field.key(key);
    }
    Vec::new()
}

/// Pasted text.
pub fn paste(state: &mut State, text: &str, shared: &mut Shared, _env: &Env) -> Vec<Root> {
    if let Some(form) = &mut state.dialog {
        let focus = form.focus;
        if focus == dialog::Item::Model && looks_like_command(text) {
            return dialog::import(state, text);
        }
        if let Some(field) = form.field_mut(focus) {
            field.insert(text);
            return dialog::typed(state, shared);
        }
    } else if state.log.typing {
        state.log.search.insert(text);
    } else if let Some(field) = state.ollama.field_mut() {
        field.insert(text);
    }
    Vec::new()
}

/// Moves the focus to the next or previous pane.
pub fn focus(state: &mut State, _forward: bool) {
    state.focus = match state.focus {
        Focus::Runs => Focus::Log,
        Focus::Log | Focus::Ollama | Focus::Installed => Focus::Runs,
    };
}

/// A gesture of the mouse.
pub fn mouse(state: &mut State, mouse: &Mouse, target: &Target, shared: &mut Shared, _env: &Env) -> Vec<Root> {
    let wheel = match mouse.gesture {
        Gesture::WheelUp => -3,
        Gesture::WheelDown => 3,
        Gesture::Press => 0,
        Gesture::Drag | Gesture::Release => return Vec::new(),
    };
    match target {
        Target::Item(_)
        | Target::NextProfile
        | Target::Kind(_)
        | Target::Dialect(_)
        | Target::Flag(_)
        | Target::Dialog => {
            return dialog::mouse(state, wheel, target, shared);
        }
        Target::Run(_) if wheel != 0 => state.list.step(Step::Rows(wheel.signum()), shared),
        Target::Run(run) => {
            state.focus = Focus::Runs;
            state.list.selected = Some(run.clone());
        }
        Target::Log if wheel != 0 => state.log.scroll(Step::Rows(wheel), shared),
        Target::Log => state.focus = Focus::Log,
        Target::OllamaModel(_) if wheel != 0 => state.ollama.step(wheel.signum()),
        Target::OllamaModel(row) => state.ollama.selected = *row,
        Target::Installed(_) if wheel != 0 => state.installed.step(wheel.signum()),
        Target::Installed(row) => installed::select(state, *row),
        Target::Remedy(row) => return doctor::point(state, wheel, *row, shared),
    }
    follow_selected(state)
}
