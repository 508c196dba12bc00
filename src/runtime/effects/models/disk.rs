//! What the Models screen does with this machine's disk.

use crate::app::Msg as Root;
use crate::app::screens::models::{Msg, uses};
use crate::base::{Bytes, Problem};
use crate::engines::{self, RunState};
use crate::models::live;
use crate::models::local::{DeletePlan, InUse, Places};
use crate::runtime::shelves;
use crate::runtime::world::{Common, World};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

fn places(common: &Common) -> Places {
    shelves::places(&common.settings.model_folders, common.demo.is_some())
}

/// The look through this machine that is under way: one at a time. What is asked for meanwhile becomes one more after it.
#[derive(Debug, Default)]
pub(super) struct Looks(Mutex<Look>);

#[derive(Debug, Default)]
struct Look {
    is_running: bool,
    /// The newest asked for and not begun.
    next: Option<u64>,
}

impl Looks {
    fn lock(&self) -> MutexGuard<'_, Look> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what is asked for; whether somebody has to begin with it.
    fn ask(&self, generation: u64) -> bool {
        let mut look = self.lock();
        look.next = look.next.max(Some(generation));
        !std::mem::replace(&mut look.is_running, true)
    }

    /// What to begin with now; `None` when all that was asked for is done.
    fn next(&self) -> Option<u64> {
        let mut look = self.lock();
        let next = look.next.take();
        look.is_running = next.is_some();
        next
    }
}

/// Held while looking: a look that panics must not keep all later ones from beginning.
struct Looking<'a>(&'a Looks);

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.lock().is_running = false;
        }
    }
}

/// Looks through all places, and tells which of the user's own lines of the catalogue cannot be used.
pub(super) fn scan(common: &Common, looks: &Arc<Looks>, generation: u64) {
    if !looks.ask(generation) {
        return;
    }
    let (common, looks) = (common.clone(), Arc::clone(looks));
    common.clone().spawn_blocking(move || {
        let looking = Looking(&looks);
        while let Some(generation) = looking.0.next() {
            // Where the deck has left meanwhile, the next answer is not waited for either.
            let _ = common.tx.blocking_send(Root::Models(look(&common, generation)));
        }
        None
    });
}

fn look(common: &Common, generation: u64) -> Msg {
    let scan = live::scan(&places(common));
    let problems = scan.problems.into_iter().chain(shelves::catalogue(&common.paths).1).collect();
    Msg::Scanned { generation, models: Arc::new(scan.models), problems }
}

/// Deletes as planned, unless something works with the model by now.
pub(super) fn remove(plan: DeletePlan, world: &World) {
    let (places, paths) = (places(&world.common), world.common.paths.clone());
    let downloads = Arc::clone(&world.models.downloads);
    world.spawn_blocking(move || {
        let filled = downloads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .keys()
            .find(|repo| plan.is_filled_by(repo))
            .cloned();
        if let Some(repo) = filled {
            return Some(Root::Models(Msg::Removed(Err(plan.refusal_while_filled(&repo)))));
        }
        // The runs as they are now: one may have begun while the question was open.
        let result = delete(&plan, &places, &engines::live::list(&paths));
        Some(Root::Models(Msg::Removed(result)))
    });
}

fn delete(plan: &DeletePlan, places: &Places, runs: &[RunState]) -> Result<String, Problem> {
    let in_use: Vec<InUse> = uses(runs).into_iter().map(|one| InUse { dir: started_in(&one), ..one }).collect();
    live::unused(plan, &in_use)?;
    let done = live::delete(plan, places)?;
    Ok(format!("{} is deleted: {} came free", plan.name, Bytes(done.bytes_freed)))
}

/// The folder that a run works in; that of this process, where a run has none of its own to look at yet.
fn started_in(one: &InUse) -> Option<PathBuf> {
    let own = one.pid.and_then(|pid| std::fs::read_link(format!("/proc/{pid}/cwd")).ok());
    own.or_else(|| std::env::current_dir().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::local::{Shelf, plan_delete};

    #[test]
    fn what_is_asked_for_while_looking_becomes_one_look_after() {
        let looks = Looks::default();
        assert!(looks.ask(0), "the first begins");
        assert_eq!(looks.next(), Some(0));
        for generation in [0, 0, 2, 1, 0] {
            assert!(!looks.ask(generation), "one at a time");
        }
        assert_eq!(looks.next(), Some(2), "all of them in one");
        assert_eq!(looks.next(), None);
        assert!(looks.ask(2) && looks.next() == Some(2), "and from the start");
        let looking = std::thread::scope(|scope| {
            scope.spawn(|| Some(Looking(&looks)).map(|_looking| std::panic::resume_unwind(Box::new(())))).join()
        });
        assert!(looking.is_err() && looks.ask(3), "one that broke keeps none from beginning");
    }

    #[test]
    fn a_run_that_began_while_the_question_was_open_keeps_its_model() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("mine.gguf");
        std::fs::write(&file, "GGUF").unwrap();
        let places = Places::default().with(Shelf::Folder, root.path());
        let found = live::scan(&places).models;
        let plan = plan_delete(&found[0], &found, &[]).unwrap();
        let run = serde_json::json!({
            "run": "flight", "engine": "llama.cpp", "dialect": "llama.cpp", "model": file, "served_name": "mine",
            "phase": "ready", "started_at": 0.0,
        });
        let run: RunState = serde_json::from_value(run).unwrap();
        let problem = delete(&plan, &places, std::slice::from_ref(&run)).unwrap_err();
        assert!(problem.why.contains("flight") && file.exists(), "{problem}");
        delete(&plan, &places, &[]).unwrap();
        assert!(!file.exists());
    }
}
