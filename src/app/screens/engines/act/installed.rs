//! What keys do in the pane of this machine's engines.

use super::super::installed::{Effect as Ask, Work};
use super::super::{Action, Effect, Focus, State};
use crate::app::Effect as Root;
use crate::app::Overlay;
use crate::app::model::Shared;
use crate::app::overlay::Confirm;
use crate::base::Problem;
use crate::engines::install::{Package, Status};

fn ask(effect: Ask) -> Vec<Root> {
    vec![Root::Engines(Effect::Installed(effect))]
}

/// Shows the engines of this machine.
pub fn open(state: &mut State) -> Vec<Root> {
    state.focus = Focus::Installed;
    state.installed.offers = None;
    vec![super::super::receive::list(&mut state.installed)]
}

/// Carries out an action in the pane.
pub fn act(state: &mut State, action: Action, shared: &mut Shared) -> Vec<Root> {
    if action == Action::DialogClose {
        state.focus = Focus::Runs;
        return Vec::new();
    }
    let Some(status) = state.installed.current() else { return Vec::new() };
    let package = status.engine;
    let work = match action {
        Action::InstalledCancel if status.installing.is_some() => return ask(Ask::Cancel(package)),
        Action::InstalledInstall if !package.is_own() => return ask(Ask::Offers(package)),
        Action::InstalledInstall => Work::Install,
        Action::InstalledUpgrade => Work::Upgrade,
        Action::InstalledRepair => Work::Repair,
        Action::InstalledRemove => Work::Remove,
        Action::InstalledPin if status.pinned.is_some() => Work::Unpin,
        Action::InstalledPin => Work::Pin,
        _ => return Vec::new(),
    };
    if let Some(problem) = refused(status, work, shared.demo.is_some()) {
        shared.toasts.problem(problem);
        return Vec::new();
    }
    if matches!(work, Work::Pin | Work::Unpin) {
        return ask(Ask::Do(package, work));
    }
    shared.ask = Some(Overlay::Confirm(question(status, work)));
    Vec::new()
}

fn refused(status: &Status, work: Work, demo: bool) -> Option<Problem> {
    let title = status.engine.title();
    let problem = |why: &str, hint: &str| Some(Problem::usage(format!("{title}: no {} here", work.word()), why, hint));
    if demo {
        return problem("the demo changes nothing on this machine", "start vramdeck without --demo");
    }
    if let Some(installing) = &status.installing {
        let why = format!("process {} is {}", installing.pid, installing.what);
        return problem(&why, "wait for it, or cancel it");
    }
    if !status.engine.is_own() {
        return problem("it is not vramdeck's to change", "the system's own tools do it");
    }
    if work != Work::Install && status.own().is_none() && (work != Work::Remove || status.kept.0 == 0) {
        return problem("vramdeck has installed none", "install it first");
    }
    None
}

fn question(status: &Status, work: Work) -> Confirm {
    let (title, package) = (status.engine.title(), status.engine);
    let newest = status.newest_known.as_deref().unwrap_or_default();
    let goes_on =
        "It goes on by its own process when you leave the deck; here it is cancelled with one key.".to_owned();
    let (question, mut detail) = match work {
        Work::Install => (
            format!("Install {title} {newest}?"),
            vec!["Into an environment of vramdeck's own; nothing else on this machine changes.".to_owned()],
        ),
        Work::Upgrade => (
            format!("Upgrade {title} to {newest}?"),
            vec!["Beside the old one, which is deleted once the new one has answered and nothing uses it.".to_owned()],
        ),
        Work::Repair => (
            format!("Look at {title} and make it anew where it is broken?"),
            vec!["Interpreter, every recorded file and the program's answer are looked at.".to_owned()],
        ),
        _ => (
            format!("Remove vramdeck's own {title}?"),
            status.own().map(|own| format!("{} is deleted.", own.path.display())).into_iter().collect(),
        ),
    };
    if work != Work::Remove {
        detail.push(format!("vramdeck engines {} {package} --dry-run shows what is done.", work.word()));
        detail.push(goes_on);
    }
    let effects = ask(Ask::Do(package, work));
    Confirm { question, detail, yes: work.word().to_owned(), selected_yes: false, effects }
}

/// Selects a row.
pub fn select(state: &mut State, row: usize) {
    state.installed.selected = row;
    state.installed.step(0);
}

/// Whether an engine was asked for by this deck.
pub fn asked(state: &State, package: Package) -> Option<Work> {
    state.installed.asked.iter().find(|(one, _)| *one == package).map(|(_, work)| *work)
}
