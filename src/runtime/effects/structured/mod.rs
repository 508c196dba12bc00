//! Effects of the Structured screen: the user's constraints, what is looked at before it is sent, questions under a constraint.

mod cost;
mod follow;
mod watch;

use crate::app::Msg as Root;
use crate::app::screens::structured::{Considered, Effect, Msg};
use crate::base::Problem;
use crate::lab::structured::conform::Matcher;
use crate::lab::structured::lint::{self, Backend};
use crate::lab::structured::{Constraint, live, request};
use crate::runtime::world::{Common, World};
use crate::wire::Dialect;
use crate::wire::live::Client;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// What is kept open for the screen.
#[derive(Debug, Clone, Default)]
pub struct Handles {
    client: Client,
    work: Arc<Mutex<BTreeMap<u64, CancellationToken>>>,
    /// The newest text that is to be made ready; of those that wait only the newest is.
    newest: Arc<AtomicU64>,
    /// The newest constraint that is to be looked at before it is sent.
    considered: Arc<AtomicU64>,
}

impl Handles {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, CancellationToken>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does work that can be stopped by its number.
    fn spawn<F: Future<Output = ()> + Send + 'static>(
        &self,
        id: u64,
        common: &Common,
        work: impl FnOnce(CancellationToken) -> F,
    ) {
        let cancel = CancellationToken::new();
        self.lock().insert(id, cancel.clone());
        let (handles, work) = (self.clone(), work(cancel));
        common.spawn(async move {
            work.await;
            handles.lock().remove(&id);
        });
    }

    fn stop(&self, id: u64) {
        if let Some(token) = self.lock().remove(&id) {
            token.cancel();
        }
    }
}

fn say(msg: Msg) -> Root {
    Root::Structured(msg)
}

/// Runs one; must not block.
pub fn run(effect: Effect, world: &World) {
    let (common, handles) = (&world.common, &world.structured);
    match effect {
        Effect::Load => change(common, |_| Ok(())),
        Effect::Save(entry) => change(common, move |config| live::save(config, &entry).map(drop)),
        Effect::Delete(name) => change(common, move |config| live::delete(config, &name).map(drop)),
        Effect::Consider { generation, constraint, dialect, options } => {
            let newest = handles.considered.clone();
            newest.fetch_max(generation, Ordering::Relaxed);
            common.spawn_blocking(move || {
                if newest.load(Ordering::Relaxed) != generation {
                    return None;
                }
                let findings = findings(&constraint, dialect);
                let told = Box::new(Considered { request: request(&constraint, dialect, &options), findings });
                Some(say(Msg::Considered { generation, told }))
            });
        }
        Effect::Check { generation, constraint } => check(generation, *constraint, common, handles),
        Effect::Ask { watch, ask } => {
            let (client, common_too) = (handles.client.clone(), common.clone());
            handles.spawn(watch, common, |cancel| async move {
                watch::watch(watch, *ask, client, common_too, cancel).await;
            });
        }
        Effect::Cost { generation, order } => {
            let (client, common_too) = (handles.client.clone(), common.clone());
            handles.spawn(generation, common, |cancel| async move {
                cost::measure(generation, *order, client, common_too, cancel).await;
            });
        }
        Effect::Stop(id) => handles.stop(id),
    }
}

/// What the back ends of an engine will not do of a constraint. vLLM takes xgrammar first.
fn findings(constraint: &Constraint, dialect: Dialect) -> Vec<lint::Finding> {
    let wanted: &[Backend] = match dialect {
        Dialect::Vllm => &[Backend::Xgrammar],
        Dialect::LlamaCpp | Dialect::Ollama => &[Backend::LlamaCpp],
        Dialect::OpenAi => &[],
    };
    let Constraint::Schema { schema, .. } = constraint else { return Vec::new() };
    let mut all = lint::lint(schema);
    all.retain(|one| wanted.contains(&one.backend));
    all
}

/// Makes a constraint ready that is being written, unless a newer one waits.
fn check(generation: u64, constraint: Constraint, common: &Common, handles: &Handles) {
    let newest = handles.newest.clone();
    newest.fetch_max(generation, Ordering::Relaxed);
    common.spawn_blocking(move || {
        if newest.load(Ordering::Relaxed) != generation {
            return None;
        }
        let told = constraint.grammar().map_or(Ok(()), |grammar| Matcher::new(&grammar).map(drop));
        Some(say(Msg::Checked { generation, told }))
    });
}

/// Changes the user's folder of constraints, then reads what there is.
fn change(common: &Common, work: impl FnOnce(&Path) -> Result<(), Problem> + Send + 'static) {
    let config = common.paths.config.clone();
    common.spawn_blocking(move || {
        let mut problems: Vec<Problem> = work(&config).err().into_iter().collect();
        let (library, more) = live::library(&config);
        problems.extend(more);
        Some(say(Msg::Library { entries: library.entries, own: live::own(&config), problems }))
    });
}
