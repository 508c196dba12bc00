//! Cards: what they are, who holds their memory, and how that went over the last minutes.
//!
//! Data walks one way: a source (`live::nvml` or the simulated card) produces a [`Sample`]; `attribute` names the
//! run each process belongs to; [`History`] keeps ten minutes; the Card screen and `gpu --json` read both.

pub mod history;
pub mod sample;

pub use history::History;
pub use sample::*;
