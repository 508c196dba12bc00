//! `fit`, `models` and the fit of a launch as a script uses them: fields, types, exit codes, one answer a line, and what
//! is said of every kind of bad input.

// Helpers of a test crate may panic: that is how a test fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "models/asked.rs"]
mod asked;
#[path = "models/bad.rs"]
mod bad;
#[path = "models/files.rs"]
mod files;
#[path = "models/hub.rs"]
mod hub;
#[path = "models/launch.rs"]
mod launch;
#[path = "models/more.rs"]
mod more;
#[path = "models/plan.rs"]
mod plan;
#[path = "models/shapes.rs"]
mod shapes;
#[path = "models/stand.rs"]
mod stand;
