//! Engines as real processes: small shell stand-ins that behave badly, servers that answer wrongly, and the command
//! line around them. Whatever happens, no process may survive a stop, and none may be invisible after a crash.

// Helpers of a test crate may panic: that is how a test fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "engines/cli.rs"]
mod cli;
#[path = "engines/doctor.rs"]
mod doctor;
#[path = "engines/install.rs"]
mod install;
#[path = "engines/learned.rs"]
mod learned;
#[path = "engines/processes.rs"]
mod processes;
#[path = "engines/recipes.rs"]
mod recipes;
#[path = "engines/servers.rs"]
mod servers;
#[path = "engines/stand.rs"]
mod stand;
