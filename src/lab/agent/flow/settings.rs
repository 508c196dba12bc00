//! How an exchange is led.

use crate::lab::agent::prompt::Prompt;

/// How the model is told of tools.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Mode {
    /// By the request's field `tools`: the server writes them into the prompt and reads the calls.
    #[default]
    Native,
    /// By instructions in the conversation; the calls are read here.
    Prompted(Box<Prompt>),
}

/// Settings of an exchange.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// How the model is told of tools.
    pub mode: Mode,
    /// Answers with calls until it ends; at least 1.
    pub steps: usize,
    /// Whether the calls of one answer run at the same time; otherwise one after another.
    pub parallel: bool,
    /// Answers in a row with a call that cannot be used, that the model may correct.
    pub retries: usize,
    /// Answers in which one call with the same arguments may be made; one more is a loop. At least 1.
    pub repeats: usize,
    /// Calls of one answer; those beyond it are not made.
    pub most_calls: usize,
    /// Whether it waits before the model is asked again.
    pub stepwise: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { mode: Mode::Native, steps: 5, parallel: true, retries: 2, repeats: 2, most_calls: 32, stepwise: false }
    }
}
