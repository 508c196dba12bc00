//! What a constraint costs: the same prompt with and without it, k times.

use serde::Serialize;

/// One answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Sample {
    /// Whether it was asked under the constraint.
    pub constrained: bool,
    /// Whether it obeys the constraint; `None` where it was cut off or cannot be held against it.
    pub valid: Option<bool>,
    /// The server's finish reason.
    pub finish: Option<String>,
    /// Seconds from sending to the first piece.
    pub first_token_seconds: Option<f64>,
    /// Seconds from sending to the end.
    pub seconds: f64,
    /// Tokens generated, by the server's count.
    pub tokens: Option<u64>,
    /// Bytes of the answer.
    pub bytes: usize,
    /// Bytes of white space outside of JSON's strings; `None` where the constraint is no JSON.
    pub blank_bytes: Option<usize>,
    /// Why there is no answer, where there is none; it then counts for nothing else.
    pub failure: Option<String>,
}

/// Several measured values.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Spread {
    /// How many values.
    pub n: usize,
    /// The median; of an even number the mean of the two in the middle.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

/// One side: all answers with the constraint, or all without.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Side {
    /// Answers asked for.
    pub asked: usize,
    /// Answers that did not come.
    pub failed: usize,
    /// Answers that obey, and those of which it is known.
    pub valid: (usize, usize),
    /// Answers that ended because of their length.
    pub cut: usize,
    /// Seconds to the first piece.
    pub first_token_seconds: Option<Spread>,
    /// Tokens a second from the first piece to the end.
    pub tokens_per_second: Option<Spread>,
    /// Tokens of an answer.
    pub tokens: Option<Spread>,
    /// Tokens of an answer that went into white space between the parts of JSON, by the share of bytes: an estimate.
    pub blank_tokens: Option<Spread>,
}

/// What the constraint costs.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Cost {
    /// With the constraint.
    pub with: Side,
    /// Without.
    pub without: Side,
}

impl Spread {
    /// Of the values that are finite; `None` without any.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut all: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        all.sort_by(f64::total_cmp);
        let (min, max) = (*all.first()?, *all.last()?);
        let half = all.len() / 2;
        let upper = *all.get(half)?;
        let median = if all.len().is_multiple_of(2) { f64::midpoint(*all.get(half - 1)?, upper) } else { upper };
        Some(Self { n: all.len(), median, min, max })
    }
}

impl Sample {
    /// Tokens a second from the first piece to the end, the first token left out; `None` where fewer than four followed or they
    /// came within five milliseconds, which measures the socket.
    pub fn tokens_per_second(&self) -> Option<f64> {
        let later = self.tokens?.saturating_sub(1);
        let seconds = self.seconds - self.first_token_seconds?;
        (later >= 4 && seconds >= 0.005).then(|| later as f64 / seconds)
    }

    /// Tokens that went into white space, if they are as long as the others.
    pub fn blank_tokens(&self) -> Option<f64> {
        let share = if self.bytes == 0 { 0.0 } else { self.blank_bytes? as f64 / self.bytes as f64 };
        Some(self.tokens? as f64 * share)
    }
}

/// Puts answers together by side.
pub fn cost(samples: &[Sample]) -> Cost {
    Cost { with: side(samples, true), without: side(samples, false) }
}

fn side(samples: &[Sample], constrained: bool) -> Side {
    let all: Vec<&Sample> = samples.iter().filter(|sample| sample.constrained == constrained).collect();
    let came: Vec<&Sample> = all.iter().copied().filter(|sample| sample.failure.is_none()).collect();
    let spread = |of: &dyn Fn(&Sample) -> Option<f64>| Spread::of(came.iter().filter_map(|sample| of(sample)));
    let known = came.iter().filter_map(|sample| sample.valid);
    Side {
        asked: all.len(),
        failed: all.len() - came.len(),
        valid: (known.clone().filter(|valid| *valid).count(), known.count()),
        cut: came.iter().filter(|sample| sample.finish.as_deref() == Some("length")).count(),
        first_token_seconds: spread(&|sample| sample.first_token_seconds),
        tokens_per_second: spread(&Sample::tokens_per_second),
        tokens: spread(&|sample| sample.tokens.map(|tokens| tokens as f64)),
        blank_tokens: spread(&Sample::blank_tokens),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_sides_are_put_together() {
        let one = |constrained, valid, tokens, blank| Sample {
            constrained,
            valid,
            finish: Some("stop".into()),
            first_token_seconds: Some(0.5),
            seconds: 1.5,
            tokens: Some(tokens),
            bytes: 100,
            blank_bytes: Some(blank),
            failure: None,
        };
        let lost = Sample { constrained: true, failure: Some("x".into()), ..Sample::default() };
        let cut = Sample { finish: Some("length".into()), ..one(false, None, 3, 0) };
        let told = cost(&[
            one(true, Some(true), 11, 20),
            one(true, Some(false), 21, 0),
            lost,
            one(false, Some(true), 5, 0),
            cut,
        ]);
        assert_eq!((told.with.asked, told.with.failed, told.with.valid), (3, 1, (1, 2)));
        assert_eq!(told.with.tokens_per_second, Some(Spread { n: 2, median: 15.0, min: 10.0, max: 20.0 }));
        assert_eq!(told.with.blank_tokens.map(|one| (one.n, one.max)), Some((2, 2.2)));
        assert_eq!((told.without.valid, told.without.cut), ((1, 1), 1));
        assert_eq!(told.without.tokens_per_second.map(|one| one.n), Some(1), "three tokens are too few");
        assert_eq!(Spread::of([3.0, 1.0, f64::NAN, 2.0]).map(|one| one.median), Some(2.0));
        assert_eq!((Spread::of([]), cost(&[]).with.tokens), (None, None));
    }
}
