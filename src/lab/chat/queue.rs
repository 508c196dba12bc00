//! Prompts that wait while an answer is being written.

use super::image::{Image, Said};
use std::collections::VecDeque;

/// Identity of a waiting prompt within its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct QueuedId(pub u64);

/// A waiting prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// Identity.
    pub id: QueuedId,
    /// The prompt.
    pub text: String,
    /// Images said beside it.
    pub images: Vec<Image>,
}

/// First in, first sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Queue {
    waiting: VecDeque<Queued>,
    last: u64,
}

impl Queue {
    /// Puts a prompt at the end.
    pub fn push(&mut self, said: impl Into<Said>) -> QueuedId {
        let Said { text, images } = said.into();
        self.last += 1;
        let id = QueuedId(self.last);
        self.waiting.push_back(Queued { id, text, images });
        id
    }

    /// Replaces the text of a waiting prompt. False when it waits no longer.
    pub fn edit(&mut self, id: QueuedId, text: impl Into<String>) -> bool {
        let found = self.waiting.iter_mut().find(|queued| queued.id == id);
        found.map(|queued| queued.text = text.into()).is_some()
    }

    /// Takes a waiting prompt out. `None` when it waits no longer.
    pub fn remove(&mut self, id: QueuedId) -> Option<Queued> {
        let at = self.waiting.iter().position(|queued| queued.id == id)?;
        self.waiting.remove(at)
    }

    /// Takes the prompt to send next.
    pub fn take_next(&mut self) -> Option<Queued> {
        self.waiting.pop_front()
    }

    /// The waiting prompts, next first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Queued> {
        self.waiting.iter()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_in_order_and_can_be_changed() {
        let mut queue = Queue::default();
        let [one, two, three] = ["one", "two", "three"].map(|text| queue.push(text));
        assert!(queue.edit(two, "TWO"));
        assert_eq!(queue.remove(one).map(|queued| queued.text).as_deref(), Some("one"));
        assert_eq!(queue.take_next(), Some(Queued { id: two, text: "TWO".into(), images: Vec::new() }));
        assert!(!queue.edit(two, "gone"), "sent already");
        assert_eq!(queue.remove(two), None);
        assert_eq!(queue.iter().map(|queued| queued.id).collect::<Vec<_>>(), [three]);
    }
}
