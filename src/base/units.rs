//! Bytes, durations, counts and rates as text of steady width.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A number of bytes. Shown in binary units (1 GiB = 2^30 bytes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

/// One KiB, MiB and GiB in bytes.
pub const KIB: u64 = 1 << 10;
/// One MiB in bytes.
pub const MIB: u64 = 1 << 20;
/// One GiB in bytes.
pub const GIB: u64 = 1 << 30;

impl Bytes {
    /// From a number of GiB; negative and non-finite numbers become zero.
    pub fn from_gib(gib: f64) -> Self {
        Self((gib * GIB as f64).max(0.0) as u64)
    }

    /// As a number of GiB.
    pub fn gib(self) -> f64 {
        self.0 as f64 / GIB as f64
    }

    /// Difference, zero at the least.
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl std::ops::Add for Bytes {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::iter::Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self(0), |sum, item| sum + item)
    }
}

impl std::fmt::Display for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = match self.0 {
            n if n < KIB => format!("{n} B"),
            n if n < MIB => format!("{:.0} KiB", n as f64 / KIB as f64),
            n if n < GIB => format!("{:.0} MiB", n as f64 / MIB as f64),
            n => format!("{:.2} GiB", n as f64 / GIB as f64),
        };
        f.pad(&text)
    }
}

/// A duration as a person says it: `0.18 s`, `43 s`, `14 min`, `3 h 05`, `2 d 04 h`.
pub fn duration(d: Duration) -> String {
    let s = d.as_secs();
    match s {
        0..=9 => format!("{:.2} s", d.as_secs_f64()),
        10..=119 => format!("{s} s"),
        120..=7199 => format!("{} min", s / 60),
        7200..=172_799 => format!("{} h {:02}", s / 3600, s % 3600 / 60),
        _ => format!("{} d {:02} h", s / 86_400, s % 86_400 / 3600),
    }
}

/// An age in steps, so that nothing moves every second: `now`, `20 s ago`, `14 min ago`, `5 h ago`, `3 days ago`.
pub fn age(passed: Duration) -> String {
    match passed.as_secs() {
        0..=9 => "now".to_owned(),
        s @ 10..=59 => format!("{} s ago", s / 10 * 10),
        s @ 60..=7199 => format!("{} min ago", s / 60),
        s @ 7200..=172_799 => format!("{} h ago", s / 3600),
        s => format!("{} days ago", s / 86_400),
    }
}

/// A time since the Unix epoch as RFC 3339 in UTC, to the second (proleptic Gregorian calendar, H. Hinnant's algorithm).
pub fn utc(since_epoch: Duration) -> String {
    let s = since_epoch.as_secs();
    let z = s / 86_400 + 719_468;
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", s / 3600 % 24, s / 60 % 60, s % 60)
}

/// A whole number with thousands separated: `39,300`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_303_453, "2026-11-21T23:24:13Z"),
        ] {
            assert_eq!(utc(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn bytes_read_well() {
        for (n, text) in [(0, "0 B"), (2048, "2 KiB"), (512 * MIB, "512 MiB"), (16 * GIB + GIB / 4, "16.25 GiB")] {
            assert_eq!(Bytes(n).to_string(), text);
        }
        assert_eq!(format!("{:>10}", Bytes(MIB)), "     1 MiB");
        assert_eq!(Bytes::from_gib(-1.0), Bytes(0));
        assert_eq!(Bytes(1).minus(Bytes(5)), Bytes(0));
    }

    #[test]
    fn durations_read_well() {
        for (ms, text) in
            [(180, "0.18 s"), (43_000, "43 s"), (840_000, "14 min"), (11_100_000, "3 h 05"), (187_200_000, "2 d 04 h")]
        {
            assert_eq!(duration(Duration::from_millis(ms)), text);
        }
    }

    #[test]
    fn counts_are_grouped() {
        for (n, text) in [(0, "0"), (999, "999"), (1204, "1,204"), (39_300, "39,300"), (1_000_000, "1,000,000")] {
            assert_eq!(count(n), text);
        }
    }
}
