//! How an exchange is led: a few settings, each changed with one key.

use crate::lab::agent::{Mode, Prompt, Settings, prompts};
use crate::lab::xray::{Choice, Manner};

/// The settings, in the order shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knob {
    /// Native or prompted.
    Mode,
    /// Whether a question begins anew.
    Conversation,
    /// Answers with calls until it ends.
    Steps,
    /// Whether calls run at the same time, and are asked for so.
    Parallel,
    /// Whether it waits before each further step.
    Stepwise,
    /// Whether answers are streamed.
    Stream,
    /// Whether a call is wanted.
    Choice,
    /// The temperature of sampling.
    Temperature,
    /// Tokens of one answer.
    MaxTokens,
}

impl Knob {
    /// In the order shown.
    pub const ALL: [Self; 9] = [
        Self::Mode,
        Self::Conversation,
        Self::Steps,
        Self::Parallel,
        Self::Stepwise,
        Self::Stream,
        Self::Choice,
        Self::Temperature,
        Self::MaxTokens,
    ];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Mode => "mode",
            Self::Conversation => "each question",
            Self::Steps => "steps",
            Self::Parallel => "calls",
            Self::Stepwise => "runs",
            Self::Stream => "answers",
            Self::Choice => "tool choice",
            Self::Temperature => "temperature",
            Self::MaxTokens => "max tokens",
        }
    }
}

/// Their values.
#[derive(Debug, Clone, PartialEq)]
pub struct Knobs {
    /// 0: native; else the place of a prompt, from 1.
    pub mode: usize,
    /// Whether a question goes on with the conversation.
    pub goes_on: bool,
    /// Answers with calls until it ends.
    pub steps: usize,
    /// Whether calls run at the same time.
    pub parallel: bool,
    /// Whether it waits before each further step.
    pub stepwise: bool,
    /// Whether answers are streamed.
    pub stream: bool,
    /// What the request says about calling; native mode only.
    pub choice: Choice,
    /// In tenths.
    pub temperature: u32,
    /// Tokens of one answer.
    pub max_tokens: u32,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            mode: 0,
            goes_on: false,
            steps: 5,
            parallel: true,
            stepwise: false,
            // A whole answer shows its raw text with every engine that shows it at all.
            stream: false,
            choice: Choice::Auto,
            temperature: 0,
            max_tokens: 1024,
        }
    }
}

impl Knobs {
    /// The value in words.
    pub fn value(&self, knob: Knob) -> String {
        let word = |on: bool, yes: &str, no: &str| if on { yes } else { no }.to_owned();
        match knob {
            Knob::Mode => match self.prompt() {
                Some(prompt) => format!("prompted: {}", prompt.name),
                None => "native".to_owned(),
            },
            Knob::Conversation => word(self.goes_on, "goes on", "begins anew"),
            Knob::Steps => self.steps.to_string(),
            Knob::Parallel => word(self.parallel, "in parallel", "one by one"),
            Knob::Stepwise => word(self.stepwise, "step by step", "through"),
            Knob::Stream => word(self.stream, "streamed", "whole"),
            Knob::Choice => match self.choice {
                Choice::Auto => "auto",
                Choice::Required => "required",
                Choice::Never => "none",
            }
            .to_owned(),
            Knob::Temperature => format!("{:.1}", f64::from(self.temperature) / 10.0),
            Knob::MaxTokens => self.max_tokens.to_string(),
        }
    }

    /// Turns one by a step.
    pub fn turn(&mut self, knob: Knob, more: bool) {
        let within = |value: u32, least: u32, most: u32| {
            if more { value.saturating_add(1).min(most) } else { value.saturating_sub(1).max(least) }
        };
        match knob {
            Knob::Mode => {
                let count = prompts().len() + 1;
                self.mode = (self.mode + if more { 1 } else { count - 1 }) % count;
            }
            Knob::Conversation => self.goes_on = !self.goes_on,
            Knob::Steps => self.steps = within(u32::try_from(self.steps).unwrap_or(1), 1, 50) as usize,
            Knob::Parallel => self.parallel = !self.parallel,
            Knob::Stepwise => self.stepwise = !self.stepwise,
            Knob::Stream => self.stream = !self.stream,
            Knob::Choice => {
                self.choice = match (self.choice, more) {
                    (Choice::Auto, true) | (Choice::Never, false) => Choice::Required,
                    (Choice::Required, true) | (Choice::Auto, false) => Choice::Never,
                    (Choice::Never, true) | (Choice::Required, false) => Choice::Auto,
                };
            }
            Knob::Temperature => self.temperature = within(self.temperature, 0, 20),
            Knob::MaxTokens => {
                let next = if more { self.max_tokens.saturating_mul(2) } else { self.max_tokens / 2 };
                self.max_tokens = next.clamp(16, 65_536);
            }
        }
    }

    /// The prompt, in prompted mode.
    pub fn prompt(&self) -> Option<&'static Prompt> {
        self.mode.checked_sub(1).and_then(|at| prompts().get(at))
    }

    /// As a request takes them; `parallel` is what the loop says of calls.
    pub fn manner(&self, parallel: bool) -> Manner {
        let (temperature, max_tokens, choice) = (f64::from(self.temperature) / 10.0, self.max_tokens, self.choice);
        Manner { temperature, max_tokens, choice, parallel }
    }

    /// As the loop takes them.
    pub fn settings(&self) -> Settings {
        Settings {
            mode: self.prompt().map_or(Mode::Native, |prompt| Mode::Prompted(Box::new(prompt.clone()))),
            steps: self.steps,
            parallel: self.parallel,
            stepwise: self.stepwise,
            ..Settings::default()
        }
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
        assert_eq!((knobs.steps, knobs.temperature, knobs.max_tokens), (50, 20, 65_536));
        (0..=prompts().len()).for_each(|_| knobs.turn(Knob::Mode, true));
        knobs.mode = 1;
        assert!(matches!(knobs.settings().mode, Mode::Prompted(_)));
    }
}
