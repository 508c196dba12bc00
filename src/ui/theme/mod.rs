//! Themes: colours by meaning, read from TOML files. No colour stands anywhere else.

mod parse;
pub mod role;

pub use role::Role;

use ratatui::style::Style;

/// A style for every role.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Its name, the file's name without `.toml`.
    pub name: String,
    styles: Vec<Style>,
}

impl Theme {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }
}
