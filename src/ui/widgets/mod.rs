//! Pieces that several screens draw.

pub mod field;
pub mod panel;

pub use panel::{panel, popup};
