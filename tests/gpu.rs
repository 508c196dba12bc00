//! Cards through the real NVML binding and a stand-in library, and the simulated card across real processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failing step fails the test")]

#[allow(dead_code, reason = "shared with other test binaries, each of which uses a part")]
#[path = "support/standin.rs"]
mod standin;

#[path = "gpu/claims.rs"]
mod claims;
#[path = "gpu/command.rs"]
mod command;
#[path = "gpu/driver.rs"]
mod driver;
#[path = "gpu/ledger.rs"]
mod ledger;
#[path = "gpu/readings.rs"]
mod readings;
