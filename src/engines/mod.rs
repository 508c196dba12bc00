//! Engines: what kinds there are, how one is launched, which phase a run is in and why it failed.
//!
//! Data walks one way: a [`LaunchSpec`] is checked and turned into a `Plan` (argv, environment, endpoint); a *keeper*
//! process owns the run's process group, drains its log, folds lines and health answers into a [`Phase`] and writes the
//! run's [`RunState`] to disk; the deck and the command line only read that state, so a run survives either.

pub mod account;
pub mod checks;
pub mod doctor;
pub mod fit;
pub mod flags;
pub mod install;
pub mod kind;
pub mod lines;
pub mod litellm;
pub mod live;
pub mod logfacts;
pub mod metrics;
pub mod naming;
pub mod phase;
pub mod plan;
pub mod proof;
pub mod recipe;
pub mod run;
pub mod simulated;
pub mod spec;
pub mod stages;

pub use account::account;
pub use checks::{Check, Outcome};
pub use kind::{Dialect, EngineKind};
pub use lines::LogLine;
pub use phase::Phase;
pub use plan::{Found, Plan};
pub use run::{RunId, RunState};
pub use spec::{FlagSetting, LaunchSpec, Request};
