//! Effects of the Structured screen.

use crate::app::screens::structured::Effect;
use crate::runtime::world::World;

/// What is kept open for the screen.
#[derive(Debug, Clone, Default)]
pub struct Handles {}

/// Runs one.
pub fn run(_effect: Effect, _world: &World) {}
