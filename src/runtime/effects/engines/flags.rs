//! Reads the flags of an engine: the table at hand first, then the installed engine's own help where it was not read
//! before.

use crate::app::Msg as Root;
use crate::app::screens::engines::Msg;
use crate::engines::flags::FlagTable;
use crate::engines::live;
use crate::engines::{EngineKind, Found};
use crate::runtime::world::World;
use std::path::PathBuf;
use std::sync::Arc;

/// Sends the table that is at hand, and a better one when there is one.
pub fn read(engine: EngineKind, program: Option<PathBuf>, world: &World) {
    let (paths, tx) = (world.paths.clone(), world.tx.clone());
    world.tasks.spawn_blocking(move || {
        let tell = |table: FlagTable, reading| {
            let table = Arc::new(table);
            // The deck may have left meanwhile.
            let _ = tx.blocking_send(Root::Engines(Msg::Flags { engine, table, reading }));
        };
        // That the program is missing is said by the plan's checks.
        let found = live::find(&paths, engine, program.as_deref()).unwrap_or_else(|_| Found::default());
        let Ok(table) = live::flag_table(&paths, engine, &found) else { return };
        let reads = table.is_unread() && !found.command.is_empty() && engine == EngineKind::Vllm;
        tell(table.clone(), reads);
        if reads {
            tell(live::read_help(&paths, engine, &found).unwrap_or(table), false);
        }
    });
}
