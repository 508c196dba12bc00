//! The value of JSON text as models write it: raw line breaks within strings and halves of surrogate pairs are read.

use serde_json::{Map, Value};

/// The value. Only what every reader of model output lets through is mended: control characters that stand raw within a
/// string, and escapes of half a surrogate pair, which become U+FFFD.
pub(crate) fn read(text: &[u8]) -> Option<Value> {
    if let Ok(value) = serde_json::from_slice(text) {
        return Some(value);
    }
    serde_json::from_str(&mended(&String::from_utf8_lossy(text))).ok()
}

/// The string that the text is.
pub(crate) fn string(text: &[u8]) -> Option<String> {
    if let Some(plain) = plain(text) {
        return std::str::from_utf8(plain).ok().map(str::to_owned);
    }
    match read(text)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Whether the text is this string.
pub(crate) fn is_string(text: &[u8], expected: &str) -> bool {
    plain(text).map_or_else(|| string(text).as_deref() == Some(expected), |plain| plain == expected.as_bytes())
}

/// What stands between the quotes where nothing in it is escaped or raw.
fn plain(text: &[u8]) -> Option<&[u8]> {
    let inner = text.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let simple = inner.iter().all(|byte| *byte >= 0x20 && *byte != b'\\' && *byte != b'"');
    (simple && std::str::from_utf8(inner).is_ok()).then_some(inner)
}

/// The object that the text is, or that the string that it is holds; an empty one for null and for nothing.
pub(crate) fn object(text: &[u8]) -> Option<Map<String, Value>> {
    match read(text)? {
        Value::Object(map) => Some(map),
        Value::Null => Some(Map::new()),
        Value::String(inner) if inner.trim().is_empty() => Some(Map::new()),
        Value::String(inner) => match read(inner.as_bytes())? {
            Value::Object(map) => Some(map),
            _ => None,
        },
        _ => None,
    }
}

fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut inside = false;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                inside = !inside;
                out.push(c);
            }
            '\\' if inside => {
                let taken = escape(&text[at..], &mut out);
                for _ in 1..taken {
                    chars.next();
                }
            }
            _ if inside && c.is_ascii_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out
}

/// Copies the escape that `text` begins with; gives how many characters it has.
fn escape(text: &str, out: &mut String) -> usize {
    let unit = |from: usize| {
        let hex = text.get(from..from + 4)?;
        (text.get(from - 2..from)? == "\\u").then(|| u16::from_str_radix(hex, 16).ok()).flatten()
    };
    match (unit(2), unit(8)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => {
            out.push_str(text.get(..12).unwrap_or_default());
            12
        }
        (Some(0xd800..=0xdfff), _) => {
            out.push('\u{fffd}');
            6
        }
        _ => {
            let two: String = text.chars().take(2).collect();
            out.push_str(&two);
            2
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_models_write_is_read() {
        assert_eq!(read(b"{\"a\": \"x\ny\"}"), Some(json!({"a": "x\ny"})));
        assert_eq!(read(br#""\ud83c\udf8c""#), Some(json!("🎌")));
        assert_eq!(read("\"é\\ud83cé\n\"".as_bytes()), Some(json!("é\u{fffd}é\n")));
        assert_eq!(read(br#""\d""#), None);
        assert_eq!(read(br#"{"a": 1,}"#), None);
    }

    #[test]
    fn arguments_may_be_a_string_that_holds_an_object() {
        assert_eq!(object(br#""{\"a\": 1}""#).map(Value::Object), Some(json!({"a": 1})));
        assert_eq!(object(b"null").map(Value::Object), Some(json!({})));
        assert_eq!(object(b"\"\"").map(Value::Object), Some(json!({})));
        for text in [&b"[1]"[..], b"\"no\"", b"5", b"\"[1]\""] {
            assert_eq!(object(text), None);
        }
    }
}
