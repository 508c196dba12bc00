//! Colours: their spelling, and what becomes of them on a terminal that has fewer.

use ratatui::style::{Color, Style};

/// How to write a colour.
pub const ALLOWED: &str = "a colour is #rrggbb, a number 0–255, default, or an ANSI name such as red or bright-blue";

const NAMES: [&str; 16] = [
    "black",
    "red",
    "green",
    "yellow",
    "blue",
    "magenta",
    "cyan",
    "white",
    "bright-black",
    "bright-red",
    "bright-green",
    "bright-yellow",
    "bright-blue",
    "bright-magenta",
    "bright-cyan",
    "bright-white",
];

const ANSI: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// The usual look of the sixteen, for nearness only.
const ANSI_RGB: [(u8, u8, u8); 16] = [
    (0, 0, 0),
    (205, 49, 49),
    (13, 188, 121),
    (229, 229, 16),
    (36, 114, 200),
    (188, 63, 188),
    (17, 168, 205),
    (229, 229, 229),
    (102, 102, 102),
    (241, 76, 76),
    (35, 209, 139),
    (245, 245, 67),
    (59, 142, 234),
    (214, 112, 214),
    (41, 184, 219),
    (255, 255, 255),
];

/// Reads the spelling of a theme file.
pub fn parse(text: &str) -> Option<Color> {
    if text == "default" {
        return Some(Color::Reset);
    }
    if let Some(hex) = text.strip_prefix('#') {
        let number = u32::from_str_radix(hex, 16)
            .ok()
            .filter(|_| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let [_, r, g, b] = number.to_be_bytes();
        return Some(Color::Rgb(r, g, b));
    }
    if let Some(at) = NAMES.iter().position(|name| *name == text) {
        return Some(ANSI[at]);
    }
    text.parse::<u8>().ok().map(Color::Indexed)
}

/// How many colours a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: only bold, reverse and the like.
    Mono,
    /// The sixteen of the terminal's palette.
    Ansi16,
    /// The 256 of xterm.
    Ansi256,
    /// Red, green and blue.
    True,
}

/// What the person and the terminal say about colour; each as the environment has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wishes<'a> {
    /// `--no-color` was given.
    pub no_color_flag: bool,
    /// `NO_COLOR`.
    pub no_color: Option<&'a str>,
    /// `CLICOLOR_FORCE`.
    pub force: Option<&'a str>,
    /// `COLORTERM`.
    pub colorterm: Option<&'a str>,
    /// `TERM`.
    pub term: Option<&'a str>,
}

impl Depth {
    /// Decides: the flag, then a non-empty `NO_COLOR`, then `CLICOLOR_FORCE` (anything but `0`), then what the terminal
    /// is called.
    pub fn decide(wishes: Wishes<'_>) -> Self {
        let set = |value: Option<&str>| value.is_some_and(|value| !value.is_empty());
        let term = wishes.term.unwrap_or_default();
        if wishes.no_color_flag || set(wishes.no_color) {
            return Self::Mono;
        }
        let forced = set(wishes.force) && wishes.force != Some("0");
        if (term == "dumb" || term.is_empty() || term.starts_with("vt")) && !forced {
            return Self::Mono;
        }
        if wishes.colorterm.is_some_and(|value| value.contains("truecolor") || value.contains("24bit"))
            || ["direct", "kitty", "ghostty", "alacritty", "foot", "wezterm"].iter().any(|name| term.contains(name))
        {
            return Self::True;
        }
        if term.contains("256") { Self::Ansi256 } else { Self::Ansi16 }
    }

    /// The nearest style that this depth can show.
    pub fn fit(self, style: Style) -> Style {
        let fit = |colour: Option<Color>| colour.and_then(|colour| self.nearest(colour));
        Style { fg: fit(style.fg), bg: fit(style.bg), underline_color: fit(style.underline_color), ..style }
    }

    fn nearest(self, colour: Color) -> Option<Color> {
        match (self, colour) {
            (Self::Mono, _) => None,
            (_, Color::Reset) | (Self::True, _) => Some(colour),
            (Self::Ansi256, Color::Rgb(..)) => rgb(colour).map(|rgb| Color::Indexed(index_of(rgb))),
            (Self::Ansi256, _) => Some(colour),
            (Self::Ansi16, Color::Rgb(..) | Color::Indexed(_)) => rgb(colour).map(|rgb| ANSI[nearest_ansi(rgb)]),
            (Self::Ansi16, _) => Some(colour),
        }
    }
}

/// Red, green and blue of a colour; of the sixteen their usual look; none for the terminal's default.
pub fn rgb(colour: Color) -> Option<(u8, u8, u8)> {
    match colour {
        Color::Rgb(r, g, b) => Some((r, g, b)),
        Color::Indexed(n @ 0..=15) => ANSI_RGB.get(usize::from(n)).copied(),
        Color::Indexed(n @ 16..=231) => {
            let level = |v: u8| if v == 0 { 0 } else { 55 + 40 * v };
            let n = n - 16;
            Some((level(n / 36), level(n / 6 % 6), level(n % 6)))
        }
        Color::Indexed(n) => Some((8 + (n - 232) * 10, 8 + (n - 232) * 10, 8 + (n - 232) * 10)),
        named => ANSI.iter().position(|ansi| *ansi == named).map(|at| ANSI_RGB[at]),
    }
}

fn distance(a: (u8, u8, u8), b: (u8, u8, u8)) -> u32 {
    let square = |a: u8, b: u8, weight: u32| weight * u32::from(a.abs_diff(b)).pow(2);
    square(a.0, b.0, 3) + square(a.1, b.1, 6) + square(a.2, b.2, 1)
}

fn index_of(wanted: (u8, u8, u8)) -> u8 {
    let far = |n: &u8| rgb(Color::Indexed(*n)).map_or(u32::MAX, |found| distance(wanted, found));
    (16..=255).min_by_key(far).unwrap_or(16)
}

fn nearest_ansi(wanted: (u8, u8, u8)) -> usize {
    (0..16).min_by_key(|at| distance(wanted, ANSI_RGB[*at])).unwrap_or(7)
}

/// WCAG contrast of two colours, 1 to 21; none where one is the terminal's default.
pub fn contrast(a: Color, b: Color) -> Option<f64> {
    let luminance = |(r, g, b): (u8, u8, u8)| {
        let channel = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b)
    };
    let (a, b) = (luminance(rgb(a)?), luminance(rgb(b)?));
    Some((a.max(b) + 0.05) / (a.min(b) + 0.05))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for (text, colour) in [
            ("#ff8000", Some(Color::Rgb(255, 128, 0))),
            ("default", Some(Color::Reset)),
            ("bright-black", Some(Color::DarkGray)),
            ("white", Some(Color::Gray)),
            ("208", Some(Color::Indexed(208))),
            ("#ff80", None),
            ("#+f8000", None),
            ("#ﬀ800", None),
            ("256", None),
            ("crimson", None),
        ] {
            assert_eq!(parse(text), colour, "{text}");
        }
    }

    #[test]
    fn fewer_colours_come_near() {
        for (depth, colour, near) in [
            (Depth::True, "#ff0000", Some(Color::Rgb(255, 0, 0))),
            (Depth::Ansi256, "#ff0000", Some(Color::Indexed(196))),
            (Depth::Ansi256, "#808080", Some(Color::Indexed(244))),
            (Depth::Ansi16, "#ff3030", Some(Color::LightRed)),
            (Depth::Ansi16, "196", Some(Color::Red)),
            (Depth::Ansi16, "default", Some(Color::Reset)),
            (Depth::Mono, "#ff0000", None),
        ] {
            assert_eq!(depth.nearest(parse(colour).unwrap()), near, "{depth:?} {colour}");
        }
    }

    #[test]
    fn the_ladder_of_wishes() {
        let xterm = Wishes { term: Some("xterm-256color"), ..Wishes::default() };
        let dumb = Wishes { term: Some("dumb"), ..Wishes::default() };
        for (wishes, depth) in [
            (xterm, Depth::Ansi256),
            (Wishes { colorterm: Some("truecolor"), ..xterm }, Depth::True),
            (Wishes { term: Some("xterm-kitty"), ..xterm }, Depth::True),
            (Wishes { term: Some("linux"), ..xterm }, Depth::Ansi16),
            (Wishes { no_color: Some("1"), force: Some("1"), ..xterm }, Depth::Mono),
            (Wishes { no_color: Some(""), ..xterm }, Depth::Ansi256),
            (Wishes { no_color_flag: true, ..xterm }, Depth::Mono),
            (dumb, Depth::Mono),
            (Wishes { force: Some("1"), ..dumb }, Depth::Ansi16),
            (Wishes { force: Some("0"), ..dumb }, Depth::Mono),
            (Wishes::default(), Depth::Mono),
        ] {
            assert_eq!(Depth::decide(wishes), depth, "{wishes:?}");
        }
    }
}
