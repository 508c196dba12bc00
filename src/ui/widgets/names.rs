//! Names as short as a person says them.

use crate::app::key::{Code, Key};
use crate::base::text;
use crate::gpu::Card;

/// A card without its maker's name: `RTX 5080`; its index where the driver does not name it.
pub fn card_name(card: &Card) -> String {
    let Ok(name) = &card.name else { return format!("card {}", card.index) };
    let name = text::clean_line(name);
    ["NVIDIA GeForce ", "NVIDIA "].iter().find_map(|maker| name.strip_prefix(maker)).unwrap_or(&name).to_owned()
}

/// A key as it is printed on keyboards and in hints: `^P`, `↑`, `Enter`.
pub fn pretty_key(key: Key, ascii: bool) -> String {
    let arrow = |glyph: &str, word: &str| if ascii { word.to_owned() } else { glyph.to_owned() };
    let base = match key.code {
        Code::Char(' ') => "Space".to_owned(),
        Code::Char(c) if key.ctrl && !key.alt => return format!("^{}", c.to_ascii_uppercase()),
        Code::Char(c) => c.to_string(),
        Code::Up => arrow("↑", "Up"),
        Code::Down => arrow("↓", "Down"),
        Code::Left => arrow("←", "Left"),
        Code::Right => arrow("→", "Right"),
        Code::PageUp => "PgUp".to_owned(),
        Code::PageDown => "PgDn".to_owned(),
        Code::F(n) => format!("F{n}"),
        _ => {
            let name = Key::plain(key.code).to_string();
            name[..1].to_ascii_uppercase() + &name[1..]
        }
    };
    let held = [(key.ctrl, "Ctrl+"), (key.alt, "Alt+"), (key.shift, "Shift+")];
    held.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect::<String>() + &base
}

/// Which of several keys to name first: named keys, letters, Ctrl and a letter, signs, function keys, the rest.
pub fn key_rank(key: Key) -> u8 {
    match key.code {
        _ if key.alt || key.shift => 5,
        Code::Char(c) if key.ctrl => {
            if c.is_alphabetic() {
                2
            } else {
                5
            }
        }
        _ if key.ctrl => 5,
        Code::F(_) => 4,
        Code::Char(c) if c.is_alphanumeric() => 1,
        Code::Char(c) if c != ' ' => 3,
        Code::Delete | Code::Insert | Code::Home | Code::End => 4,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_as_on_the_keyboard() {
        for (spelled, pretty, ascii) in [
            ("ctrl+p", "^P", "^P"),
            ("up", "↑", "Up"),
            ("alt+enter", "Alt+Enter", "Alt+Enter"),
            ("shift+tab", "Shift+Tab", "Shift+Tab"),
            ("plus", "+", "+"),
            ("f2", "F2", "F2"),
            ("ctrl+left", "Ctrl+←", "Ctrl+Left"),
        ] {
            let key = Key::parse(spelled).unwrap();
            assert_eq!((pretty_key(key, false).as_str(), pretty_key(key, true).as_str()), (pretty, ascii));
        }
    }
}
