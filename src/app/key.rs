//! Keys, independent of the terminal library, with the spelling used in the keymap file: `ctrl+p`, `alt+enter`, `G`.

use std::fmt;

/// What was pressed, without modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Code {
    /// A character, upper case where shift made it so.
    Char(char),
    /// A function key.
    F(u8),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
}

/// A key with its modifiers. `shift` is kept only for keys that are not characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// What was pressed.
    pub code: Code,
    /// Control was held.
    pub ctrl: bool,
    /// Alt (or Meta) was held.
    pub alt: bool,
    /// Shift was held.
    pub shift: bool,
}

const NAMED: &[(&str, Code)] = &[
    ("enter", Code::Enter),
    ("esc", Code::Esc),
    ("tab", Code::Tab),
    ("backspace", Code::Backspace),
    ("delete", Code::Delete),
    ("insert", Code::Insert),
    ("left", Code::Left),
    ("right", Code::Right),
    ("up", Code::Up),
    ("down", Code::Down),
    ("home", Code::Home),
    ("end", Code::End),
    ("pageup", Code::PageUp),
    ("pagedown", Code::PageDown),
    ("space", Code::Char(' ')),
    ("plus", Code::Char('+')),
];

impl Key {
    /// A key without modifiers.
    pub fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// Parses the spelling of the keymap file.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut key = Self::plain(Code::Esc);
        let mut rest = text.trim();
        while let Some((modifier, tail)) = rest.split_once('+').filter(|(_, tail)| !tail.is_empty()) {
            match modifier.to_ascii_lowercase().as_str() {
                "ctrl" => key.ctrl = true,
                "alt" => key.alt = true,
                "shift" => key.shift = true,
                other => return Err(format!("`{other}` in `{text}` is no modifier: use ctrl, alt or shift")),
            }
            rest = tail;
        }
        key.code = parse_code(rest).ok_or_else(|| format!("`{rest}` in `{text}` is no key"))?;
        Ok(key.normalised())
    }

    /// Folds shift into characters and, with ctrl, lower-cases them, so that one press has one spelling.
    pub fn normalised(mut self) -> Self {
        if let Code::Char(c) = self.code {
            if self.ctrl {
                self.code = Code::Char(c.to_ascii_lowercase());
            } else if self.shift {
                self.code = Code::Char(c.to_uppercase().next().unwrap_or(c));
            }
            self.shift = false;
        }
        self
    }

    /// The character it types into a text field, where it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

fn parse_code(text: &str) -> Option<Code> {
    let mut chars = text.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return Some(Code::Char(c));
    }
    let lower = text.to_ascii_lowercase();
    if let Some(number) = lower.strip_prefix('f').and_then(|n| n.parse().ok()) {
        return (1..=24).contains(&number).then_some(Code::F(number));
    }
    NAMED.iter().find(|(name, _)| *name == lower).map(|(_, code)| *code)
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.ctrl, "ctrl+"), (self.alt, "alt+"), (self.shift, "shift+")] {
            if held {
                f.write_str(name)?;
            }
        }
        match (self.code, NAMED.iter().find(|(_, code)| *code == self.code)) {
            (_, Some((name, _))) => f.write_str(name),
            (Code::Char(c), None) => write!(f, "{c}"),
            (Code::F(n), None) => write!(f, "f{n}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_goes_round() {
        for text in
            ["q", "G", "?", "ctrl+p", "alt+enter", "shift+tab", "f1", "space", "plus", "ctrl+left", "/", "ctrl+alt+x"]
        {
            assert_eq!(Key::parse(text).unwrap().to_string(), text);
        }
        for (text, same) in [("Ctrl+P", "ctrl+p"), ("shift+g", "G"), ("ctrl+shift+a", "ctrl+a"), ("Esc", "esc")] {
            assert_eq!(Key::parse(text).unwrap(), Key::parse(same).unwrap());
        }
        for wrong in ["", "hyper+x", "f99", "entre", "ctrl+"] {
            assert!(Key::parse(wrong).is_err(), "{wrong}");
        }
    }
}
