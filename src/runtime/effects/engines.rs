//! Effects of the Engines screen: plans, launches, stops, logs, flags.

mod flags;
mod install;
mod log;
mod ollama;
mod order;
mod predict;
mod recipe;
mod suggest;

use crate::app::Msg as Root;
use crate::app::screens::engines::dialog::Preview;
use crate::app::screens::engines::{Effect, Msg};
use crate::base::{Problem, units};
use crate::engines::live;
use crate::engines::{Request, RunId};
use crate::runtime::exports;
use crate::runtime::world::{Common, World};
use crate::store::Paths;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long the person may go on typing before a plan is worked out.
const PAUSE: Duration = Duration::from_millis(150);

/// What the Engines screen's effects keep open.
#[derive(Debug, Default)]
pub struct Handles {
    /// The newest form's generation: older questions are dropped before they cost anything.
    newest: Arc<AtomicU64>,
    /// The newest question for a recipe.
    recipe: Arc<AtomicU64>,
    /// Ends the log that is followed now.
    log: Mutex<CancellationToken>,
    /// Ends the pull under way.
    pull: Mutex<CancellationToken>,
}

/// A token that replaces the one kept, which is cancelled.
fn renew(slot: &Mutex<CancellationToken>) -> CancellationToken {
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    slot.cancel();
    *slot = CancellationToken::new();
    slot.clone()
}

/// Opens it, once, before the first frame: must not block.
pub fn start(_common: &Common) -> Handles {
    Handles::default()
}

/// Runs one effect; must not block.
pub fn run(effect: Effect, world: &World) {
    match effect {
        Effect::Plan { generation, request } => plan(generation, *request, world),
        Effect::Launch(request) => {
            let common = world.common.clone();
            world.spawn_blocking(move || {
                let result = launch(&common, &request);
                Some(Root::Engines(Msg::Launched { result }))
            });
        }
        Effect::InOrder(steps) => order::start(steps, world),
        Effect::Stop(run) => {
            world.tell(Root::Engines(Msg::Stopping(run.clone())));
            let (paths, grace) = (world.paths.clone(), world.grace);
            world.spawn_blocking(move || {
                let result = live::stop(&paths, &run, grace).map(|report| stopped(&report));
                Some(Root::Engines(Msg::Stopped { run, result }))
            });
        }
        Effect::Forget(run) => {
            let paths = world.paths.clone();
            world.spawn_blocking(move || live::forget(&paths, &run).err().map(Root::Problem));
        }
        Effect::Follow(run) => log::follow(run, renew(&world.engines.log), world),
        Effect::ReadFlags { engine, program } => flags::read(engine, program, world),
        Effect::Suggest { generation, engine, typed } => suggest::run(generation, engine, typed, world),
        Effect::Compose { generation, asked } => recipe::compose(generation, asked, world),
        Effect::ListKept => recipe::list(world),
        Effect::LoadKept(name) => recipe::load(name, world),
        Effect::Export { name, request } => {
            let paths = world.paths.clone();
            world.spawn_blocking(move || Some(Root::Engines(Msg::Exported(exports::write(&paths, &name, &request)))));
        }
        Effect::Keep { name, named } => recipe::save(name, named, world),
        Effect::Ollama(effect) => ollama::run(effect, world),
        Effect::Installed(effect) => install::run(effect, world),
    }
}

fn plan(generation: u64, request: Request, world: &World) {
    let newest = Arc::clone(&world.engines.newest);
    newest.fetch_max(generation, Ordering::Relaxed);
    let common = world.common.clone();
    world.spawn(async move {
        tokio::time::sleep(PAUSE).await;
        if newest.load(Ordering::Relaxed) > generation {
            return;
        }
        let paths = common.paths.clone();
        common.spawn_blocking(move || {
            let result = preview(&paths, &request).map(Box::new);
            Some(Root::Engines(Msg::Planned { generation, result }))
        });
    });
}

fn preview(paths: &Paths, request: &Request) -> Result<Preview, Problem> {
    let prepared = live::prepare(paths, request)?;
    let (argv, env) = prepared.plan.map(|plan| (plan.shown_argv(), plan.shown_env())).unwrap_or_default();
    Ok(Preview { argv, env, checks: prepared.checks })
}

fn launch(common: &Common, request: &Request) -> Result<RunId, Problem> {
    let plan = live::prepare(&common.paths, request)?.into_plan()?;
    // Before the start, so that it can be held against it.
    let plan = plan.with(predict::prediction(common, request, &plan));
    live::start(&common.paths, &plan).map(|state| state.run)
}

fn stopped(report: &live::StopReport) -> String {
    let how = if report.killed { "had to be killed" } else { "went when asked" };
    let seconds = units::duration(Duration::from_secs_f64(report.seconds.max(0.0)));
    let processes = match report.ended_pids.len() {
        1 => "its process is".to_owned(),
        n => format!("its {n} processes are"),
    };
    format!("{}: {processes} gone after {seconds}; it {how}", report.run)
}
