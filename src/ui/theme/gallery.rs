//! All themes: the shipped ones, compiled in, and the user's own.

use crate::base::Problem;
use crate::ui::theme::{Depth, Theme, parse};

/// The theme that follows the terminal's own colours.
pub const DEFAULT: &str = parse::BASE;
/// The theme without colours.
pub const MONO: &str = "mono";

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// Name and text of each shipped file, in the order of the chooser; one comes after the one it inherits from.
        pub const SHIPPED: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../themes/", $name, ".toml")))),*];
    };
}

shipped![
    "terminal",
    "mono",
    "catppuccin-mocha",
    "high-contrast",
    "catppuccin-latte",
    "dracula",
    "gruvbox-dark",
    "light",
    "nord",
    "solarized-dark",
    "tokyo-night",
];

/// Every theme there is, at the depth of the terminal.
#[derive(Debug, Clone, PartialEq)]
pub struct Gallery {
    themes: Vec<Theme>,
    depth: Depth,
}

impl Gallery {
    /// The shipped themes.
    pub fn shipped(depth: Depth) -> Self {
        let mut gallery = Self { themes: Vec::new(), depth };
        for (name, text) in SHIPPED {
            gallery.add(name, text, &format!("themes/{name}.toml"));
        }
        gallery
    }

    /// Adds a theme file, or puts it in the place of the one of that name; answers with what is wrong with it.
    pub fn add(&mut self, name: &str, text: &str, file: &str) -> Vec<Problem> {
        let (theme, problems) = parse::parse(name, text, file, &|name| self.exact(name).cloned());
        match self.themes.iter_mut().find(|theme| theme.name == name) {
            Some(old) => *old = theme,
            None => self.themes.push(theme),
        }
        problems
    }

    fn exact(&self, name: &str) -> Option<&Theme> {
        self.themes.iter().find(|theme| theme.name == name)
    }

    /// Names, in the order of the chooser.
    pub fn names(&self) -> Vec<String> {
        self.themes.iter().map(|theme| theme.name.clone()).collect()
    }

    /// The theme of a name (of an unknown one the default), as this terminal can show it: without colours, `mono`.
    pub fn theme(&self, name: &str) -> Theme {
        let name = if self.depth == Depth::Mono { MONO } else { name };
        let theme = self.exact(name).or_else(|| self.exact(DEFAULT));
        theme.map_or_else(Theme::default, |theme| theme.at(self.depth))
    }
}
