//! The last minutes of every card at whatever rate samples come (ten unless said otherwise), and the peaks since the
//! deck started.

use super::{Card, Sample};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, SystemTime};

mod point;
pub use point::Metric;
use point::Point;

/// How far back a history reaches when nothing else is said.
pub const WINDOW: Duration = Duration::from_secs(600);

/// Points kept of one card for each second at the most: the quickest pace of sampling.
const POINTS_PER_SECOND: u64 = 10;

/// A reading stands for the time after it, until the next one comes but no longer than this.
const LONGEST_HOLD: f64 = 12.0;

/// The highest value seen, and when.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// In the unit of its metric.
    pub value: f64,
    /// Wall-clock time of the reading.
    pub at: SystemTime,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Track {
    points: VecDeque<Point>,
    peaks: BTreeMap<Metric, Peak>,
}

/// What the cards did over the last minutes. Cards are named by [`Card::key`].
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    tracks: BTreeMap<String, Track>,
    newest: f64,
    window: Duration,
}

impl Default for History {
    fn default() -> Self {
        Self::over(WINDOW)
    }
}

impl History {
    /// An empty history of [`WINDOW`].
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty history that reaches back this far, one second at the least.
    pub fn over(window: Duration) -> Self {
        Self { tracks: BTreeMap::new(), newest: 0.0, window: window.max(Duration::from_secs(1)) }
    }

    /// How far back it reaches.
    pub fn window(&self) -> Duration {
        self.window
    }

    /// Points kept of one card at the most.
    pub fn most_points(&self) -> usize {
        usize::try_from(self.window.as_secs().saturating_mul(POINTS_PER_SECOND)).unwrap_or(usize::MAX)
    }

    /// Adds a sample. A card that is missing from it (driver gone) gets a gap. A wall clock set back moves what is
    /// kept back with it, so that time never runs backwards within the history.
    pub fn push(&mut self, sample: &Sample) {
        let at = sample.at.duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64());
        if at < self.newest {
            self.move_back(self.newest - at);
        }
        self.newest = at;
        let (oldest, most) = (at - self.window.as_secs_f64(), self.most_points());
        for card in &sample.cards {
            self.tracks.entry(card.key()).or_default().push(Point::of(card, at), sample.at);
        }
        let present: Vec<String> = sample.cards.iter().map(Card::key).collect();
        for (key, track) in &mut self.tracks {
            if !present.contains(key) {
                track.push(Point::gap(at), sample.at);
            }
            track.forget(oldest, most);
        }
        self.tracks.retain(|_, track| track.points.iter().any(|point| !point.is_gap()));
    }

    fn move_back(&mut self, seconds: f64) {
        for point in self.tracks.values_mut().flat_map(|track| &mut track.points) {
            point.at -= seconds;
        }
    }

    /// Names of the cards in the history.
    pub fn cards(&self) -> impl Iterator<Item = &str> {
        self.tracks.keys().map(String::as_str)
    }

    /// How many points are kept of a card.
    pub fn len(&self, card: &str) -> usize {
        self.tracks.get(card).map_or(0, |track| track.points.len())
    }

    /// Whether nothing is kept at all.
    pub fn is_empty(&self) -> bool {
        self.tracks.is_empty()
    }

    /// The highest value of a metric since the history began or was [reset](Self::reset_peaks).
    pub fn peak(&self, card: &str, metric: Metric) -> Option<Peak> {
        self.tracks.get(card)?.peaks.get(&metric).copied()
    }

    /// Forgets the peaks.
    pub fn reset_peaks(&mut self) {
        self.tracks.values_mut().for_each(|track| track.peaks.clear());
    }

    /// A metric over the whole window in `columns` equal parts, oldest first, the last one ending with the newest
    /// sample. Memory shows the highest reading of each part, everything else the mean. `None` where nothing was read:
    /// before the first sample, and while the driver was gone.
    pub fn series(&self, card: &str, metric: Metric, columns: usize) -> Vec<Option<f64>> {
        self.series_over(card, metric, columns, self.window)
    }

    /// Like [`series`](Self::series), over a shorter time.
    pub fn series_over(&self, card: &str, metric: Metric, columns: usize, window: Duration) -> Vec<Option<f64>> {
        let mut parts = vec![Part::default(); columns];
        let Some(track) = self.tracks.get(card).filter(|_| columns > 0) else {
            return vec![None; columns];
        };
        let wide = window.min(self.window).as_secs_f64().max(f64::MIN_POSITIVE) / columns as f64;
        let start = self.newest - wide * columns as f64;
        for (i, point) in track.points.iter().enumerate() {
            let until = track.points.get(i + 1).map_or(point.at, |next| next.at.min(point.at + LONGEST_HOLD));
            let Some(value) = point.value(metric).filter(|_| until >= start) else { continue };
            let column = |at: f64| (((at - start) / wide).max(0.0) as usize).min(columns - 1);
            let (first, last) = (column(point.at), column(until));
            if point.at >= start {
                parts[first].add(value);
            }
            // It also stands for the parts up to the next reading, which speaks for its own part.
            parts[first..last].iter_mut().for_each(|part| part.hold(value));
        }
        parts.into_iter().map(|part| part.value(metric)).collect()
    }
}

impl Track {
    fn push(&mut self, point: Point, at: SystemTime) {
        for metric in Metric::ALL {
            let Some(value) = point.value(metric) else { continue };
            if self.peaks.get(&metric).is_none_or(|peak| value > peak.value) {
                self.peaks.insert(metric, Peak { value, at });
            }
        }
        self.points.push_back(point);
    }

    fn forget(&mut self, oldest: f64, most: usize) {
        while self.points.len() > most || self.points.front().is_some_and(|point| point.at < oldest) {
            self.points.pop_front();
        }
    }
}

/// One column being gathered.
#[derive(Clone, Copy, Default)]
struct Part {
    sum: f64,
    highest: f64,
    count: u32,
    held: Option<f64>,
}

impl Part {
    fn add(&mut self, value: f64) {
        self.highest = if self.count == 0 { value } else { self.highest.max(value) };
        self.sum += value;
        self.count += 1;
    }

    fn hold(&mut self, value: f64) {
        self.held = Some(value);
    }

    fn value(self, metric: Metric) -> Option<f64> {
        match self.count {
            0 => self.held,
            _ if metric.is_memory() => Some(self.highest),
            n => Some(self.sum / f64::from(n)),
        }
    }
}

#[cfg(test)]
mod tests;
