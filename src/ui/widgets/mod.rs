//! Pieces that several screens draw.

pub mod field;
mod names;
pub mod panel;

pub use names::{card_name, pretty_key};
pub use panel::{ASCII_BORDER, panel, popup};
