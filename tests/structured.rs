//! `vramdeck structured` as a program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failing step fails the test")]
#![allow(clippy::print_stdout, reason = "the score is printed")]
#![allow(missing_docs, reason = "tests are not a library")]

#[path = "structured/check.rs"]
mod check;
#[path = "structured/suite.rs"]
mod suite;
