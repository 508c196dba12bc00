//! What is done after the screen is gone: runs that were to be stopped are stopped, in plain sight.

use crate::engines::{self, RunId};
use crate::runtime::world::World;
use std::io::{self, Write};
use std::time::Duration;

/// How long tasks may take to notice that it is over.
const PATIENCE: Duration = Duration::from_millis(500);

/// Ends the world's tasks and stops these runs, each with a line that says so.
pub(super) async fn leave(world: World, stop: Vec<RunId>) {
    world.stop.cancel();
    world.tasks.close();
    // Tasks that do not end in time are ended with the process.
    let _ = tokio::time::timeout(PATIENCE, world.tasks.wait()).await;
    crate::runtime::effects::chat::finish(&world.chat);
    world.tools.finish();
    let mut stops = tokio::task::JoinSet::new();
    for run in stop {
        say(&format!("stopping {run}"));
        let (paths, grace) = (world.paths.clone(), world.grace);
        stops.spawn_blocking(move || match engines::live::stop(&paths, &run, grace) {
            Ok(report) if report.killed => format!("{run} had to be killed after {:.1} s", report.seconds),
            Ok(report) => format!("{run} stopped in {:.1} s", report.seconds),
            Err(problem) => format!("{run}: {problem}"),
        });
    }
    while let Some(said) = stops.join_next().await {
        say(&said.unwrap_or_else(|error| format!("a stop broke off: {error}")));
    }
}

/// One plain line on the restored terminal.
fn say(line: &str) {
    // A terminal that is gone has nobody before it.
    let _ = writeln!(io::stdout().lock(), "{line}");
}
