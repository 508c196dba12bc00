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
// Each test program uses its part of it.
#[path = "flight/models.rs"]
mod models;
#[allow(dead_code)]
#[path = "support/openai.rs"]
mod openai;
#[path = "flight/proxy.rs"]
mod proxy;
#[path = "flight/readme.rs"]
mod readme;
// Likewise.
#[allow(dead_code)]
#[path = "hub/server.rs"]
mod server;
// Likewise.
#[allow(dead_code)]
#[path = "support/standin.rs"]
mod standin;
#[path = "flight/steps.rs"]
mod steps;
mod support;
// Likewise.
#[allow(dead_code)]
#[path = "hub/tree.rs"]
mod tree;
