//! What can be wrong with a text as JSON, in words.

/// What the grammar of JSON allows at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A value.
    Value,
    /// A value, or the end of an array that is empty so far.
    ValueOrEnd,
    /// A key.
    Key,
    /// A key, or the end of an object that is empty so far.
    KeyOrEnd,
    /// The colon after a key.
    Colon,
    /// A comma or the end of an object.
    MemberEnd,
    /// A comma or the end of an array.
    ItemEnd,
    /// A digit of a number.
    Digit,
    /// More of a number, or what comes after it.
    NumberEnd,
    /// A digit or a sign of an exponent.
    Exponent,
    /// More of a string, or its closing quote.
    Text,
    /// A letter that may be escaped.
    Escape,
    /// A hexadecimal digit.
    Hex,
    /// The rest of `true`, `false` or `null`.
    Literal(&'static str),
    /// Nothing but white space.
    Nothing,
}

impl Wanted {
    /// In words: what may come.
    pub fn words(self) -> String {
        match self {
            Self::Value => "a value",
            Self::ValueOrEnd => "a value or ]",
            Self::Key => "a key in quotes",
            Self::KeyOrEnd => "a key in quotes or }",
            Self::Colon => ":",
            Self::MemberEnd => ", or }",
            Self::ItemEnd => ", or ]",
            Self::Digit => "a digit",
            Self::NumberEnd => "more of the number or its end",
            Self::Exponent => "a digit, + or -",
            Self::Text => "text or the closing quote",
            Self::Escape => "one of \" \\ / b f n r t u",
            Self::Hex => "a hexadecimal digit",
            Self::Literal(rest) => return format!("`{rest}`"),
            Self::Nothing => "nothing more",
        }
        .to_owned()
    }
}

/// What is wrong at a node or at a byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The object has this key already; RFC 8259 leaves open which value counts.
    Duplicate,
    /// An escape names half of a surrogate pair without the other half: no Unicode text.
    Surrogate,
    /// A character that cannot come here, and what could.
    Unexpected(char, Wanted),
    /// A control character that stands bare in a string.
    Control(char),
    /// Bytes that are no UTF-8.
    NotUtf8,
    /// More than can be counted: 2^32 values.
    TooMuch,
}

impl Fault {
    /// In words, one line that is safe to show.
    pub fn words(self) -> String {
        match self {
            Self::Duplicate => "this key is in the object already".to_owned(),
            Self::Surrogate => "half of a surrogate pair without the other half".to_owned(),
            Self::Unexpected(found, wanted) => format!("{} where {} should be", named(found), wanted.words()),
            Self::Control(found) => format!("{} stands bare in a string, it must be escaped", named(found)),
            Self::NotUtf8 => "bytes that are no UTF-8".to_owned(),
            Self::TooMuch => "more values than can be counted".to_owned(),
        }
    }
}

/// A character as it can be told: itself where it can be seen, its number where not.
fn named(c: char) -> String {
    let seen = c.is_ascii_graphic() || c.is_alphanumeric();
    if seen { format!("`{c}`") } else { format!("U+{:04X}", u32::from(c)) }
}
