//! Where a number comes from; every number on screen carries one.

use serde::{Deserialize, Serialize};

/// The origin of a figure, so that a screen can mark it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Read from the device, the operating system or a clock by vramdeck itself.
    Measured,
    /// Said by the engine, in its log or an API answer.
    Engine,
    /// Computed by a formula from other figures.
    Computed,
    /// Taken from shipped data.
    Catalogue,
    /// Said by the person.
    Stated,
    /// Produced by the simulated card or engine.
    Simulated,
}
