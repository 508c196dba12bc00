//! The program as its user meets it: commands, exit codes, the terminal.

// Helpers of a test may end it where they stand; the lints' own test exemption reaches #[test] functions only.
#![allow(clippy::panic, clippy::expect_used, clippy::unwrap_used, clippy::print_stderr)]

#[path = "flight/contract.rs"]
mod contract;
#[path = "flight/crash.rs"]
mod crash;
#[path = "flight/demo.rs"]
mod demo;
#[path = "flight/doctor.rs"]
mod doctor;
#[path = "flight/harness.rs"]
mod harness;
#[path = "flight/inputs.rs"]
mod inputs;
#[path = "flight/models.rs"]
mod models;
#[allow(dead_code, reason = "shared with other test binaries, each of which uses a part")]
#[path = "support/openai.rs"]
mod openai;
#[path = "flight/proxy.rs"]
mod proxy;
#[path = "flight/readme.rs"]
mod readme;
#[allow(dead_code, reason = "shared with other test binaries, each of which uses a part")]
#[path = "hub/server.rs"]
mod server;
#[allow(dead_code, reason = "shared with other test binaries, each of which uses a part")]
#[path = "support/standin.rs"]
mod standin;
#[path = "flight/steps.rs"]
mod steps;
#[path = "flight/structured.rs"]
mod structured;
mod support;
#[allow(dead_code, reason = "shared with other test binaries, each of which uses a part")]
#[path = "hub/tree.rs"]
mod tree;
