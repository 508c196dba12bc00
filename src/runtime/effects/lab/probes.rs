//! Effects of the Lab's view Probes.

use crate::app::screens::lab::probes::Effect;
use crate::runtime::world::World;

/// What is kept open for the view.
#[derive(Debug, Clone, Default)]
pub struct Handles {}

/// Runs one.
pub fn run(effect: Effect, _world: &World) {
    match effect {}
}
