//! What still has to be written: in order, one write at a time, tried again when the disk refuses.

use super::effect::{Effect, Write};
use crate::base::Problem;
use std::time::Duration;

/// How long to wait after a refusal.
const AGAIN: Duration = Duration::from_secs(2);

/// The writes that wait.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Storage {
    waiting: Vec<Write>,
    flying: Option<(u64, Vec<Write>)>,
    /// Number of the last write handed out.
    ticket: u64,
    /// Why the last write failed; shown until one succeeds.
    pub problem: Option<Problem>,
    /// Not before this uptime.
    not_before: Option<Duration>,
}

impl Storage {
    /// Adds a write; later ones replace earlier ones of the same thing that still wait.
    pub fn push(&mut self, write: Write) {
        self.waiting.retain(|old| !replaces(&write, old));
        self.waiting.push(write);
    }

    /// The number under which what was pushed so far will be reported as written.
    pub fn next_ticket(&self) -> u64 {
        self.ticket + 1
    }

    /// Sends what waits, when nothing is under way.
    pub fn flush(&mut self, uptime: Duration) -> Option<Effect> {
        let too_early = self.not_before.is_some_and(|at| uptime < at);
        if self.flying.is_some() || self.waiting.is_empty() || too_early {
            return None;
        }
        self.ticket += 1;
        let writes = std::mem::take(&mut self.waiting);
        self.flying = Some((self.ticket, writes.clone()));
        Some(Effect::Write { ticket: self.ticket, writes })
    }

    /// Hands out everything that waits, in its order behind what is under way: the last call before leaving.
    pub fn drain(&mut self) -> Option<Effect> {
        let writes = std::mem::take(&mut self.waiting);
        self.ticket += 1;
        (!writes.is_empty()).then_some(Effect::Write { ticket: self.ticket, writes })
    }

    /// A write has come back. One that failed goes back to the front and is tried again.
    pub fn written(&mut self, ticket: u64, result: Result<(), Problem>, uptime: Duration) {
        let Some((_, writes)) = self.flying.take_if(|(flying, _)| *flying == ticket) else { return };
        match result {
            Ok(()) => {
                self.problem = None;
                self.not_before = None;
            }
            Err(problem) => {
                self.problem = Some(problem);
                self.not_before = Some(uptime + AGAIN);
                let newer = std::mem::replace(&mut self.waiting, writes);
                newer.into_iter().for_each(|write| self.push(write));
            }
        }
    }

    /// When to look again, where something waits for its next try.
    pub fn due(&self) -> Option<Duration> {
        self.not_before.filter(|_| !self.waiting.is_empty() && self.flying.is_none())
    }

    /// Whether everything is on the disk.
    pub fn is_clean(&self) -> bool {
        self.waiting.is_empty() && self.flying.is_none()
    }
}

fn replaces(new: &Write, old: &Write) -> bool {
    match (new, old) {
        (Write::Draft { conversation: new, .. }, Write::Draft { conversation: old, .. }) => new == old,
        (Write::Value { key: new, .. }, Write::Value { key: old, .. }) => new == old,
        (Write::Delete(gone), Write::Draft { conversation, .. } | Write::Pieces { conversation, .. }) => {
            gone == conversation
        }
        // A whole turn holds all its pieces.
        (Write::Batch(batch), Write::Pieces { conversation, turn, .. }) => {
            batch.turns.iter().any(|row| row.conversation == *conversation && row.id == *turn)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(text: &str) -> Write {
        Write::Draft { conversation: 1, text: text.to_owned() }
    }

    #[test]
    fn one_at_a_time_and_again_after_a_refusal() {
        let second = Duration::from_secs;
        let mut storage = Storage::default();
        storage.push(draft("a"));
        let first = storage.flush(second(0));
        assert_eq!(first, Some(Effect::Write { ticket: 1, writes: vec![draft("a")] }));
        storage.push(Write::Value { key: "last", value: "7".into() });
        storage.push(draft("ab"));
        assert_eq!(storage.flush(second(0)), None, "one is under way");
        storage.written(1, Err(Problem::failed("full", "", "")), second(1));
        assert!(storage.problem.is_some());
        assert_eq!((storage.flush(second(2)), storage.due()), (None, Some(second(3))));
        let again = storage.flush(second(3));
        let kept = vec![Write::Value { key: "last", value: "7".into() }, draft("ab")];
        assert_eq!(again, Some(Effect::Write { ticket: 2, writes: kept }), "nothing is lost, the newest draft holds");
        storage.written(2, Ok(()), second(3));
        assert!(storage.problem.is_none() && storage.is_clean());
    }

    #[test]
    fn leaving_waits_for_no_write_under_way() {
        let mut storage = Storage::default();
        storage.push(draft("a"));
        storage.flush(Duration::ZERO);
        storage.push(draft("ab"));
        assert_eq!(storage.drain(), Some(Effect::Write { ticket: 2, writes: vec![draft("ab")] }));
        assert_eq!(storage.drain(), None);
    }
}
