//! Python's literals as JSON values: tuples and sets become arrays, zero-padded numbers are read, `true` and `null` too.

use super::text;
use serde_json::{Map, Number, Value};
use std::borrow::Cow;

/// How deep literals may lie in each other.
const DEEPEST: usize = 100;

/// The arguments of a call.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Arguments {
    pub(crate) named: Map<String, Value>,
    /// Those without a name, in order.
    pub(crate) placed: Vec<Value>,
    /// The quotes can be read in more than one way.
    pub(crate) guessed: bool,
}

/// The value that the whole text is.
pub(crate) fn literal(text: &str) -> Option<Value> {
    let whole = |mut reader: Reader<'_>| {
        let value = reader.value(0)?;
        reader.space();
        reader.rest().is_empty().then_some(value)
    };
    whole(Reader::new(text, Quotes::Strict)).or_else(|| whole(Reader::new(text, Quotes::Loose)))
}

/// What stands between the parentheses of a call. Where Python could not read it because of quotes within a string, the one
/// reading is taken that makes sense; of several the first, as a guess.
pub(crate) fn arguments(text: &str) -> Option<Arguments> {
    let read = |quotes| Reader::new(text, quotes).arguments();
    if let Some(read) = read(Quotes::Strict) {
        return Some(read);
    }
    let (start, ends) = text::broken(text)?;
    let mut readings = ends.into_iter().filter_map(|end| read(Quotes::Forced(start, end)));
    match (readings.next(), readings.next()) {
        (Some(only), None) => Some(only),
        (Some(first), Some(_)) => Some(Arguments { guessed: true, ..first }),
        (None, _) => read(Quotes::Loose).map(|read| Arguments { guessed: true, ..read }),
    }
}

/// Where strings end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    /// At the first quote, as in Python.
    Strict,
    /// The string at this place ends at that one, the others as in Python.
    Forced(usize, usize),
    /// At the first quote that something follows which can follow a string.
    Loose,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    quotes: Quotes,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, quotes: Quotes) -> Self {
        Self { text, at: 0, quotes }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        if self.peek().is_some_and(|byte| byte.is_ascii_graphic()) {
            return;
        }
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        self.space();
        let is = self.peek() == Some(byte);
        self.at += usize::from(is);
        is
    }

    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let ends = |byte: &u8| !(byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80);
        let end = rest.as_bytes().iter().position(ends).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn arguments(&mut self) -> Option<Arguments> {
        let mut out = Arguments::default();
        loop {
            self.space();
            if self.rest().is_empty() {
                return Some(out);
            }
            let before = self.at;
            let name = self.word();
            if !name.is_empty() && self.take(b'=') && self.peek() != Some(b'=') {
                let value = self.value(0)?;
                out.named.insert(name.to_owned(), value);
            } else {
                self.at = before;
                out.placed.push(self.value(0)?);
            }
            if !self.take(b',') {
                return self.rest().is_empty().then_some(out);
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        self.space();
        match self.peek()? {
            b'\'' | b'"' => self.text(false),
            b'[' => self.items(b']', depth).map(|(items, _)| Value::Array(items)),
            b'(' => {
                let (mut items, comma) = self.items(b')', depth)?;
                // One value in parentheses without a comma is that value.
                if items.len() == 1 && !comma { items.pop() } else { Some(Value::Array(items)) }
            }
            b'{' => self.braces(depth),
            b'-' | b'+' | b'.' | b'0'..=b'9' => self.number(),
            _ => self.named(),
        }
    }

    /// A string; strings that follow each other are one.
    fn text(&mut self, raw: bool) -> Option<Value> {
        if let Quotes::Forced(start, end) = self.quotes
            && start == self.at
        {
            let whole = text::until(self.rest(), end - start)?;
            self.at = end + 1;
            return Some(Value::String(whole));
        }
        let loose = self.quotes == Quotes::Loose;
        let (mut whole, taken) = text::read(self.rest(), raw, loose)?;
        self.at += taken;
        loop {
            let before = self.at;
            self.space();
            if loose || !matches!(self.peek(), Some(b'\'' | b'"')) {
                self.at = before;
                return Some(Value::String(whole));
            }
            let (more, taken) = text::read(self.rest(), raw, loose)?;
            whole.push_str(&more);
            self.at += taken;
        }
    }

    /// Values up to the closing bracket, and whether a comma stood behind the last.
    fn items(&mut self, close: u8, depth: usize) -> Option<(Vec<Value>, bool)> {
        self.at += 1;
        let mut items = Vec::new();
        let mut comma = false;
        while !self.take(close) {
            if !items.is_empty() && !comma {
                return None;
            }
            items.push(self.value(depth + 1)?);
            comma = self.take(b',');
        }
        Some((items, comma))
    }

    /// A dictionary, or a set as an array.
    fn braces(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut map = Map::new();
        let mut set = Vec::new();
        let mut comma = true;
        while !self.take(b'}') {
            let key = Some(()).filter(|()| comma).and_then(|()| self.value(depth + 1))?;
            if self.take(b':') {
                let key = match key {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                let value = self.value(depth + 1)?;
                map.insert(key, value);
            } else {
                set.push(key);
            }
            comma = self.take(b',');
        }
        match (map.is_empty(), set.is_empty()) {
            (false, false) => None,
            (true, false) => Some(Value::Array(set)),
            _ => Some(Value::Object(map)),
        }
    }

    fn number(&mut self) -> Option<Value> {
        let rest = self.rest();
        let part = |(at, c): &(usize, char)| {
            let sign =
                matches!(c, '-' | '+') && (*at == 0 || matches!(rest.as_bytes()[at - 1], b'e' | b'E' | b'-' | b'+'));
            c.is_ascii_alphanumeric() || matches!(c, '.' | '_') || sign
        };
        let end = rest.char_indices().take_while(part).map(|(at, c)| at + c.len_utf8()).last()?;
        self.at += end;
        let text = &rest[..end];
        let text = if text.contains('_') { Cow::from(text.replace('_', "")) } else { Cow::from(text) };
        let negative =
            text.bytes().take_while(|byte| matches!(byte, b'-' | b'+')).filter(|byte| *byte == b'-').count() % 2 == 1;
        let digits = text.trim_start_matches(['-', '+']);
        unsigned(digits, negative)
    }

    /// A word that is a value, or a prefixed string.
    fn named(&mut self) -> Option<Value> {
        let word = self.word();
        if matches!(self.peek(), Some(b'\'' | b'"')) {
            return match word.to_ascii_lowercase().as_str() {
                "r" => self.text(true),
                "u" => self.text(false),
                "f" => self.text(false).filter(|text| text.as_str().is_some_and(|text| !text.contains('{'))),
                _ => None,
            };
        }
        match word {
            "None" | "null" | "none" => Some(Value::Null),
            "True" | "true" => Some(Value::Bool(true)),
            "False" | "false" => Some(Value::Bool(false)),
            _ => None,
        }
    }
}

fn unsigned(digits: &str, negative: bool) -> Option<Value> {
    let radix = match digits.get(..2) {
        Some("0x" | "0X") => 16,
        Some("0o" | "0O") => 8,
        Some("0b" | "0B") => 2,
        _ => 10,
    };
    let plain = if radix == 10 { digits } else { digits.get(2..)? };
    let whole = u64::from_str_radix(plain, radix).ok().map(Number::from);
    let signed = |number: Number| match (negative, number.as_u64()) {
        (false, _) => Some(number),
        (true, Some(n)) => i64::try_from(n)
            .ok()
            .map(|n| Number::from(-n))
            .or_else(|| number.as_f64().and_then(|f| Number::from_f64(-f))),
        (true, None) => number.as_f64().and_then(|f| Number::from_f64(-f)),
    };
    if let Some(number) = whole {
        return signed(number).map(Value::Number);
    }
    let plain = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let value: f64 = digits.parse().ok().filter(|_| plain)?;
    Number::from_f64(if negative { -value } else { value }).map(Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn literals_become_values() {
        let table = [
            ("None", json!(null)),
            ("[1, -2, +3, 1.5, .5, 1e3, 07, 0x1F, 1_000]", json!([1, -2, 3, 1.5, 0.5, 1000.0, 7, 31, 1000])),
            ("{'a': True, \"b\": [], 3: {}}", json!({"a": true, "b": [], "3": {}})),
            ("({'x', 'y',}, (1,), (1), ())", json!([["x", "y"], [1], 1, []])),
            ("'a' 'b'", json!("ab")),
            ("r'\\d'", json!("\\d")),
            ("18446744073709551615", json!(u64::MAX)),
        ];
        for (text, expected) in table {
            assert_eq!(literal(text), Some(expected), "{text}");
        }
        for text in ["", "x", "f(1)", "[1 2]", "{1: 2, 3}", "f'{x}'", "1 2", "[", "0x"] {
            assert_eq!(literal(text), None, "{text}");
        }
        assert_eq!(literal(&"[".repeat(100_000)), None);
    }

    #[test]
    fn arguments_are_named_or_placed() {
        let read = |text: &str| arguments(text).map(|one| (Value::Object(one.named), one.placed));
        assert_eq!(read(" a = 1, from='x',"), Some((json!({"a": 1, "from": "x"}), vec![])));
        assert_eq!(read("'x', k=2"), Some((json!({"k": 2}), vec![json!("x")])));
        assert_eq!(read("c='sed -n '1,9p' f'"), Some((json!({"c": "sed -n '1,9p' f"}), vec![])));
        let guessed = |text: &str| arguments(text).map(|one| one.guessed);
        assert_eq!(guessed("c='sed -n '1,9p' f'"), Some(false));
        assert_eq!(guessed("c='a 'b' c', d='e'"), Some(true));
        assert_eq!(read(""), Some((json!({}), vec![])));
        assert_eq!(read("a=b"), None);
    }
}
