//! The thread that takes samples, so that no screen ever waits for a driver.

use super::reader::{Options, Reader, SourceChoice};
use crate::base::Problem;
use crate::gpu::Sample;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The pace when nothing else is said: twice a second.
pub const DEFAULT_INTERVAL: Duration = Duration::from_millis(500);

/// The quickest and the slowest pace: ten a second, one in five seconds.
pub const INTERVALS: std::ops::RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(5);

/// Takes samples on a thread of its own until it is dropped.
#[derive(Debug)]
pub struct Sampler {
    orders: Sender<Duration>,
    samples: watch::Receiver<Option<Arc<Sample>>>,
}

impl Sampler {
    /// Starts at once. The interval is held within [`INTERVALS`].
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(choice: SourceChoice, options: Options, interval: Duration) -> Result<Self, Problem> {
        let (orders, inbox) = channel();
        let (publish, samples) = watch::channel(None);
        std::thread::Builder::new()
            .name("sampler".to_owned())
            .spawn(move || sample_until_dropped(Reader::new(choice, options), &inbox, &publish, held(interval)))
            .map_err(|error| {
                Problem::failed(
                    "the cards cannot be sampled",
                    format!("the system gives no thread: {error}"),
                    "end other programs and start again",
                )
            })?;
        Ok(Self { orders, samples })
    }

    /// The newest sample; `None` until the first reading is done. Wait for the next with `changed()`.
    pub fn subscribe(&self) -> watch::Receiver<Option<Arc<Sample>>> {
        self.samples.clone()
    }

    /// The newest sample, if there is one yet.
    pub fn latest(&self) -> Option<Arc<Sample>> {
        self.samples.borrow().clone()
    }

    /// Changes the pace from now on; held within [`INTERVALS`].
    pub fn set_interval(&self, interval: Duration) {
        // A sampler that has ended has nothing to change.
        let _ = self.orders.send(held(interval));
    }
}

fn held(interval: Duration) -> Duration {
    interval.clamp(*INTERVALS.start(), *INTERVALS.end())
}

fn sample_until_dropped(
    mut reader: Reader,
    orders: &Receiver<Duration>,
    publish: &watch::Sender<Option<Arc<Sample>>>,
    mut interval: Duration,
) {
    loop {
        let began = Instant::now();
        publish.send_replace(Some(Arc::new(reader.read())));
        loop {
            // A reading slower than the pace is followed by the next at once, never by two.
            match orders.recv_timeout(interval.saturating_sub(began.elapsed())) {
                Ok(changed) => interval = changed,
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

/// One sample on the caller's thread, with everything measured.
pub fn read_once(choice: SourceChoice, options: Options) -> Sample {
    Reader::new(choice, options).read_whole()
}

#[cfg(test)]
mod tests;
