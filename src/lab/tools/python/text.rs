//! Python's string literals.

use super::scan::may_follow;

/// How many quotes are tried as the end of a string with quotes in it.
const CANDIDATES: usize = 32;

/// A string literal read from `text`, which begins with its quote: its value and how many bytes it takes. With `loose` a
/// quote that nothing can follow belongs to the string.
pub(super) fn read(text: &str, raw: bool, loose: bool) -> Option<(String, usize)> {
    let bytes = text.as_bytes();
    let quote = *bytes.first().filter(|byte| matches!(byte, b'\'' | b'"'))?;
    if bytes.starts_with(&[quote; 3]) {
        let end = closing(bytes, 3, |at| bytes[at..].starts_with(&[quote; 3]))?;
        return Some((value(text.get(3..end)?, raw), end + 3));
    }
    let end = closing(bytes, 1, |at| bytes[at] == quote && (!loose || closes(&bytes[at + 1..])))?;
    Some((value(text.get(1..end)?, raw), end + 1))
}

/// The string literal that ends at `end`, whatever quotes stand within.
pub(super) fn until(text: &str, end: usize) -> Option<String> {
    text.get(1..end).map(|inner| value(inner, false))
}

/// Where the first string begins whose first quote cannot end it, and the places of quotes that could.
pub(super) fn broken(text: &str) -> Option<(usize, Vec<usize>)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(quote) = bytes.get(at) {
        if !matches!(quote, b'\'' | b'"') {
            at += 1;
            continue;
        }
        let first = closing(bytes, at + 1, |place| bytes[place] == *quote)?;
        if closes(&bytes[first + 1..]) {
            at = first + 1;
            continue;
        }
        let mut from = first + 1;
        let next = || {
            let place = closing(bytes, from, |place| bytes[place] == *quote && closes(&bytes[place + 1..]))?;
            from = place + 1;
            Some(place)
        };
        return Some((at, std::iter::from_fn(next).take(CANDIDATES).collect()));
    }
    None
}

fn closes(after: &[u8]) -> bool {
    after.iter().find(|byte| !byte.is_ascii_whitespace()).is_none_or(|byte| may_follow(*byte))
}

fn closing(bytes: &[u8], from: usize, is_end: impl Fn(usize) -> bool) -> Option<usize> {
    let mut at = from;
    while at < bytes.len() {
        if bytes[at] == b'\\' {
            at += 2;
            continue;
        }
        if is_end(at) {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn value(inner: &str, raw: bool) -> String {
    if raw || !inner.contains('\\') {
        return inner.to_owned();
    }
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = escape(rest, &mut out);
        rest = rest.get(taken..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Writes what the escape that `text` begins with stands for; gives how many bytes it takes.
fn escape(text: &str, out: &mut String) -> usize {
    let Some(next) = text.chars().nth(1) else {
        out.push('\\');
        return 1;
    };
    let plain = match next {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'v' => '\u{b}',
        '\\' | '\'' | '"' => next,
        '\n' => return 2,
        'x' => return coded(text, 2, out),
        'u' => return coded(text, 4, out),
        'U' => return coded(text, 8, out),
        '0'..='7' => {
            let digits: String = text.chars().skip(1).take(3).take_while(|c| c.is_digit(8)).collect();
            let code = u32::from_str_radix(&digits, 8).unwrap_or(0);
            out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
            return 1 + digits.len();
        }
        // Unknown escapes stand for themselves.
        other => {
            out.push('\\');
            other
        }
    };
    out.push(plain);
    1 + next.len_utf8()
}

fn coded(text: &str, digits: usize, out: &mut String) -> usize {
    let unit = |from: usize| u32::from_str_radix(text.get(from..from + digits)?, 16).ok();
    let Some(code) = unit(2) else {
        out.push_str(text.get(..2).unwrap_or_default());
        return 2;
    };
    let second = || (text.get(6..8) == Some("\\u")).then(|| unit(8)).flatten();
    if let (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) = (code, second()) {
        let joined = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        out.push(char::from_u32(joined).unwrap_or('\u{fffd}'));
        return 12;
    }
    out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
    2 + digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_as_python_does() {
        let table = [
            (r"'a\'b'", "a'b"),
            (r#""\"c\" d""#, "\"c\" d"),
            (r"'\x41\u00e9\U0001f38c\101'", "Aé🎌A"),
            (r"'\ud83c\udf8c \d'", "🎌 \\d"),
            ("'''a 'b' c'''", "a 'b' c"),
            ("''", ""),
        ];
        for (text, expected) in table {
            assert_eq!(read(text, false, false), Some((expected.to_owned(), text.len())), "{text}");
        }
        assert_eq!(read(r"'\n'", true, false), Some(("\\n".to_owned(), 4)));
        assert_eq!(read("'a 'b' c', d", false, true), Some(("a 'b' c".to_owned(), 9)));
        assert_eq!(read("'a", false, false), None);
    }
}
