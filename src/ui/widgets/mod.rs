//! Pieces that several screens draw.

pub mod field;
mod names;
pub mod panel;

pub use names::{card_name, pretty_key};
pub use panel::{panel, popup};

/// Borders of a terminal that speaks ASCII only.
pub const ASCII_BORDER: ratatui::symbols::border::Set<'static> = ratatui::symbols::border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};
