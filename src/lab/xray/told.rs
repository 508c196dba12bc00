//! An answer, with all that could be learnt of it.

use super::{Difference, Exchange, Replayed, Xray, look, replay};
use crate::base::Reading;
use crate::lab::agent::Answered;
use crate::lab::tools::formats;

/// An answer, with all that could be learnt of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// What the loop gets.
    pub answered: Answered,
    /// What is known of it.
    pub exchange: Exchange,
    /// What was found, the text read by the format that fits it best.
    pub seen: Reading<Xray>,
    /// What every format makes of the text, the best first.
    pub replayed: Reading<Vec<Replayed>>,
}

impl Told {
    /// Looks through an answer. This reads its text with every format there is, so it takes its time.
    pub fn new(answered: Answered, exchange: Exchange) -> Self {
        let (seen, replayed) = (look(&exchange, None), replay(&exchange, formats()));
        Self { answered, exchange, seen, replayed }
    }

    /// What differs or is wrong; nothing where it could not be looked through.
    pub fn differences(&self) -> &[Difference] {
        self.seen.as_ref().map_or(&[], |seen| &seen.differences)
    }
}
