//! Putting runs to sleep, and waking them.

use crate::app::Msg;
use crate::engines::{RunId, live};
use crate::runtime::world::World;

/// Asks the engine; tells what became of it.
pub fn run(run: RunId, wake: bool, world: &World) {
    let common = world.common.clone();
    world.tell(Msg::Info(format!("{run}: {}", if wake { "waking it" } else { "putting it to sleep" })));
    world.spawn(async move {
        let asked = if wake { live::wake(&common.paths, &run).await } else { live::sleep(&common.paths, &run).await };
        let msg = match asked {
            Ok(()) if wake => Msg::Info(format!("{run} is awake")),
            Ok(()) => Msg::Info(format!("{run} sleeps: its weights and cache have left the card")),
            Err(problem) => Msg::Problem(problem),
        };
        // The deck may have left meanwhile.
        let _ = common.tx.send(msg).await;
    });
}
