//! Rates with the interval in which they lie, and the difference of two.

use serde::{Deserialize, Serialize};

/// The 0.975 quantile of the normal distribution: two-sided 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// A share of cases, and between which shares it lies with 95 % confidence (Wilson 1927, score interval).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Out of how many; 0 where nothing is known.
    pub n: u32,
    /// The share from 0 to 1; `None` out of none.
    pub value: Option<f64>,
    /// Lower end; 0 out of none.
    pub low: f64,
    /// Upper end; 1 out of none.
    pub high: f64,
}

impl Rate {
    /// `hits` out of `n`; hits beyond `n` count as `n`.
    pub fn of(hits: u32, n: u32) -> Self {
        Self::mean(f64::from(hits), n)
    }

    /// The mean of `n` shares whose sum is `sum`. Repeats of one case are no independent draws: with a share a case, `n` is the number of cases.
    pub fn mean(sum: f64, n: u32) -> Self {
        if n == 0 {
            return Self { n, value: None, low: 0.0, high: 1.0 };
        }
        let count = f64::from(n);
        let p = (sum / count).clamp(0.0, 1.0);
        let square = Z * Z;
        let scale = 1.0 + square / count;
        let centre = (p + square / (2.0 * count)) / scale;
        let half = Z / scale * (p * (1.0 - p) / count + square / (4.0 * count * count)).sqrt();
        let (low, high) = ((centre - half).max(0.0), (centre + half).min(1.0));
        // At the ends the interval ends where the share does; rounding must not say otherwise.
        let (low, high) = (if p == 0.0 { 0.0 } else { low.min(p) }, if p >= 1.0 { 1.0 } else { high.max(p) });
        Self { n, value: Some(p), low, high }
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.value {
            None => write!(f, "not measured"),
            Some(value) => {
                let [value, low, high] = [value, self.low, self.high].map(|share| share * 100.0);
                write!(f, "{value:.0} % ({low:.0}–{high:.0}, n={})", self.n)
            }
        }
    }
}

/// How far the second share lies above the first, with its interval (Newcombe 1998, method 10, for independent samples).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// Second less first, from -1 to 1.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Difference {
    /// The difference; `None` where one of them is not known.
    pub fn of(first: Rate, second: Rate) -> Option<Self> {
        let (a, b) = (first.value?, second.value?);
        let value = b - a;
        let low = value - (b - second.low).hypot(first.high - a);
        let high = value + (second.high - b).hypot(a - first.low);
        Some(Self { value, low: low.max(-1.0), high: high.min(1.0) })
    }

    /// Whether it is shown: the interval does not hold 0.
    pub fn shown(self) -> bool {
        self.low > 0.0 || self.high < 0.0
    }
}

/// The middle of some numbers, the lower one of two; `None` of none. Numbers that are not finite are left out.
pub fn median(numbers: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut all: Vec<f64> = numbers.into_iter().filter(|number| number.is_finite()).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 5e-4
    }

    #[test]
    fn intervals_are_those_of_the_books() {
        // Values as R gives them: prop.test(x, n, correct = FALSE).
        for (hits, n, low, high) in [
            (8, 10, 0.4902, 0.9433),
            (0, 10, 0.0, 0.2775),
            (10, 10, 0.7225, 1.0),
            (50, 100, 0.4038, 0.5962),
            (81, 263, 0.2553, 0.3662),
        ] {
            let rate = Rate::of(hits, n);
            assert!(near(rate.low, low) && near(rate.high, high), "{hits}/{n}: {rate:?}");
        }
        assert_eq!(Rate::of(0, 0).value, None);
        assert_eq!(Rate::of(8, 10).to_string(), "80 % (49–94, n=10)");
    }

    #[test]
    fn a_difference_is_that_of_newcombe() {
        // Newcombe 1998, table II (a): 56/70 less 48/80.
        let found = Difference::of(Rate::of(48, 80), Rate::of(56, 70)).unwrap();
        assert!(near(found.value, 0.2) && near(found.low, 0.0524) && near(found.high, 0.3339), "{found:?}");
        assert!(found.shown());
        assert!(!Difference::of(Rate::of(8, 10), Rate::of(9, 10)).unwrap().shown());
        assert_eq!(Difference::of(Rate::of(0, 0), Rate::of(9, 10)), None);
    }

    #[test]
    fn the_middle_is_found() {
        assert_eq!(median([3.0, 1.0, f64::NAN, 2.0]), Some(2.0));
        assert_eq!(median([]), None);
    }

    proptest! {
        #[test]
        fn a_share_lies_in_its_interval(hits in 0..2000_u32, n in 0..2000_u32) {
            let rate = Rate::of(hits, n);
            prop_assert!(0.0 <= rate.low && rate.high <= 1.0 && rate.low <= rate.high);
            prop_assert!(rate.value.is_none_or(|value| rate.low <= value && value <= rate.high));
        }
    }
}
