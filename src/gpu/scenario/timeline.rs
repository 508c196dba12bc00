//! A figure over time: steady, or points joined by straight lines, repeated.

use serde::Deserialize;
use std::time::Duration;

/// Written as one number (steady), or as `[[second, value], …]`: before the first point its value holds, between two
/// points the line between them; at the last point's second it begins again.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Timeline {
    points: Vec<(f64, f64)>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a number, or points as [[second, value], …]")]
enum Written {
    Steady(f64),
    Points(Vec<(f64, f64)>),
}

impl Default for Timeline {
    fn default() -> Self {
        Self { points: vec![(0.0, 0.0)] }
    }
}

impl TryFrom<Written> for Timeline {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let points = match written {
            Written::Steady(value) => vec![(0.0, value)],
            Written::Points(points) => points,
        };
        if points.is_empty() {
            return Err("a timeline needs at least one point".to_owned());
        }
        if points
            .iter()
            .any(|(second, value)| !(second.is_finite() && value.is_finite() && *second >= 0.0 && *value >= 0.0))
        {
            return Err("seconds and values of a timeline are finite and not negative".to_owned());
        }
        if !points.is_sorted_by(|a, b| a.0 < b.0) {
            return Err("the seconds of a timeline must rise".to_owned());
        }
        Ok(Self { points })
    }
}

impl Timeline {
    /// The value at a time since the beginning.
    pub fn at(&self, elapsed: Duration) -> f64 {
        let Some(&(period, last)) = self.points.last() else { return 0.0 };
        let now = if period > 0.0 { elapsed.as_secs_f64() % period } else { return last };
        let after = self.points.partition_point(|(second, _)| *second <= now);
        match (after.checked_sub(1).and_then(|i| self.points.get(i)), self.points.get(after)) {
            (Some(&(from, low)), Some(&(to, high))) => low + (high - low) * (now - from) / (to - from),
            (None, Some(&(_, value))) | (Some(&(_, value)), None) => value,
            (None, None) => 0.0,
        }
    }
}
