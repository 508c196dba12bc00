//! What may come next, as a few pieces that can be shown.

use llguidance::Matcher;

/// Bytes that may come next, put together where they are many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// One character of ASCII.
    Byte(u8),
    /// Characters of ASCII from one to another.
    Range(u8, u8),
    /// Any digit.
    Digit,
    /// Any letter of ASCII.
    Letter,
    /// White space: blanks and new lines.
    Blank,
    /// Nearly every character that can be seen.
    Any,
    /// Characters beyond ASCII.
    Beyond,
    /// The rest of a character that is cut.
    Rest,
}

impl Piece {
    /// In words.
    pub fn words(self) -> String {
        match self {
            Self::Byte(byte) => named(byte),
            Self::Range(from, to) => format!("{} to {}", named(from), named(to)),
            Self::Digit => "a digit".to_owned(),
            Self::Letter => "a letter".to_owned(),
            Self::Blank => "white space".to_owned(),
            Self::Any => "text".to_owned(),
            Self::Beyond => "a character beyond ASCII".to_owned(),
            Self::Rest => "the rest of a character".to_owned(),
        }
    }
}

fn named(byte: u8) -> String {
    match byte {
        b' ' => "a blank".to_owned(),
        b'\n' => "a new line".to_owned(),
        b'\t' => "a tab".to_owned(),
        0x21..0x7f => char::from(byte).to_string(),
        _ => format!("byte {byte:02x}"),
    }
}

/// What may come next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// Bytes that may come, marks first.
    pub pieces: Vec<Piece>,
    /// Whether the text may end here.
    pub may_end: bool,
}

impl Expected {
    /// In words, for one row: `"`, `}` or white space; or the end.
    pub fn words(&self) -> String {
        let mut parts: Vec<String> = self.pieces.iter().map(|piece| piece.words()).collect();
        if self.may_end {
            parts.push("the end".to_owned());
        }
        match parts.pop() {
            None => "nothing".to_owned(),
            Some(last) if parts.is_empty() => last,
            Some(last) => format!("{} or {last}", parts.join(" ")),
        }
    }
}

pub(super) fn expected(matcher: &mut Matcher) -> Expected {
    let may_end = matcher.is_accepting().unwrap_or(false);
    let Ok(mask) = matcher.compute_mask() else { return Expected { pieces: Vec::new(), may_end } };
    let mut allowed = [false; 256];
    for (byte, slot) in (0_u32..).zip(&mut allowed) {
        *slot = mask.is_allowed(byte);
    }
    Expected { pieces: pieces(&mut allowed), may_end }
}

/// Takes away whole classes first, then runs, then single bytes.
fn pieces(allowed: &mut [bool; 256]) -> Vec<Piece> {
    let mut classes = Vec::new();
    let seen = |allowed: &[bool; 256]| allowed[0x21..0x7f].iter().filter(|is| **is).count();
    if seen(allowed) >= 80 {
        classes.push(Piece::Any);
        // What ends a string, escapes in it or steers stands for itself.
        (0x20..=0xff_u8)
            .filter(|byte| !matches!(byte, b'"' | b'\\'))
            .for_each(|byte| allowed[usize::from(byte)] = false);
    }
    let mut take = |piece: Piece, bytes: &[u8]| {
        if bytes.iter().all(|byte| allowed[usize::from(*byte)]) {
            bytes.iter().for_each(|byte| allowed[usize::from(*byte)] = false);
            classes.push(piece);
        }
    };
    take(Piece::Digit, b"0123456789");
    take(Piece::Letter, b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
    take(Piece::Blank, b" \n");
    if classes.contains(&Piece::Blank) {
        [b'\t', b'\r'].into_iter().for_each(|byte| allowed[usize::from(byte)] = false);
    }
    let lead = allowed[0xc2..0xf5].iter().any(|is| *is);
    let rest = allowed[0x80..0xc0].iter().any(|is| *is);
    allowed[0x80..].fill(false);
    let mut out = singles(allowed);
    out.append(&mut classes);
    out.extend(lead.then_some(Piece::Beyond));
    out.extend((rest && !lead).then_some(Piece::Rest));
    out
}

fn singles(allowed: &[bool; 256]) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut at = 0_u8;
    while at < 0x80 {
        if !allowed[usize::from(at)] {
            at += 1;
            continue;
        }
        let like = |byte: u8| {
            allowed[usize::from(byte)]
                && byte.is_ascii_alphanumeric()
                && byte.is_ascii_digit() == at.is_ascii_digit()
                && byte.is_ascii_uppercase() == at.is_ascii_uppercase()
        };
        let end = (at..0x80).take_while(|byte| like(*byte)).last().unwrap_or(at);
        if end - at >= 3 {
            out.push(Piece::Range(at, end));
        } else {
            out.extend((at..=end).map(Piece::Byte));
        }
        at = end + 1;
    }
    out
}
