//! The values of Gemma's calls: strings between tokens, numbers and words bare, keys without quotes.

use super::Seen;
use crate::lab::tools::json;
use crate::lab::tools::typing::Typing;
use serde_json::{Map, Value};

const DEEPEST: usize = 100;

/// The arguments between the braces of a call to `name`.
pub(super) fn arguments(text: &str, seen: Seen<'_>, name: &str) -> Option<Map<String, Value>> {
    let typing = Typing::new(seen.tools, name);
    let mut reader = Reader { text, at: 0, quote: &seen.form.spec.quote };
    let json_values = seen.form.spec.json_values;
    let typed = |key: &str, value: Read| match value {
        Read::Quoted(text) => typing.value(key, text, json_values),
        Read::Bare(text) => typing.settled(key, bare(&text)),
        Read::Value(value) => typing.settled(key, value),
    };
    reader.members(0, None, &typed)
}

/// A value as it was written.
enum Read {
    Quoted(String),
    Bare(String),
    Value(Value),
}

fn untyped(_: &str, value: Read) -> Value {
    match value {
        Read::Quoted(text) => Value::String(text),
        Read::Bare(text) => bare(&text),
        Read::Value(value) => value,
    }
}

/// JSON where it is JSON, else text.
fn bare(text: &str) -> Value {
    json::read(text.as_bytes()).unwrap_or_else(|| Value::String(text.to_owned()))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    quote: &'a str,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, stray: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || stray(c)).len();
    }

    /// Keys and values up to `close`, or to the end of the text.
    fn members(
        &mut self,
        depth: usize,
        close: Option<char>,
        typed: &dyn Fn(&str, Read) -> Value,
    ) -> Option<Map<String, Value>> {
        let mut map = Map::new();
        loop {
            self.skip(|c| c == ',');
            let rest = self.rest();
            if rest.is_empty() || (close.is_some() && rest.starts_with(close?)) {
                self.at += usize::from(!rest.is_empty());
                return Some(map);
            }
            let key = self.key()?;
            self.skip(|_| false);
            let value = self.value(depth)?;
            let value = typed(&key, value);
            map.insert(key, value);
        }
    }

    fn key(&mut self) -> Option<String> {
        if let Some(text) = self.quoted() {
            self.skip(|_| false);
            self.at += self.rest().strip_prefix(':').map(|_| 1)?;
            return Some(text);
        }
        let (key, _) = self.rest().split_once(':')?;
        self.at += key.len() + 1;
        Some(key.trim().trim_matches('"').to_owned())
    }

    fn quoted(&mut self) -> Option<String> {
        let inner = self.rest().strip_prefix(self.quote)?;
        let (text, taken) = match memchr::memmem::find(inner.as_bytes(), self.quote.as_bytes()) {
            Some(end) => (&inner[..end], end + 2 * self.quote.len()),
            None => (inner, self.quote.len() + inner.len()),
        };
        self.at += taken;
        Some(text.to_owned())
    }

    fn value(&mut self, depth: usize) -> Option<Read> {
        if depth > DEEPEST {
            return None;
        }
        if let Some(text) = self.quoted() {
            return Some(Read::Quoted(text));
        }
        match self.rest().chars().next() {
            Some('{') => {
                self.at += 1;
                self.members(depth + 1, Some('}'), &untyped).map(|map| Read::Value(Value::Object(map)))
            }
            Some('[') => {
                self.at += 1;
                self.items(depth + 1).map(|items| Read::Value(Value::Array(items)))
            }
            Some('"') => self.json_text(),
            _ => {
                let rest = self.rest();
                let end = rest.find([',', '}', ']']).unwrap_or(rest.len());
                self.at += end;
                Some(Read::Bare(rest[..end].trim().to_owned()))
            }
        }
    }

    fn json_text(&mut self) -> Option<Read> {
        match json::Scanner::new().push(self.rest().as_bytes()) {
            json::Progress::Done(n) => {
                let text = json::string(&self.rest().as_bytes()[..n])?;
                self.at += n;
                Some(Read::Quoted(text))
            }
            _ => None,
        }
    }

    fn items(&mut self, depth: usize) -> Option<Vec<Value>> {
        let mut items = Vec::new();
        loop {
            self.skip(|c| c == ',');
            let rest = self.rest();
            if rest.is_empty() || rest.starts_with(']') {
                self.at += usize::from(!rest.is_empty());
                return Some(items);
            }
            if rest.starts_with('}') {
                return None;
            }
            let value = self.value(depth)?;
            items.push(untyped("", value));
        }
    }
}
