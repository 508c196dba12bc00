//! Engines started one after the other: each looks at what is free while it starts.

use crate::app::Msg as Root;
use crate::app::screens::engines::{Msg, Step};
use crate::base::Problem;
use crate::engines::live;
use crate::engines::{Request, RunId};
use crate::models::together::Rest;
use crate::runtime::world::World;
use crate::store::Paths;
use std::time::Duration;

/// Carries the steps out in a thread of their own; ends at the first that fails, or when the deck leaves.
pub(super) fn start(steps: Vec<Step>, world: &World) {
    let (common, paths, grace) = (world.common.clone(), world.paths.clone(), world.grace);
    let runtime = tokio::runtime::Handle::current();
    world.spawn_blocking(move || {
        let goes_on = || !common.stop.is_cancelled();
        let mut resting: Option<(RunId, Rest)> = None;
        for step in steps {
            let told = |run: &RunId| common.tell(Root::Engines(Msg::Launched { result: Ok(run.clone()) }));
            let run = match one(&paths, &step.request, &told, &goes_on) {
                Ok(run) => run,
                Err(problem) => return Some(Root::Problem(stuck(&problem))),
            };
            let Some(how) = step.rests.filter(|_| goes_on()) else { continue };
            if let Err(problem) = runtime.block_on(lay(&paths, &run, how, grace)) {
                return Some(Root::Problem(stuck(&problem)));
            }
            resting = resting.or(Some((run, how)));
        }
        // The most important of those that take turns has the first one.
        let (run, how) = resting.filter(|_| goes_on())?;
        runtime.block_on(live::rouse(&paths, &run, how)).err().map(Root::Problem)
    });
}

fn one(paths: &Paths, request: &Request, told: &dyn Fn(&RunId), goes_on: &dyn Fn() -> bool) -> Result<RunId, Problem> {
    let plan = live::prepare(paths, request)?.into_plan()?;
    let run = live::start(paths, &plan)?.run;
    told(&run);
    live::wait_ready(paths, &run, |_| {}, goes_on)?;
    Ok(run)
}

async fn lay(paths: &Paths, run: &RunId, how: Rest, grace: Duration) -> Result<(), Problem> {
    match how {
        Rest::Stops => live::stop(paths, run, grace).map(drop),
        Rest::Sleeps | Rest::Unloads => live::rest(paths, run, how).await,
    }
}

fn stuck(problem: &Problem) -> Problem {
    let mut problem = problem.clone();
    problem.hint = format!("{}; the models after it were not started", problem.hint);
    problem
}
