//! Structured outputs: what a reply must look like, written in each engine's shape, and what an engine will not do of it.

pub mod constraint;
pub mod lint;
pub mod request;

pub use constraint::{Constraint, Kind, Syntax};
pub use request::{Options, Request, Shape, request};
