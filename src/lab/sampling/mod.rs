//! Sampling settings: every parameter with its true range per dialect, and "unset" as a position of its own.
//!
//! [`support`] says what a dialect does with a parameter, [`to_fields`] makes the request's fields of [`Settings`],
//! [`nudge`], [`fraction`] and [`at_fraction`] are the sliders, [`value`] reads and writes text, [`Presets`] keeps
//! settings by name.

mod change;
mod fields;
mod param;
mod presets;
pub mod settings;
mod slider;
mod spec;
#[cfg(test)]
mod tests;
pub mod value;

pub use change::{best_by_mean_logprob, describe};
pub use fields::{Note, to_fields};
pub use param::Kind;
pub use presets::{FILE as PRESETS_FILE, Presets};
pub use settings::*;
pub use slider::{at_fraction, fraction, nudge};
pub use spec::{Range, Support, default_of, support};
