//! What a terminal of the xterm family sends for keys and the mouse.

/// The bytes of a key by name: a character, `enter`, `esc`, `up`, `f5`, `pagedown`, each after `ctrl+`, `alt+`, `shift+`.
/// `application` is the cursor-key mode that a program may switch on.
pub fn key(name: &str, application: bool) -> String {
    if let Some(rest) = name.strip_prefix("alt+") {
        return format!("\x1b{}", key(rest, application));
    }
    if let Some(rest) = name.strip_prefix("ctrl+") {
        return control(rest).unwrap_or_else(|| modified(rest, 5));
    }
    match name.strip_prefix("shift+") {
        Some("tab") => "\x1b[Z".to_owned(),
        Some(rest) => modified(rest, 2),
        None => plain(name, application),
    }
}

fn plain(name: &str, application: bool) -> String {
    let fixed = match name {
        "enter" => "\r",
        "esc" => "\x1b",
        "tab" => "\t",
        "backtab" => "\x1b[Z",
        "backspace" => "\x7f",
        "space" => " ",
        _ => "",
    };
    if !fixed.is_empty() {
        return fixed.to_owned();
    }
    if let Some(letter) = letter(name) {
        let function = matches!(name, "f1" | "f2" | "f3" | "f4");
        return format!("\x1b{}{letter}", if application || function { 'O' } else { '[' });
    }
    if let Some(number) = number(name) {
        return format!("\x1b[{number}~");
    }
    assert_eq!(name.chars().count(), 1, "no key is called {name:?}");
    name.to_owned()
}

fn control(name: &str) -> Option<String> {
    let mut chars = name.chars();
    match (chars.next()?, chars.next()) {
        (letter @ 'a'..='z', None) => Some(char::from(u8::try_from(letter).ok()? & 0x1f).to_string()),
        ('\\', None) => Some("\x1c".to_owned()),
        _ if name == "space" => Some("\0".to_owned()),
        _ => None,
    }
}

fn modified(name: &str, modifier: u8) -> String {
    match (letter(name), number(name)) {
        (Some(letter), _) => format!("\x1b[1;{modifier}{letter}"),
        (_, Some(number)) => format!("\x1b[{number};{modifier}~"),
        // A terminal of this family sends the same byte with and without shift.
        _ => plain(name, false),
    }
}

fn letter(name: &str) -> Option<char> {
    let letters = [
        ("up", 'A'),
        ("down", 'B'),
        ("right", 'C'),
        ("left", 'D'),
        ("end", 'F'),
        ("home", 'H'),
        ("f1", 'P'),
        ("f2", 'Q'),
        ("f3", 'R'),
        ("f4", 'S'),
    ];
    letters.iter().find(|(known, _)| *known == name).map(|(_, letter)| *letter)
}

fn number(name: &str) -> Option<u8> {
    let numbers = [
        ("insert", 2),
        ("delete", 3),
        ("pageup", 5),
        ("pagedown", 6),
        ("f5", 15),
        ("f6", 17),
        ("f7", 18),
        ("f8", 19),
        ("f9", 20),
        ("f10", 21),
        ("f11", 23),
        ("f12", 24),
    ];
    numbers.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

/// A mouse report (SGR): `button` 0 left, 2 right, 32 left while moving, 64 wheel up, 65 wheel down.
pub fn mouse(button: u8, column: u16, row: u16, down: bool) -> String {
    format!("\x1b[<{button};{};{}{}", column + 1, row + 1, if down { 'M' } else { 'm' })
}
