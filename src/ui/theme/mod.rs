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
    depth: Depth,
}

impl Default for Theme {
    /// No colours at all.
    fn default() -> Self {
        Self {
            name: String::new(),
            palette: BTreeMap::new(),
            paints: vec![Paint::default(); Role::ALL.len()],
            styles: vec![Style::new(); Role::ALL.len()],
            depth: Depth::Mono,
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
        Self { styles, depth, ..self.clone() }
    }

    /// Two pixels of an image, the upper one drawn and the lower one behind it; `None` where the terminal is not known to
    /// show every colour, or the theme has none.
    pub fn pixels(&self, upper: [u8; 3], lower: [u8; 3]) -> Option<Style> {
        let coloured = self.styles.iter().any(|style| style.fg.is_some() || style.bg.is_some());
        let rgb = |[red, green, blue]: [u8; 3]| Color::Rgb(red, green, blue);
        (self.depth == Depth::True && coloured).then(|| Style::new().fg(rgb(upper)).bg(rgb(lower)))
    }

    fn resolve(&mut self) {
        self.styles = self.paints.iter().map(|paint| paint.style(&self.palette)).collect();
    }
}
