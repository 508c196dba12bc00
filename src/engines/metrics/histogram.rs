//! A histogram as Prometheus exports it: a sum, a count and cumulative buckets.

use super::text::Sample;

/// Buckets kept at most; engines have a few dozen.
const MOST: usize = 256;

/// How values of one kind were spread since the engine started.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Histogram {
    /// Sum of all values, seconds.
    pub sum: f64,
    /// How many there were.
    pub count: f64,
    /// Upper bound in seconds (the last is infinite) and how many values are at most that, ascending.
    pub buckets: Vec<(f64, f64)>,
}

impl Histogram {
    /// Takes a line of the family `family`; says whether it was one. Lines of several engines add up.
    pub(super) fn take(&mut self, family: &str, name: &str, sample: &Sample<'_>) -> bool {
        let Some(suffix) = name.strip_prefix(family) else { return false };
        let Some(value) = sample.counted() else { return matches!(suffix, "_sum" | "_count" | "_bucket") };
        match suffix {
            "_sum" => self.sum += value,
            "_count" => self.count += value,
            "_bucket" => self.bucket(sample, value),
            _ => return false,
        }
        true
    }

    fn bucket(&mut self, sample: &Sample<'_>, value: f64) {
        let bound = sample.label("le").and_then(|le| le.parse::<f64>().ok()).filter(|bound| !bound.is_nan());
        let Some(bound) = bound else { return };
        match self.buckets.binary_search_by(|(known, _)| known.total_cmp(&bound)) {
            Ok(at) => self.buckets[at].1 += value,
            Err(at) if self.buckets.len() < MOST => self.buckets.insert(at, (bound, value)),
            Err(_) => {}
        }
    }

    /// The mean in seconds, where there was a value.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count).filter(|mean| mean.is_finite())
    }

    /// What came since `before`; none where the engine counted anew.
    pub fn since(&self, before: &Self) -> Option<Self> {
        if self.count < before.count || self.sum < before.sum {
            return None;
        }
        let count_of = |bound: f64| before.buckets.iter().find(|(known, _)| *known == bound).map_or(0.0, |(_, n)| *n);
        let buckets = self.buckets.iter().map(|(bound, n)| (*bound, (n - count_of(*bound)).max(0.0))).collect();
        Some(Self { sum: self.sum - before.sum, count: self.count - before.count, buckets })
    }

    /// The value that a share of all values (0 to 1) is at most, interpolated within its bucket as Prometheus'
    /// `histogram_quantile` does; where it lies beyond the last finite bound, that bound.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let all = self.buckets.last().map(|(_, n)| *n).filter(|n| *n > 0.0)?;
        let rank = share.clamp(0.0, 1.0) * all;
        let at = self.buckets.iter().position(|(_, n)| *n >= rank)?;
        let (low, below) = at.checked_sub(1).map_or((0.0, 0.0), |before| self.buckets[before]);
        let (high, within) = self.buckets[at];
        if !high.is_finite() {
            return low.is_finite().then_some(low);
        }
        if within <= below { Some(high) } else { Some(low + (high - low) * (rank - below) / (within - below)) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::samples;
    use super::*;

    fn read(text: &str) -> Histogram {
        let mut histogram = Histogram::default();
        for sample in samples(text) {
            histogram.take("h", sample.name, &sample);
        }
        histogram
    }

    const TEXT: &str = "h_bucket{le=\"0.1\"} 1\nh_bucket{le=\"+Inf\"} 4\nh_bucket{le=\"1.0\"} 3\nh_sum 3.5\nh_count 4\n\
                        h_created 1e9\nhh_sum 7\nh_bucket{le=\"NaN\"} 9\nh_bucket 3\n";

    #[test]
    fn read_and_asked() {
        let all = read(TEXT);
        assert_eq!((all.sum, all.count), (3.5, 4.0));
        assert_eq!(all.buckets, [(0.1, 1.0), (1.0, 3.0), (f64::INFINITY, 4.0)]);
        assert_eq!(all.mean(), Some(0.875));
        let near = |share: f64, value: f64| (all.quantile(share).unwrap() - value).abs() < 1e-9;
        assert!(near(0.25, 0.1) && near(0.5, 0.55) && near(0.99, 1.0));
        assert_eq!(Histogram::default().quantile(0.5), None);
        assert_eq!(Histogram::default().mean(), None);
    }

    #[test]
    fn two_engines_add_up_and_a_window_is_a_difference() {
        let both = read(&format!("{TEXT}{TEXT}"));
        assert_eq!(both.since(&read(TEXT)), Some(read(TEXT)));
        assert_eq!(read(TEXT).since(&both), None, "counted anew");
    }
}
