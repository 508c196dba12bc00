//! Themes: colours by meaning, read from TOML files. No colour stands anywhere else.

pub mod colour;
pub mod gallery;
mod parse;
pub mod role;

pub use colour::{Depth, Wishes};
pub use gallery::Gallery;
pub use role::Role;

use parse::Paint;
use ratatui::style::{Color, Style};
use std::collections::BTreeMap;

/// A style for every role.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Its name, the file's name without `.toml`.
    pub name: String,
    palette: BTreeMap<String, Color>,
    paints: Vec<Paint>,
    styles: Vec<Style>,
}

impl Default for Theme {
    /// No colours at all.
    fn default() -> Self {
        Self {
            name: String::new(),
            palette: BTreeMap::new(),
            paints: vec![Paint::default(); Role::ALL.len()],
            styles: vec![Style::new(); Role::ALL.len()],
        }
    }
}

impl Theme {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// The same theme on a terminal that shows fewer colours.
    pub fn at(&self, depth: Depth) -> Self {
        let styles = self.styles.iter().map(|style| depth.fit(*style)).collect();
        Self { styles, ..self.clone() }
    }

    fn resolve(&mut self) {
        self.styles = self.paints.iter().map(|paint| paint.style(&self.palette)).collect();
    }
}
