//! Effects of the Lab screen, by view.

pub mod pooling;
pub mod probes;
pub mod sampling;

use crate::app::screens::lab::Effect;
use crate::runtime::world::World;

/// What is kept open for the views.
#[derive(Debug, Clone, Default)]
pub struct Handles {
    /// For the view Sampling.
    pub sampling: sampling::Handles,
    /// For the view Probes.
    pub probes: probes::Handles,
    /// For the view Pooling.
    pub pooling: pooling::Handles,
}

/// Runs one.
pub fn run(effect: Effect, world: &World) {
    match effect {
        Effect::Sampling(effect) => sampling::run(effect, world),
        Effect::Probes(effect) => probes::run(effect, world),
        Effect::Pooling(effect) => pooling::run(effect, world),
    }
}
