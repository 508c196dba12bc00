//! Answers of tools as the model gets them: text, within bounds, with a mark where something was cut.

/// What came of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It answered; bytes as they came.
    Answered(Vec<u8>),
    /// It failed, in words.
    Failed(String),
    /// It was ended after this many seconds.
    TimedOut(f64),
}

/// The text of an answer, at most about `most` bytes of it, and whether anything was cut. The cut keeps the beginning and
/// says how much is missing at least: what answers without end is not read to its end. Bytes that are no text are told by
/// their number.
pub fn cut(bytes: &[u8], most: usize) -> (String, bool) {
    let looked = bytes.get(..bytes.len().min(most.saturating_add(4))).unwrap_or_default();
    let wrong = match std::str::from_utf8(looked) {
        Ok(_) => false,
        // A character that the look-ahead halves is no fault.
        Err(error) => error.error_len().is_some() || looked.len() == bytes.len(),
    };
    if wrong || looked.contains(&0) {
        let more = if bytes.len() > most { "at least " } else { "" };
        return (format!("[{more}{} bytes that are no text]", bytes.len()), false);
    }
    let text = String::from_utf8_lossy(looked);
    if bytes.len() <= most {
        return (text.into_owned(), false);
    }
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let kept = text.get(..end).unwrap_or_default();
    (format!("{kept}\n[cut after {end} bytes: at least {} more]", bytes.len() - end), true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn long_answers_are_cut_with_a_mark() {
        assert_eq!(cut(b"abc", 3), ("abc".to_owned(), false));
        assert_eq!(cut(b"abcd", 3), ("abc\n[cut after 3 bytes: at least 1 more]".to_owned(), true));
        assert_eq!(cut("äöü".as_bytes(), 3), ("ä\n[cut after 2 bytes: at least 4 more]".to_owned(), true));
        assert_eq!(cut(b"\xff\xfe\x00", 99), ("[3 bytes that are no text]".to_owned(), false));
        assert_eq!(cut(b"a\xc3", 99), ("[2 bytes that are no text]".to_owned(), false));
        assert_eq!(cut(&[b'x'; 10_000_000], 10).0.len(), 10 + "\n[cut after 10 bytes: at least 9999990 more]".len());
        assert_eq!(cut(b"a", usize::MAX), ("a".to_owned(), false));
    }

    proptest! {
        #[test]
        fn bounds_hold(bytes in proptest::collection::vec(any::<u8>(), 0..200), most in 0_usize..100) {
            prop_assert!(cut(&bytes, most).0.len() <= most + 64);
        }

        #[test]
        fn text_within_the_bound_stays(text in "[^\0]{0,40}") {
            prop_assert_eq!(cut(text.as_bytes(), 400), (text, false));
        }
    }
}
