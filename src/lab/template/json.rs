//! `tojson` as Hugging Face's libraries have it: Python's `json.dumps` with `ensure_ascii=False`.

use super::float;
use super::value::fraction;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, ErrorKind, Value};

/// The longest JSON that one filter makes, bytes.
const LONGEST: usize = 16 << 20;
/// How deep values may lie in each other.
const DEEPEST: usize = 200;

/// The filter `tojson`, with the arguments of `json.dumps`.
pub(super) fn tojson(value: &Value, ascii: Option<bool>, options: Kwargs) -> Result<Value, Error> {
    let ascii = ascii.or(options.get::<Option<bool>>("ensure_ascii")?).unwrap_or(false);
    let indent = options.get::<Option<Value>>("indent")?.filter(|indent| !indent.is_none());
    let indent = indent.map(|indent| match indent.as_str() {
        Some(text) => text.to_owned(),
        None => " ".repeat(indent.as_usize().unwrap_or_default().min(64)),
    });
    let separators = options.get::<Option<Vec<String>>>("separators")?;
    let (item, key) = match separators.as_deref() {
        Some([item, key]) => (item.clone(), key.clone()),
        _ if indent.is_some() => (",".to_owned(), ": ".to_owned()),
        _ => (", ".to_owned(), ": ".to_owned()),
    };
    let sorted = options.get::<Option<bool>>("sort_keys")?.unwrap_or(false);
    options.assert_all_used()?;
    let mut writer = Writer { out: String::new(), ascii, indent, item, key, sorted };
    writer.value(value, 0)?;
    Ok(Value::from(writer.out))
}

struct Writer {
    out: String,
    ascii: bool,
    indent: Option<String>,
    item: String,
    key: String,
    sorted: bool,
}

impl Writer {
    fn value(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if self.out.len() > LONGEST || depth > DEEPEST {
            return Err(bad("tojson of a value that is too large or lies too deep".to_owned()));
        }
        match value.kind() {
            ValueKind::None => self.out.push_str("null"),
            ValueKind::Bool => self.out.push_str(if value.is_true() { "true" } else { "false" }),
            ValueKind::Number => self.out.push_str(&number(value)),
            ValueKind::String => self.text(value.as_str().unwrap_or_default()),
            ValueKind::Seq | ValueKind::Iterable => {
                let mut items = Vec::new();
                for item in value.try_iter()?.checked() {
                    items.push(item?);
                    if items.len() > LONGEST {
                        return Err(bad("tojson of a list that is too long".to_owned()));
                    }
                }
                self.all('[', ']', items, depth, |writer, item, depth| writer.value(&item, depth))?;
            }
            ValueKind::Map => self.map(value, depth)?,
            kind => return Err(bad(format!("an object of type {kind} cannot be written as JSON"))),
        }
        Ok(())
    }

    fn map(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        let mut members = Vec::new();
        for key in value.try_iter()?.checked() {
            let key = key?;
            let member = value.get_item(&key)?;
            let name = match key.kind() {
                ValueKind::String => key.as_str().unwrap_or_default().to_owned(),
                ValueKind::None => "null".to_owned(),
                ValueKind::Bool => if key.is_true() { "true" } else { "false" }.to_owned(),
                ValueKind::Number => number(&key),
                kind => return Err(bad(format!("keys of JSON are texts, not {kind}"))),
            };
            members.push((name, member));
        }
        if self.sorted {
            members.sort_by(|one, other| one.0.cmp(&other.0));
        }
        self.all('{', '}', members, depth, |writer, (name, member), depth| {
            writer.text(&name);
            let between = writer.key.clone();
            writer.out.push_str(&between);
            writer.value(&member, depth)
        })
    }

    fn all<T>(
        &mut self,
        open: char,
        close: char,
        items: Vec<T>,
        depth: usize,
        write: impl Fn(&mut Self, T, usize) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.out.push(open);
        let some = !items.is_empty();
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                let between = self.item.clone();
                self.out.push_str(&between);
            }
            self.line(depth + 1);
            write(self, item, depth + 1)?;
        }
        if some {
            self.line(depth);
        }
        self.out.push(close);
        Ok(())
    }

    fn line(&mut self, depth: usize) {
        if let Some(indent) = &self.indent {
            self.out.push('\n');
            self.out.push_str(&indent.repeat(depth));
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                '\u{8}' => self.out.push_str("\\b"),
                '\u{c}' => self.out.push_str("\\f"),
                c if c < ' ' => self.out.push_str(&format!("\\u{:04x}", u32::from(c))),
                c if self.ascii && c > '~' => {
                    let mut units = [0; 2];
                    c.encode_utf16(&mut units).iter().for_each(|unit| self.out.push_str(&format!("\\u{unit:04x}")));
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}

fn number(value: &Value) -> String {
    match fraction(value) {
        Some(fraction) if fraction.is_nan() => "NaN".to_owned(),
        Some(fraction) if fraction.is_infinite() => if fraction > 0.0 { "Infinity" } else { "-Infinity" }.to_owned(),
        Some(fraction) => float::python(fraction),
        None => value.to_string(),
    }
}

fn bad(why: String) -> Error {
    Error::new(ErrorKind::BadSerialization, why)
}
