//! The event loop: the terminal, signals and the world become messages; effects are run; a frame is drawn when
//! something changed. No decisions here.

pub mod copy;
mod deck;
pub mod effects;
pub mod exchange;
pub mod exports;
mod gauges;
mod input;
pub mod learning;
mod leave;
pub mod pooling;
mod probe;
pub mod probes;
pub mod recipes;
pub mod rendering;
pub mod runs;
pub mod samples;
pub mod settings;
pub mod shelves;
mod signals;
pub mod start;
pub mod structured;
pub mod suite;
pub mod terminal;
pub mod world;

pub use start::{Options, run};
pub use world::{Common, World};
