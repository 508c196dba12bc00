//! Settings as the fields of a request in one dialect, with notes on what the engine will not do as asked.

use super::{Param, Setting, Settings, Support, support};
use crate::wire::Dialect;
use serde::Serialize;
use serde_json::{Value, json};

/// Something the person should know before a request is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The parameter it is about.
    pub param: Param,
    /// One sentence without a full stop.
    pub text: String,
}

/// The fields of a request, in the names of the dialect. What is unset is not sent; what the dialect lacks is not sent
/// either and gives a note, as does a combination that the engine refuses or ignores.
pub fn to_fields(settings: &Settings, dialect: Dialect) -> (Vec<(String, Value)>, Vec<Note>) {
    let mut made = Made { settings, dialect, fields: Vec::new(), notes: Vec::new() };
    for param in Param::ALL {
        if let Some(value) = settings.0.get(&param) {
            made.one(param, value);
        }
    }
    made.combinations();
    (made.fields, made.notes)
}

struct Made<'a> {
    settings: &'a Settings,
    dialect: Dialect,
    fields: Vec<(String, Value)>,
    notes: Vec<Note>,
}

impl Made<'_> {
    fn one(&mut self, param: Param, value: &Setting) {
        match support(param, self.dialect) {
            Support::No { why } => self.note(param, format!("{} is not sent: {why}", param.name())),
            Support::Emulated { how, .. } => self.best_of(value, how),
            Support::Yes { .. } if param == Param::LengthPenalty && !self.settings.on(Param::UseBeamSearch) => {
                self.note(param, "length_penalty is not sent: it counts in beam search only".into());
            }
            Support::Yes { field, .. } => {
                if param == Param::Logprobs {
                    self.set("logprobs", true.into());
                }
                let at_least = if param == Param::N { self.settings.whole(Param::BestOf) } else { None };
                match (at_least, value) {
                    (Some(most), Setting::Whole(n)) if most > *n => {}
                    _ => self.set(field, json!(value)),
                }
            }
        }
    }

    /// `n` answers with log probabilities, of which the caller shows the best.
    fn best_of(&mut self, value: &Setting, how: &str) {
        let Setting::Whole(candidates @ 2..) = *value else { return };
        let n = candidates.max(self.settings.whole(Param::N).unwrap_or(1));
        self.set("n", n.into());
        self.set("logprobs", true.into());
        self.note(Param::BestOf, how.to_owned());
    }

    fn set(&mut self, field: &str, value: Value) {
        match self.fields.iter_mut().find(|(name, _)| name == field) {
            Some(slot) => slot.1 = value,
            None => self.fields.push((field.to_owned(), value)),
        }
    }

    fn note(&mut self, param: Param, text: String) {
        self.notes.push(Note { param, text });
    }

    fn sent(&self, field: &str) -> Option<i64> {
        self.fields.iter().find(|(name, _)| name == field)?.1.as_i64()
    }

    fn combinations(&mut self) {
        let beam = self.settings.on(Param::UseBeamSearch) && self.fields.iter().any(|(f, _)| f == "use_beam_search");
        let answers = self.sent("n").unwrap_or(1);
        if beam {
            self.beam(answers);
        } else if answers > 1 && self.settings.real(Param::Temperature) == Some(0.0) {
            let text = match self.dialect {
                Dialect::Vllm => "vLLM refuses more than one answer at temperature 0",
                _ => "at temperature 0 all answers are the same",
            };
            self.note(Param::N, text.into());
        }
        if let (Some(least), Some(most)) = (self.sent("min_tokens"), self.sent("max_tokens"))
            && least > most
        {
            self.note(
                Param::MinTokens,
                format!("min_tokens {least} is more than max_tokens {most}: the engine refuses"),
            );
        }
    }

    fn beam(&mut self, width: i64) {
        if width < 2 {
            self.note(Param::UseBeamSearch, "the beam is one wide: set n to its width".into());
        }
        let unused: Vec<&str> = [
            Param::TopP,
            Param::TopK,
            Param::MinP,
            Param::PresencePenalty,
            Param::FrequencyPenalty,
            Param::RepetitionPenalty,
        ]
        .into_iter()
        .filter(|param| self.settings.0.contains_key(param))
        .map(Param::name)
        .collect();
        if !unused.is_empty() {
            self.note(Param::UseBeamSearch, format!("beam search does not use {}", unused.join(", ")));
        }
    }
}

impl Settings {
    /// A switch that is on.
    pub fn on(&self, param: Param) -> bool {
        self.0.get(&param) == Some(&Setting::Switch(true))
    }

    /// A whole number that is set.
    pub fn whole(&self, param: Param) -> Option<i64> {
        match self.0.get(&param) {
            Some(Setting::Whole(n)) => Some(*n),
            _ => None,
        }
    }

    /// A real number that is set.
    pub fn real(&self, param: Param) -> Option<f64> {
        match self.0.get(&param) {
            Some(Setting::Real(x)) => Some(*x),
            Some(Setting::Whole(n)) => Some(*n as f64),
            _ => None,
        }
    }

    /// Sets a parameter, or unsets it.
    pub fn set(&mut self, param: Param, value: Option<Setting>) {
        match value {
            Some(value) => self.0.insert(param, value),
            None => self.0.remove(&param),
        };
    }
}
