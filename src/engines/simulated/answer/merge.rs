//! Now and then a chunk carries several tokens, as it does in real engines: clients must not count chunks.

use super::Event;

/// Holds a text event back now and then and joins it with the next of the same answer.
#[derive(Debug)]
pub struct Merger {
    every: u64,
    seen: u64,
    held: Option<Event>,
}

impl Merger {
    /// Joins one event in `every`; 0 never joins.
    pub fn new(every: u64) -> Self {
        Self { every, seen: 0, held: None }
    }

    /// Takes an event and gives what is to be sent now.
    pub fn push(&mut self, event: Event) -> Vec<Event> {
        self.seen += 1;
        let (event, before) = match self.held.take() {
            Some(mut held) => match join(&mut held, event) {
                None => (held, None),
                Some(event) => (event, Some(held)),
            },
            None => (event, None),
        };
        let text = matches!(&event, Event::Text { .. });
        let mut out: Vec<Event> = before.into_iter().collect();
        // The first text is never held: the time to it is measured.
        if self.every > 0 && text && self.seen > 2 && self.seen.is_multiple_of(self.every) {
            self.held = Some(event);
        } else {
            out.push(event);
        }
        out
    }

    /// What is still held back.
    pub fn finish(&mut self) -> Option<Event> {
        self.held.take()
    }
}

/// Adds the second to the first; gives the second back where they do not go together.
fn join(first: &mut Event, second: Event) -> Option<Event> {
    match (first, second) {
        (
            Event::Text { choice, reasoning, text, tokens, count },
            Event::Text { choice: c, reasoning: r, text: more, tokens: others, count: n },
        ) if *choice == c && *reasoning == r => {
            text.push_str(&more);
            tokens.extend(others);
            *count += n;
            None
        }
        (_, second) => Some(second),
    }
}
