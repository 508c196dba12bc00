//! Live figures of an answer: what is measured, what the server said, and what is only counted from pieces.

use super::turn::TurnFigures;
use crate::base::{Basis, Reading, Unknown};
use crate::wire::{Delta, StreamEvent, Usage};

/// A figure with its basis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// The number.
    pub value: f64,
    /// [`Basis::Engine`] or [`Basis::Measured`] where the server's token count is in it; [`Basis::Computed`] for an
    /// estimate from pieces: a piece may hold several tokens, so it is a lower bound.
    pub basis: Basis,
}

/// Times and counts of one answer as its events come. Times are seconds on any one steady clock.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Figures {
    sent: f64,
    first: Option<f64>,
    last: Option<f64>,
    usage: Option<Usage>,
    /// Tokens counted since the server last said a number.
    counted: u64,
    /// Context used before this answer began, as the server said after the one before.
    used_before: Option<u64>,
    /// Tokens that the context holds.
    pub context_limit: Option<u64>,
}

impl Figures {
    /// For a request sent at `now`. `used_before`: prompt and answer tokens of the path so far, where a server said.
    pub fn sent(now: f64, used_before: Option<u64>, context_limit: Option<u64>) -> Self {
        Self { sent: now, used_before, context_limit, ..Self::default() }
    }

    /// Takes an event that came at `now`.
    pub fn take(&mut self, now: f64, event: &StreamEvent) {
        match event {
            StreamEvent::Delta(delta) => {
                let tokens = tokens_in(delta);
                if tokens > 0 {
                    self.first.get_or_insert(now);
                    self.last = Some(now);
                    self.counted += tokens;
                }
            }
            StreamEvent::Usage(usage) => {
                self.usage = Some(*usage);
                self.counted = 0;
            }
            _ => {}
        }
    }

    /// Seconds from sending to the first token; measured.
    pub fn first_token_seconds(&self) -> Reading<f64> {
        self.first.map(|first| first - self.sent).ok_or(Unknown::because("no token yet"))
    }

    /// Tokens of the answer so far.
    pub fn tokens(&self) -> Figure {
        let said = self.usage.map_or(0, |usage| usage.completion_tokens);
        let basis = if self.usage.is_some() && self.counted == 0 { Basis::Engine } else { Basis::Computed };
        Figure { value: said.saturating_add(self.counted) as f64, basis }
    }

    /// Tokens a second between the first token and the last: (tokens − 1) / (last − first).
    pub fn tokens_per_second(&self) -> Reading<Figure> {
        let tokens = self.tokens();
        let seconds = self.decode_seconds().unwrap_or(0.0);
        if tokens.value < 2.0 || seconds <= 0.0 {
            return Err(Unknown::because("needs two tokens at different times"));
        }
        let basis = if tokens.basis == Basis::Engine { Basis::Measured } else { Basis::Computed };
        Ok(Figure { value: (tokens.value - 1.0) / seconds, basis })
    }

    /// Tokens of the context in use: prompt and answer.
    pub fn context_used(&self) -> Reading<Figure> {
        let tokens = self.tokens();
        match (self.usage, self.used_before) {
            (Some(usage), _) => Ok(Figure { value: tokens.value + usage.prompt_tokens as f64, basis: tokens.basis }),
            (None, Some(before)) => Ok(Figure { value: tokens.value + before as f64, basis: Basis::Computed }),
            (None, None) => Err(Unknown::because("the server has not said yet")),
        }
    }

    /// What is kept with the turn.
    pub fn to_keep(&self) -> TurnFigures {
        TurnFigures {
            first_token_seconds: self.first_token_seconds().ok(),
            decode_seconds: self.decode_seconds(),
            reasoning_seconds: None,
            usage: self.usage,
            image_tokens: None,
        }
    }

    fn decode_seconds(&self) -> Option<f64> {
        Some(self.last? - self.first?)
    }
}

/// At least so many tokens are in a piece: as many as have log probabilities, else one when there is any text.
fn tokens_in(delta: &Delta) -> u64 {
    let text = !delta.content.is_empty() || !delta.reasoning.is_empty() || !delta.tool_calls.is_empty();
    (delta.logprobs.len() as u64).max(u64::from(text))
}

impl TurnFigures {
    /// Tokens a second of a turn that has ended: (tokens − 1) / decode seconds.
    pub fn tokens_per_second(&self) -> Option<f64> {
        let tokens = self.usage?.completion_tokens;
        let seconds = self.decode_seconds.filter(|seconds| *seconds > 0.0)?;
        (tokens > 1).then(|| (tokens - 1) as f64 / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content: &str) -> StreamEvent {
        StreamEvent::Delta(Delta { content: content.into(), ..Delta::default() })
    }

    #[test]
    fn estimates_until_the_server_says() {
        let mut figures = Figures::sent(10.0, Some(100), Some(4096));
        assert!(figures.first_token_seconds().is_err());
        figures.take(10.2, &text(""));
        assert!(figures.first_token_seconds().is_err(), "a role-only piece is no token");
        for (now, content) in [(10.5, "a"), (11.0, "bc"), (11.5, "d")] {
            figures.take(now, &text(content));
        }
        assert_eq!(figures.first_token_seconds(), Ok(0.5));
        assert_eq!(figures.tokens_per_second(), Ok(Figure { value: 2.0, basis: Basis::Computed }));
        assert_eq!(figures.context_used(), Ok(Figure { value: 103.0, basis: Basis::Computed }));
        figures.take(11.6, &StreamEvent::Usage(Usage { prompt_tokens: 90, completion_tokens: 5, ..Usage::default() }));
        assert_eq!(figures.tokens_per_second(), Ok(Figure { value: 4.0, basis: Basis::Measured }));
        assert_eq!(figures.context_used(), Ok(Figure { value: 95.0, basis: Basis::Engine }));
        assert_eq!(figures.to_keep().tokens_per_second(), Some(4.0));
        figures.take(12.0, &text("e"));
        assert_eq!(figures.tokens(), Figure { value: 6.0, basis: Basis::Computed }, "usage may come all along");
    }

    #[test]
    fn one_burst_has_no_rate() {
        let mut figures = Figures::sent(0.0, None, None);
        figures.take(1.0, &text("all at once"));
        figures.take(1.0, &StreamEvent::Usage(Usage { completion_tokens: 50, ..Usage::default() }));
        assert!(figures.tokens_per_second().is_err());
        assert_eq!(figures.to_keep().tokens_per_second(), None);
    }
}
