//! Engines: what kinds there are, how one is launched, which phase a run is in and why it failed.
//!
//! Data walks one way: a [`LaunchSpec`] is checked and turned into a `Plan` (argv, environment, endpoint); a *keeper*
//! process owns the run's process group, drains its log, folds lines and health answers into a [`Phase`] and writes the
//! run's [`RunState`] to disk; the deck and the command line only read that state, so a run survives either.

pub mod checks;
pub mod fit;
pub mod flags;
pub mod kind;
pub mod lines;
pub mod live;
pub mod logfacts;
pub mod naming;
pub mod phase;
pub mod plan;
pub mod recipe;
pub mod run;
pub mod simulated;
pub mod spec;

pub use checks::{Check, Outcome};
pub use kind::{Dialect, EngineKind};
pub use lines::LogLine;
pub use phase::Phase;
pub use plan::{Found, Plan};
pub use run::{RunId, RunState};
pub use spec::{FlagSetting, LaunchSpec, Request};
