//! Pieces that several screens draw.

pub mod bar;
pub mod field;
pub mod gauges;
pub mod long_text;
mod names;
pub mod offers;
pub mod panel;
pub mod text_area;
mod wrap;

pub use names::{card_name, key_rank, pretty_key};
pub use panel::{ASCII_BORDER, panel, popup};
pub use wrap::{wrap, wrap_to};
