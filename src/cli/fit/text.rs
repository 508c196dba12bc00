//! An answer as text for a person.

use super::Answer;

pub(super) fn answer(answer: &Answer) -> String {
    format!("{}\n", answer.fit.why)
}
