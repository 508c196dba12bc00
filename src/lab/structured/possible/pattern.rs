//! Whether a string that is cut can still match a pattern.

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};

/// Bytes that the automaton of a pattern may take, and twice that while it is made. A larger one says nothing while a string grows.
const LARGEST: usize = 512 * 1024;

/// A pattern that is followed byte by byte.
#[derive(Debug)]
pub(super) struct Pattern(dense::DFA<Vec<u32>>);

/// How far a string has come in a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing is known of it.
    Unknown,
    /// It may or may not match, by what comes.
    Open(StateID),
    /// It matches whatever comes.
    Matched,
    /// It matches whatever comes no more.
    Dead,
}

impl Pattern {
    /// Makes a pattern of JSON Schema ready; nothing where it is too large or has what no automaton can follow.
    pub(super) fn new(pattern: &str) -> Option<Self> {
        let pattern = jsonschema_regex::to_rust_regex(pattern).ok()?;
        let config = dense::Config::new()
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Unanchored)
            .dfa_size_limit(Some(LARGEST))
            .determinize_size_limit(Some(2 * LARGEST));
        let made = dense::Builder::new().configure(config).build(&pattern).ok()?;
        Some(Self(made))
    }

    pub(super) fn begin(&self) -> Place {
        let start = start::Config::new().anchored(Anchored::No);
        self.0.start_state(&start).map_or(Place::Unknown, |id| self.place(id))
    }

    fn place(&self, id: StateID) -> Place {
        if self.0.is_match_state(id) {
            Place::Matched
        } else if self.0.is_dead_state(id) {
            Place::Dead
        } else if self.0.is_quit_state(id) {
            Place::Unknown
        } else {
            Place::Open(id)
        }
    }

    pub(super) fn step(&self, place: Place, byte: u8) -> Place {
        if let Place::Open(id) = place { self.place(self.0.next_state(id, byte)) } else { place }
    }

    /// Whether the string matches as it is.
    pub(super) fn matches(&self, place: Place) -> bool {
        match place {
            Place::Open(id) => self.0.is_match_state(self.0.next_eoi_state(id)),
            Place::Dead => false,
            Place::Unknown | Place::Matched => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_end_is_seen_at_its_byte() {
        for (pattern, text, dead, matches) in [
            ("^[a-z]+$", "ab1", Some(2), false),
            ("^[a-z]+$", "ab", None, true),
            ("b", "aaa", None, false),
            ("b", "aba", None, true),
            ("^a", "ba", Some(0), false),
            ("^a", "abc", None, true),
            ("^\\d{4}-\\d{2}$", "2026-1x", Some(6), false),
            ("^\\d{4}-\\d{2}$", "2026-12", None, true),
            ("^\\d{4}-\\d{2}$", "2026-123", Some(7), false),
            ("^é$", "è", Some(1), false),
            ("^(ab|cd)?$", "c", None, false),
            ("", "x", None, true),
            ("c$", "abc", None, true),
            ("c$", "abcd", None, false),
            ("^.$", "ab", Some(1), false),
        ] {
            let ready = Pattern::new(pattern).unwrap();
            let mut place = ready.begin();
            let mut seen = None;
            for (at, byte) in text.bytes().enumerate() {
                place = ready.step(place, byte);
                seen = seen.or((place == Place::Dead).then_some(at));
            }
            assert_eq!((seen, ready.matches(place)), (dead, matches), "{pattern} on {text}");
        }
        for pattern in ["^(?=.*a)b", "(a)\\1", "(", "^(.{1,500}){1,500}$"] {
            assert!(Pattern::new(pattern).is_none(), "{pattern}");
        }
    }
}
