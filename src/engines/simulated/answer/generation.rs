//! One request on its way: all its answers, one token of each in turn.

use super::choice::Choice;
use super::plan::plan;
use super::tools::phrases;
use super::{Event, Reason};
use crate::engines::simulated::constrain::Compiler;
use crate::engines::simulated::model::{ASSISTANT, END, Focus, LanguageModel, TokenId};
use crate::engines::simulated::request::Ask;
use crate::engines::simulated::rng::Rng;
use crate::engines::simulated::sampling::{History, StopScanner, search};
use std::sync::Arc;

/// What all requests share: the model and the compiler of rules for its vocabulary.
#[derive(Debug)]
pub struct Knowledge {
    /// The model.
    pub model: LanguageModel,
    /// Compiles schemas and grammars.
    pub compiler: Compiler,
}

impl Knowledge {
    /// Trains the model.
    ///
    /// # Errors
    /// When llguidance refuses the vocabulary.
    pub fn new() -> Result<Self, String> {
        let model = LanguageModel::trained();
        let compiler = Compiler::new(&model)?;
        Ok(Self { model, compiler })
    }

    /// The tokens of a request's prompt.
    pub fn prompt(&self, ask: &Ask) -> Vec<TokenId> {
        if ask.raw {
            return self.model.vocab().encode(ask.turns.first().map_or("", |t| t.text.as_str()).as_bytes());
        }
        let tools = ask.tools.iter().map(|t| format!("{} {} {}", t.name, t.description, t.parameters));
        let tools = tools.collect::<Vec<_>>().join("\n");
        let mut turns: Vec<(bool, &str)> = ask.turns.iter().map(|t| (t.role == "assistant", t.text.as_str())).collect();
        if !tools.is_empty() {
            turns.insert(0, (false, tools.as_str()));
        }
        self.model.read_prompt(&turns)
    }
}

/// The answers of one request.
#[derive(Debug)]
pub struct Generation {
    knowledge: Arc<Knowledge>,
    ask: Ask,
    focus: Focus,
    choices: Vec<Choice>,
    budget: usize,
    turn: usize,
}

impl Generation {
    /// Plans the answers. `prompt` are the prompt's tokens, `budget` the most tokens of an answer, `think` whether to
    /// reason first, `fixed` a text to write instead of the model's.
    ///
    /// # Errors
    /// Why the rule cannot be compiled.
    pub fn start(
        knowledge: Arc<Knowledge>,
        ask: Ask,
        prompt: &[TokenId],
        budget: usize,
        think: bool,
        fixed: Option<&[u8]>,
        seed: u64,
    ) -> Result<Self, String> {
        let mut focus = knowledge.model.focus(ask.last_user_text());
        if ask.rule.is_some() {
            knowledge.model.quote(&mut focus, &phrases(ask.last_user_text()));
        }
        let segments = plan(&ask, think, fixed, knowledge.model.vocab(), &knowledge.compiler)?;
        let start = if ask.raw { prompt.to_vec() } else { vec![ASSISTANT] };
        let choices = (0..ask.n).map(|index| {
            let stops = StopScanner::new(ask.stop.clone(), ask.keep_stop);
            Choice::new(
                index,
                Rng::new(seed, u64::from(index)),
                start.clone(),
                segments.clone(),
                History::after(prompt),
                stops,
            )
        });
        let choices = choices.collect();
        Ok(Self { knowledge, focus, choices, budget, turn: 0, ask })
    }

    /// How many answers are still being written.
    pub fn open(&self) -> usize {
        self.choices.iter().filter(|choice| !choice.over).count()
    }

    /// Writes one token of the next answer; `None` when all are over.
    pub fn step(&mut self) -> Option<Vec<Event>> {
        let n = self.choices.len();
        let at = (0..n).map(|i| (self.turn + i) % n).find(|&i| !self.choices[i].over)?;
        self.turn = at + 1;
        let choice = &mut self.choices[at];
        Some(choice.step(&self.knowledge, &self.ask, &mut self.focus, self.budget))
    }

    /// Whether the answers come from a beam search.
    pub fn is_beam(&self) -> bool {
        self.ask.beam.is_some()
    }

    /// Searches with beams; each answer comes whole. `keep_going` is asked before every step.
    pub fn beams(&mut self, keep_going: impl FnMut() -> bool) -> Vec<Event> {
        let Self { knowledge, ask, focus, choices, budget, .. } = self;
        let start = choices.first().map(|choice| choice.context.clone()).unwrap_or_default();
        let next = |tokens: &[u32], probs: &mut Vec<f32>| {
            let context = [start.as_slice(), tokens].concat();
            knowledge.model.next(focus, &context, tokens.len(), false, probs);
        };
        let penalty = ask.beam.unwrap_or(1.0);
        let found = search(ask.n as usize, *budget, penalty, END, ask.settings.ignore_eos, next, keep_going);
        for choice in choices.iter_mut() {
            choice.over = true;
        }
        let vocab = knowledge.model.vocab();
        let whole = found.into_iter().enumerate().flat_map(|(i, beam)| {
            let choice = i as u32;
            let text = String::from_utf8_lossy(&vocab.decode(&beam.tokens)).into_owned();
            let reason = if beam.ended { Reason::Stop } else { Reason::Length };
            let count = beam.tokens.len() as u64;
            [
                Event::Text { choice, reasoning: false, text, tokens: Vec::new(), count },
                Event::End { choice, reason, stop: None },
            ]
        });
        whole.collect()
    }
}
