//! Structured outputs: what a reply must look like, written in each engine's shape; what an engine will not do of it; the tree
//! of a JSON text while it grows, how far it keeps to what was asked for, and the verdict.

pub mod advice;
pub mod ask;
pub mod blanks;
pub mod conform;
pub mod constraint;
pub mod cost;
pub mod diff;
pub mod infer;
pub mod judge;
pub mod legacy;
pub mod library;
pub mod lint;
pub mod live;
pub mod possible;
pub mod read;
pub mod request;
mod size;
pub mod tree;
pub mod verdict;
pub mod watch;

pub use constraint::{Constraint, Kind, Syntax};
pub use request::{Options, Request, Shape, request};
