//! The scanner for markers: finds the first of many byte strings and holds back what may still become one.

use aho_corasick::{AhoCorasick, MatchKind};

/// A set of markers, searched for together; of those that begin at one place the longest wins.
#[derive(Debug, Clone)]
pub(super) struct Marks {
    automaton: AhoCorasick,
    patterns: Vec<Vec<u8>>,
    longest: usize,
    first: [bool; 256],
}

/// What a look at some bytes showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// The first marker and where it lies.
    Hit { start: usize, end: usize, id: usize },
    /// No marker begins before this place; what follows it may be the beginning of one.
    Clear(usize),
}

impl Marks {
    /// Empty patterns never match. `None` where the set is too large for the automaton.
    pub(super) fn new<S: AsRef<str>>(patterns: &[S]) -> Option<Self> {
        let kept: Vec<Vec<u8>> = patterns.iter().map(|one| one.as_ref().as_bytes().to_vec()).collect();
        // An empty pattern would match everywhere; a byte that no text holds stands for it, so that places keep their number.
        let searched = kept.iter().map(|one| if one.is_empty() { [0xff, 0xfe, 0xff].as_slice() } else { one });
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(searched).ok()?;
        let mut first = [false; 256];
        kept.iter().filter_map(|one| one.first()).for_each(|byte| first[usize::from(*byte)] = true);
        let longest = kept.iter().map(Vec::len).max().unwrap_or(0);
        Some(Self { automaton, patterns: kept, longest, first })
    }

    /// Looks from `from` on; with `last` no more bytes will come, so nothing is held back.
    pub(super) fn look(&self, data: &[u8], from: usize, last: bool) -> Look {
        let from = from.min(data.len());
        let tail = data.get(from..).unwrap_or_default();
        let hit = self.automaton.find(tail);
        let hit =
            hit.map(|hit| Look::Hit { start: from + hit.start(), end: from + hit.end(), id: hit.pattern().as_usize() });
        match hit {
            // Nothing that begins so far from the end can be waiting for more.
            Some(Look::Hit { start, .. }) if last || start + self.longest <= data.len() => {
                hit.unwrap_or(Look::Clear(start))
            }
            None if last => Look::Clear(data.len()),
            _ => {
                let held = self.held(data, from);
                hit.filter(|hit| matches!(hit, Look::Hit { start, .. } if *start < held)).unwrap_or(Look::Clear(held))
            }
        }
    }

    /// Where the first proper beginning of a marker stands that reaches the end of the bytes.
    fn held(&self, data: &[u8], from: usize) -> usize {
        let earliest = data.len().saturating_sub(self.longest.saturating_sub(1)).max(from);
        let begins = |place: usize| {
            let tail = &data[place..];
            self.first[usize::from(data[place])]
                && self.patterns.iter().any(|one| one.len() > tail.len() && one.starts_with(tail))
        };
        (earliest..data.len()).find(|place| begins(*place)).unwrap_or(data.len())
    }
}

/// Whether `data` begins with one of the tokens: its length, `None` when it does not, and `Err` when it is too soon to tell.
pub(super) fn begins(data: &[u8], tokens: &[String], last: bool) -> Result<Option<usize>, TooSoon> {
    let longer = |one: &&String| one.len() > data.len() && one.as_bytes().starts_with(data);
    if !last && tokens.iter().any(|one| longer(&one)) {
        return Err(TooSoon);
    }
    Ok(tokens
        .iter()
        .map(String::as_bytes)
        .filter(|one| !one.is_empty() && data.starts_with(one))
        .map(<[u8]>::len)
        .max())
}

/// More bytes are needed to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooSoon;

/// The first place from `from` on that holds no white space.
pub(super) fn past_space(data: &[u8], from: usize) -> usize {
    let rest = data.get(from..).unwrap_or_default();
    rest.iter().position(|byte| !byte.is_ascii_whitespace()).map_or(data.len(), |n| from + n)
}

/// How many bytes at the end are the beginning of a character whose other bytes have not come.
pub(super) fn open_char(data: &[u8]) -> usize {
    let cut = |n: &usize| {
        let tail = &data[data.len() - n..];
        tail[0] >= 0xc0
            && std::str::from_utf8(tail).is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
    };
    (1..=data.len().min(3)).find(cut).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_found_and_what_may_become_one_is_held_back() {
        let marks = Marks::new(&["<tool>", "<tool>\n", "[", ""]).unwrap();
        let look = |text: &str, last| marks.look(text.as_bytes(), 0, last);
        assert_eq!(look("a<tool>b", false), Look::Hit { start: 1, end: 7, id: 0 });
        assert_eq!(look("a<tool>", false), Look::Clear(1), "a longer one may come");
        assert_eq!(look("a<tool>", true), Look::Hit { start: 1, end: 7, id: 0 });
        assert_eq!(look("a<tool>\n", false), Look::Hit { start: 1, end: 8, id: 1 });
        assert_eq!(look("ab<to", false), Look::Clear(2));
        assert_eq!(look("ab<to", true), Look::Clear(5));
        assert_eq!(look("plain", false), Look::Clear(5));
    }

    #[test]
    fn tokens_are_told_from_beginnings() {
        let tokens = vec!["<a>".to_owned(), "<ab>".to_owned()];
        assert_eq!(begins(b"<a>x", &tokens, false), Ok(Some(3)));
        assert_eq!(begins(b"<a", &tokens, false), Err(TooSoon));
        assert_eq!(begins(b"<a", &tokens, true), Ok(None));
        assert_eq!(begins(b"<c", &tokens, false), Ok(None));
    }

    #[test]
    fn an_open_character_is_counted() {
        let bytes = "é🎌".as_bytes();
        assert_eq!([0, 1, 2, 3, 4, 5, 6].map(|n| open_char(&bytes[..n])), [0, 1, 0, 1, 2, 3, 0]);
        assert_eq!(open_char(&[0x80, 0x80]), 0);
    }
}
