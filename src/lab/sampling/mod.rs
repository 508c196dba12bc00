//! Sampling settings: every parameter with its true range per dialect, and "unset" as a position of its own.

pub mod settings;
pub use settings::*;
