//! Everything that reads foreign bytes, against bytes that nobody should send.
//!
//! Each target of `targets/` is a plain function over bytes that asserts what must hold whatever they are. A test
//! mutates the files of `corpus/TARGET/` from a fixed seed for a moment, after replaying `regress/TARGET/`; with
//! `FUZZ_SECONDS=60 cargo test --test fuzz TARGET` for longer, with `FUZZ_SEED=n` elsewhere. A failure tells the
//! smallest input found. `simulated` does the same to the simulated engine over HTTP, `hostile` sets servers that mean
//! harm before `vramdeck chat`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helpers fail loudly")]
#![allow(clippy::print_stderr, reason = "how many inputs were tried is told")]
#![allow(missing_docs, reason = "tests are not a library")]

#[path = "fuzz/check.rs"]
mod check;
#[path = "fuzz/heap.rs"]
mod heap;
#[path = "fuzz/hostile.rs"]
mod hostile;
#[path = "fuzz/mutate.rs"]
mod mutate;
#[path = "fuzz/processes.rs"]
mod processes;
#[path = "fuzz/runner.rs"]
mod runner;
#[path = "fuzz/simulated.rs"]
mod simulated;
#[path = "fuzz/targets/mod.rs"]
mod targets;
