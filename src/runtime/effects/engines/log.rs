//! Follows the log of one run.

use crate::app::Msg as Root;
use crate::app::screens::engines::Msg;
use crate::app::screens::engines::log::KEPT;
use crate::engines::RunId;
use crate::engines::live;
use crate::runtime::world::World;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often new lines are looked for.
const EVERY: Duration = Duration::from_millis(200);

/// Sends the newest lines of the run's log, then what comes, until the token is cancelled.
pub fn follow(run: Option<RunId>, token: CancellationToken, world: &World) {
    let Some(run) = run else { return };
    let (paths, tx, leaving) = (world.paths.clone(), world.tx.clone(), world.stop.clone());
    world.tasks.spawn_blocking(move || {
        let Ok((lines, mut follower)) = live::tail(&paths, &run, KEPT) else { return };
        let tell = |reset, lines| tx.blocking_send(Root::Engines(Msg::Log { run: run.clone(), reset, lines })).is_ok();
        let mut alive = tell(true, lines);
        while alive && !token.is_cancelled() && !leaving.is_cancelled() {
            std::thread::sleep(EVERY);
            let lines = follower.poll();
            if !lines.is_empty() && !token.is_cancelled() {
                alive = tell(false, lines);
            }
        }
    });
}
