//! Effects of the Engines screen.

use crate::app::screens::engines::Effect;
use crate::runtime::world::{Common, World};

/// What the Engines screen's effects keep open.
#[derive(Debug, Default)]
pub struct Handles {}

/// Opens it, once, before the first frame: must not block.
pub fn start(_common: &Common) -> Handles {
    Handles::default()
}

/// Runs one effect; must not block.
pub fn run(effect: Effect, _world: &World) {
    match effect {}
}
