//! The simulated engine as a real process over real HTTP, in its three dialects.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failing step fails the test")]

#[path = "simulated/engine.rs"]
mod engine;
#[path = "simulated/faults.rs"]
mod faults;
#[path = "simulated/life.rs"]
mod life;
#[path = "simulated/ollama.rs"]
mod ollama;
#[path = "simulated/openai.rs"]
mod openai;
