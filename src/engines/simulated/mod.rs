//! The simulated engine: a small honest language model behind real HTTP, in three dialects.
//!
//! `model` is the n-gram language model, `sampling` turns its probabilities into tokens, `constrain` holds tokens to a
//! schema or grammar, `request` reads what a client asks for, `answer` makes the answer token by token, `dialect`
//! writes it the way vLLM, llama.cpp or Ollama would, `logs` words the log, `script` describes faults to act out.
//! Only `live` touches the world. It always names itself: model owner, headers and log say "vramdeck-simulated".

mod answer;
mod assume;
mod config;
mod constrain;
mod dialect;
pub mod live;
mod logs;
mod memory;
mod metrics;
mod model;
mod request;
mod rng;
mod sampling;
mod script;
mod sizes;

pub use config::{Config, SimDialect};
pub use script::{Fault, Script};
pub use sizes::sizes;

/// The owner of every simulated model, and the name in headers and logs.
pub const NAME: &str = "vramdeck-simulated";
