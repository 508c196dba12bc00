//! How the model is asked: a few settings, each changed with one key.

use crate::lab::structured::{Options, Shape};
use serde_json::{Value, json};

/// The settings, in the order shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knob {
    /// In which fields the constraint is written.
    Shape,
    /// Whether the answer is streamed.
    Stream,
    /// The temperature of sampling.
    Temperature,
    /// Tokens of the answer.
    MaxTokens,
    /// Whether blanks between the parts of JSON are allowed.
    Blanks,
    /// The seed of sampling.
    Seed,
    /// How often the question is asked to find what the constraint costs.
    Times,
}

impl Knob {
    /// In the order shown.
    pub const ALL: [Self; 7] =
        [Self::Shape, Self::Stream, Self::Temperature, Self::MaxTokens, Self::Blanks, Self::Seed, Self::Times];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Shape => "written as",
            Self::Stream => "answer",
            Self::Temperature => "temperature",
            Self::MaxTokens => "max tokens",
            Self::Blanks => "blanks",
            Self::Seed => "seed",
            Self::Times => "cost, times",
        }
    }
}

/// Their values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knobs {
    /// In which fields the constraint is written.
    pub shape: Shape,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// In tenths.
    pub temperature: u32,
    /// Tokens of the answer.
    pub max_tokens: u32,
    /// Whether blanks between the parts of JSON are forbidden; vLLM alone knows this.
    pub no_blanks: bool,
    /// The seed; none where the engine chooses.
    pub seed: Option<u32>,
    /// Questions with the constraint, and as many without.
    pub times: u32,
}

impl Default for Knobs {
    fn default() -> Self {
        let shape = Shape::default();
        Self { shape, stream: true, temperature: 0, max_tokens: 1024, no_blanks: false, seed: None, times: 3 }
    }
}

/// The shapes in the order they are turned through.
const SHAPES: [Shape; 3] = [Shape::Auto, Shape::ResponseFormat, Shape::Own];

impl Knobs {
    /// The value in words.
    pub fn value(&self, knob: Knob) -> String {
        match knob {
            Knob::Shape => match self.shape {
                Shape::Auto => "what fits",
                Shape::ResponseFormat => "response_format",
                Shape::Own => "its own field",
            }
            .to_owned(),
            Knob::Stream => if self.stream { "streamed" } else { "whole" }.to_owned(),
            Knob::Temperature => format!("{:.1}", f64::from(self.temperature) / 10.0),
            Knob::MaxTokens => self.max_tokens.to_string(),
            Knob::Blanks => if self.no_blanks { "forbidden" } else { "allowed" }.to_owned(),
            Knob::Seed => self.seed.map_or_else(|| "unset".to_owned(), |seed| seed.to_string()),
            Knob::Times => self.times.to_string(),
        }
    }

    /// Turns one by a step.
    pub fn turn(&mut self, knob: Knob, more: bool) {
        let step = |value: u32| if more { value.saturating_add(1) } else { value.saturating_sub(1) };
        match knob {
            Knob::Shape => {
                let at = SHAPES.iter().position(|shape| *shape == self.shape).unwrap_or(0);
                self.shape = SHAPES[(at + if more { 1 } else { SHAPES.len() - 1 }) % SHAPES.len()];
            }
            Knob::Stream => self.stream = !self.stream,
            Knob::Temperature => self.temperature = step(self.temperature).min(20),
            Knob::MaxTokens => {
                let next = if more { self.max_tokens.saturating_mul(2) } else { self.max_tokens / 2 };
                self.max_tokens = next.clamp(16, 65_536);
            }
            Knob::Blanks => self.no_blanks = !self.no_blanks,
            Knob::Seed => {
                self.seed = match (self.seed, more) {
                    (None, true) => Some(0),
                    (None, false) | (Some(0), false) => None,
                    (Some(seed), _) => Some(step(seed)),
                };
            }
            Knob::Times => self.times = step(self.times).clamp(1, 20),
        }
    }

    /// How the constraint is to be written.
    pub fn options(&self) -> Options {
        Options { shape: self.shape, disable_any_whitespace: self.no_blanks, ..Options::default() }
    }

    /// The fields of a request besides the constraint.
    pub fn fields(&self) -> Vec<(String, Value)> {
        let mut fields = vec![
            ("temperature".to_owned(), json!(f64::from(self.temperature) / 10.0)),
            ("max_tokens".to_owned(), json!(self.max_tokens)),
        ];
        fields.extend(self.seed.map(|seed| ("seed".to_owned(), json!(seed))));
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_knob_turns_and_comes_back() {
        let mut knobs = Knobs::default();
        for knob in Knob::ALL {
            let before = knobs.value(knob);
            knobs.turn(knob, true);
            assert_ne!(knobs.value(knob), before, "{}", knob.title());
            knobs.turn(knob, false);
            assert_eq!(knobs.value(knob), before, "{}", knob.title());
        }
        assert_eq!(knobs, Knobs::default());
        (0..200).for_each(|_| Knob::ALL.into_iter().for_each(|knob| knobs.turn(knob, true)));
        assert_eq!((knobs.temperature, knobs.max_tokens, knobs.times, knobs.seed), (20, 65_536, 20, Some(199)));
        assert_eq!(knobs.fields().len(), 3);
    }
}
