//! Effects of the Card screen.

use crate::app::screens::card::Effect;
use crate::runtime::world::World;

/// Runs one effect.
pub fn run(effect: Effect, _world: &World) {
    match effect {}
}
