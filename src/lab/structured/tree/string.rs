//! Strings and keys: escapes, surrogate pairs, control characters.

use super::read::Next;
use super::{Fault, Tree, Wanted};

/// How far an escape is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// In none.
    None,
    /// After the backslash.
    Begun,
    /// After `\u` and so many digits, with their value.
    Hex(u8, u16),
}

impl Escape {
    pub(super) fn wanted(self) -> Wanted {
        match self {
            Self::None => Wanted::Text,
            Self::Begun => Wanted::Escape,
            Self::Hex(..) => Wanted::Hex,
        }
    }
}

/// The first half of a surrogate pair that waits for its second; 0 for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Pair(u16);

impl Tree {
    /// A run of a string up to what is special in it; gives the bytes that it took.
    pub(super) fn string_run(&mut self, rest: &str, key: bool) -> usize {
        let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
        let plain = rest.bytes().position(|byte| special(&byte)).unwrap_or(rest.len());
        if plain > 0 {
            self.lone();
            self.texts.push_str(rest.get(..plain).unwrap_or_default());
            self.grown();
            self.reach(plain);
            return plain;
        }
        match rest.bytes().next() {
            Some(b'\\') => {
                self.reach(1);
                self.reader.next = Next::Text { key, escape: Escape::Begun };
            }
            Some(b'"') => {
                self.lone();
                self.reach(1);
                if key { self.reader.next = Next::Colon } else { self.end_scalar() }
            }
            Some(byte) => self.break_off(Fault::Control(char::from(byte))),
            None => {}
        }
        1
    }

    /// One character of an escape; gives the bytes that it took.
    pub(super) fn escape(&mut self, rest: &str, byte: u8, key: bool, escape: Escape) -> usize {
        let found = rest.chars().next().unwrap_or('\u{fffd}');
        let then = match escape {
            Escape::Hex(digits, value) => self.hex(byte, digits, value),
            _ if byte == b'u' => Some(Escape::Hex(0, 0)),
            _ => letter(byte).map(|c| {
                self.lone();
                self.grow(c);
                Escape::None
            }),
        };
        let taken = found.len_utf8();
        match then {
            Some(escape) => {
                self.reach(taken);
                self.reader.next = Next::Text { key, escape };
            }
            None => self.break_off(Fault::Unexpected(found, escape.wanted())),
        }
        taken
    }

    fn hex(&mut self, byte: u8, digits: u8, value: u16) -> Option<Escape> {
        let digit = char::from(byte).to_digit(16)?;
        let value = (value << 4) | u16::try_from(digit).ok()?;
        if digits < 3 {
            return Some(Escape::Hex(digits + 1, value));
        }
        self.unit(value);
        Some(Escape::None)
    }

    /// A unit of UTF-16 from an escape.
    fn unit(&mut self, unit: u16) {
        let high = self.reader.pair.0;
        match unit {
            0xdc00..=0xdfff if high != 0 => {
                self.reader.pair = Pair::default();
                let code = 0x1_0000 + ((u32::from(high) - 0xd800) << 10) + (u32::from(unit) - 0xdc00);
                self.grow(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
            0xdc00..=0xdfff => {
                self.mark_invalid(Fault::Surrogate);
                self.grow('\u{fffd}');
            }
            0xd800..=0xdbff => {
                self.lone();
                self.reader.pair = Pair(unit);
            }
            _ => {
                self.lone();
                self.grow(char::from_u32(u32::from(unit)).unwrap_or('\u{fffd}'));
            }
        }
    }

    /// A first half that waits gets no second.
    fn lone(&mut self) {
        if std::mem::take(&mut self.reader.pair) != Pair::default() {
            self.mark_invalid(Fault::Surrogate);
            self.grow('\u{fffd}');
        }
    }
}

fn letter(byte: u8) -> Option<char> {
    Some(match byte {
        b'"' | b'\\' | b'/' => char::from(byte),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return None,
    })
}
