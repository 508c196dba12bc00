//! Times as logs write them.

use std::time::Duration;

/// The time of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    /// Since the Unix epoch.
    pub epoch: Duration,
    /// Since the engine started.
    pub running: Duration,
}

/// Year, month and day of a number of days since the epoch (proleptic Gregorian calendar, H. Hinnant's algorithm).
fn date(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + u64::from(month <= 2), month, day)
}

/// A time since the epoch as RFC 3339 in UTC.
pub fn rfc3339(epoch: Duration) -> String {
    let s = epoch.as_secs();
    let (year, month, day) = date(s / 86_400);
    let (h, m, sec) = (s / 3600 % 24, s / 60 % 60, s % 60);
    format!("{year}-{month:02}-{day:02}T{h:02}:{m:02}:{sec:02}.{:09}Z", epoch.subsec_nanos())
}

impl Clock {
    /// `MM-DD HH:MM:SS`.
    pub fn vllm(&self) -> String {
        let s = self.epoch.as_secs();
        let (_, month, day) = date(s / 86_400);
        format!("{month:02}-{day:02} {:02}:{:02}:{:02}", s / 3600 % 24, s / 60 % 60, s % 60)
    }

    /// `M.SS.mmm.uuu` since the start.
    pub fn llamacpp(&self) -> String {
        let s = self.running.as_secs();
        let micros = self.running.subsec_micros();
        format!("{}.{:02}.{:03}.{:03}", s / 60, s % 60, micros / 1000, micros % 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_right() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000000Z"),
            (1_795_223_274, "2026-11-21T01:07:54.000000000Z"),
        ] {
            assert_eq!(rfc3339(Duration::from_secs(seconds)), text);
        }
        let clock = Clock { epoch: Duration::from_secs(1_795_223_274), running: Duration::from_micros(61_002_003) };
        assert_eq!((clock.vllm().as_str(), clock.llamacpp().as_str()), ("11-21 01:07:54", "1.01.002.003"));
    }
}
