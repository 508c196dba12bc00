//! Logs in UTF-16, as a redirection of PowerShell writes them: two bytes for most letters, told by the mark at their head.

use std::borrow::Cow;

/// How many bytes are looked at: any log has Latin letters or spaces among them, of which one byte is zero.
const HEAD: usize = 256;

/// What the first bytes said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Order {
    /// There were not enough of them yet.
    #[default]
    Unknown,
    /// No UTF-16.
    Narrow,
    /// The low byte first.
    Little,
    /// The high byte first.
    Big,
}

/// Makes UTF-8 of a log in pieces, where it is UTF-16.
#[derive(Debug, Default)]
pub struct Wide {
    order: Order,
    /// Bytes that wait for their second half.
    rest: Vec<u8>,
}

impl Wide {
    /// The next bytes as UTF-8, or as they are.
    pub fn take<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        if self.order == Order::Narrow {
            return Cow::Borrowed(bytes);
        }
        let mut held = std::mem::take(&mut self.rest);
        held.extend_from_slice(bytes);
        if self.order == Order::Unknown {
            self.order = order(&held);
            if self.order == Order::Unknown && held.len() < HEAD {
                self.rest = held;
                return Cow::Borrowed(&[]);
            }
        }
        self.decoded(held)
    }

    fn decoded(&mut self, held: Vec<u8>) -> Cow<'static, [u8]> {
        let unit = match self.order {
            Order::Little => u16::from_le_bytes,
            Order::Big => u16::from_be_bytes,
            Order::Unknown | Order::Narrow => {
                self.order = Order::Narrow;
                return Cow::Owned(held);
            }
        };
        let (pairs, odd) = held.as_chunks::<2>();
        self.rest = odd.to_vec();
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        Cow::Owned(String::from_utf16_lossy(&units).into_bytes())
    }

    /// What is left at the end of a short log.
    pub fn end(mut self) -> Vec<u8> {
        if self.order != Order::Unknown {
            return Vec::new();
        }
        let held = std::mem::take(&mut self.rest);
        self.decoded(held).into_owned()
    }
}

/// The order that the head of a log tells: a mark alone is not enough, broken bytes may look like one.
fn order(head: &[u8]) -> Order {
    let letters = head.get(2..).is_some_and(|rest| rest.iter().take(HEAD).any(|byte| *byte == 0));
    match (head, letters) {
        ([], _) | ([0xff | 0xfe], _) | ([0xff, 0xfe, ..] | [0xfe, 0xff, ..], false) => Order::Unknown,
        ([0xff, 0xfe, ..], true) => Order::Little,
        ([0xfe, 0xff, ..], true) => Order::Big,
        _ => Order::Narrow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_text_is_narrowed_however_it_is_cut() {
        let text = "OSError: [Errno 98] Адрес уже используется\r\n";
        let wide = |to: fn(u16) -> [u8; 2]| "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(to).collect();
        let logs: [Vec<u8>; 3] = [wide(u16::to_le_bytes), wide(u16::to_be_bytes), text.as_bytes().to_vec()];
        for log in logs {
            for size in [1, 3, 1000] {
                let mut wide = Wide::default();
                let mut read: Vec<u8> = log.chunks(size).flat_map(|piece| wide.take(piece).into_owned()).collect();
                read.extend(wide.end());
                assert_eq!(String::from_utf8(read).unwrap().trim_start_matches('\u{feff}'), text);
            }
        }
        let mut wide = Wide::default();
        assert!(wide.take(b"\xff\xfe").is_empty());
        assert_eq!(wide.end(), b"\xff\xfe");
        assert_eq!(Wide::default().take(b"x").as_ref(), b"x");
    }
}
