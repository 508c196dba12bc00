//! What is asked for: how many answers of which kind, and the values that settings go through.

use crate::app::field::Field;
use crate::base::Problem;
use crate::lab::samples::{Axis, Grid, MOST_ANSWERS, axis};
use crate::lab::sampling::{Param, Setting, Settings};

/// The rows, in the order shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knob {
    /// Sampling, beam search, best of several.
    Kind,
    /// How many answers each settings has.
    Answers,
    /// Values of the temperature.
    Temperature,
    /// Values of `top_p`.
    TopP,
    /// Further parameters with their values.
    More,
    /// Tokens of one answer.
    MaxTokens,
    /// Alternatives told of each token.
    Logprobs,
    /// The seed.
    Seed,
    /// Requests at a time.
    AtOnce,
}

impl Knob {
    /// In the order shown.
    pub const ALL: [Self; 9] = [
        Self::Kind,
        Self::Answers,
        Self::Temperature,
        Self::TopP,
        Self::More,
        Self::MaxTokens,
        Self::Logprobs,
        Self::Seed,
        Self::AtOnce,
    ];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Answers => "answers each",
            Self::Temperature => "temperature",
            Self::TopP => "top_p",
            Self::More => "more",
            Self::MaxTokens => "max tokens",
            Self::Logprobs => "alternatives",
            Self::Seed => "seed",
            Self::AtOnce => "at a time",
        }
    }

    /// Whether it is typed.
    pub fn typed(self) -> bool {
        matches!(self, Self::Temperature | Self::TopP | Self::More | Self::Seed)
    }

    /// What stands there while nothing is typed.
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Temperature | Self::TopP => "unset, or 0,0.7,1.2",
            Self::More => "such as top_k=20,40",
            _ => "unset",
        }
    }
}

/// What kind of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Sampled ones.
    #[default]
    Sampled,
    /// The best beams of a search.
    Beam,
    /// Sampled ones, of which the best is shown.
    BestOf,
}

/// Their values.
#[derive(Debug, Clone)]
pub struct Knobs {
    /// What kind of answers.
    pub kind: Kind,
    /// How many each settings has.
    pub answers: usize,
    /// Values of the temperature, as typed.
    pub temperature: Field,
    /// Values of `top_p`, as typed.
    pub top_p: Field,
    /// Further parameters, as typed.
    pub more: Field,
    /// Tokens of one answer.
    pub max_tokens: u32,
    /// Alternatives of each token; none asks for no log probabilities.
    pub logprobs: u32,
    /// The seed, as typed.
    pub seed: Field,
    /// Requests at a time.
    pub at_once: usize,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            kind: Kind::Sampled,
            answers: 8,
            temperature: Field::with("0.7"),
            top_p: Field::default(),
            more: Field::default(),
            max_tokens: 256,
            logprobs: 5,
            seed: Field::default(),
            at_once: 4,
        }
    }
}

impl Knobs {
    /// The value in words; empty where it is a field.
    pub fn value(&self, knob: Knob) -> String {
        match knob {
            Knob::Kind => match self.kind {
                Kind::Sampled => "sampled".to_owned(),
                Kind::Beam => "beam search (vLLM)".to_owned(),
                Kind::BestOf => "best of (emulated)".to_owned(),
            },
            Knob::Answers => self.answers.to_string(),
            Knob::MaxTokens => self.max_tokens.to_string(),
            Knob::Logprobs if self.logprobs == 0 => "none: no log probabilities".to_owned(),
            Knob::Logprobs => self.logprobs.to_string(),
            Knob::AtOnce => self.at_once.to_string(),
            _ => String::new(),
        }
    }

    /// The field of a row that is typed.
    pub fn field(&mut self, knob: Knob) -> Option<&mut Field> {
        match knob {
            Knob::Temperature => Some(&mut self.temperature),
            Knob::TopP => Some(&mut self.top_p),
            Knob::More => Some(&mut self.more),
            Knob::Seed => Some(&mut self.seed),
            _ => None,
        }
    }

    /// The same, to be read.
    pub fn text(&self, knob: Knob) -> Option<&Field> {
        match knob {
            Knob::Temperature => Some(&self.temperature),
            Knob::TopP => Some(&self.top_p),
            Knob::More => Some(&self.more),
            Knob::Seed => Some(&self.seed),
            _ => None,
        }
    }

    /// One step up or down.
    pub fn turn(&mut self, knob: Knob, more: bool) {
        const KINDS: [Kind; 3] = [Kind::Sampled, Kind::Beam, Kind::BestOf];
        match knob {
            Knob::Kind => {
                let at = KINDS.iter().position(|kind| *kind == self.kind).unwrap_or(0);
                self.kind = KINDS[(at + if more { 1 } else { KINDS.len() - 1 }) % KINDS.len()];
            }
            Knob::Answers => self.answers = step(self.answers, more, 1, MOST_ANSWERS),
            Knob::MaxTokens => self.max_tokens = step(self.max_tokens as usize, more, 1, 8192) as u32,
            Knob::Logprobs => {
                self.logprobs =
                    if more { self.logprobs.saturating_add(1).min(20) } else { self.logprobs.saturating_sub(1) };
            }
            Knob::AtOnce => self.at_once = step(self.at_once, more, 1, 64),
            Knob::Temperature | Knob::TopP | Knob::More | Knob::Seed => {}
        }
    }

    /// The grid that is wanted.
    ///
    /// # Errors
    /// When what was typed is no value or no parameter.
    pub fn grid(&self) -> Result<Grid, Problem> {
        let mut base = Settings::default();
        let whole = |n: usize| Some(Setting::Whole(i64::try_from(n).unwrap_or(i64::MAX)));
        match self.kind {
            Kind::Sampled => base.set(Param::N, whole(self.answers)),
            Kind::Beam => {
                base.set(Param::N, whole(self.answers));
                base.set(Param::UseBeamSearch, Some(Setting::Switch(true)));
            }
            Kind::BestOf => base.set(Param::BestOf, whole(self.answers)),
        }
        base.set(Param::MaxTokens, whole(self.max_tokens as usize));
        base.set(Param::Logprobs, Some(self.logprobs).filter(|k| *k > 0).and_then(|k| whole(k as usize)));
        let mut axes: Vec<Axis> = Vec::new();
        let named = [("temperature", &self.temperature), ("top_p", &self.top_p), ("seed", &self.seed)];
        let typed = named.into_iter().filter(|(_, field)| !field.text().trim().is_empty());
        let mut texts: Vec<String> = typed.map(|(name, field)| format!("{name}={}", field.text())).collect();
        texts.extend(self.more.text().split([' ', ';']).filter(|text| !text.is_empty()).map(str::to_owned));
        for text in texts {
            let axis = axis(&text)?;
            // One value alone is no axis: it holds for the whole grid.
            match <[Option<Setting>; 1]>::try_from(axis.values.clone()) {
                Ok([value]) => base.set(axis.param, value),
                Err(_) => axes.push(axis),
            }
        }
        Ok(Grid { base, axes })
    }
}

/// Doubles or halves from 8 on, below it goes one by one.
fn step(now: usize, more: bool, least: usize, most: usize) -> usize {
    let next = match (more, now) {
        (true, 8..) => now.saturating_mul(2),
        (true, _) => now + 1,
        (false, 9..) => now / 2,
        (false, _) => now.saturating_sub(1),
    };
    next.clamp(least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_a_grid() {
        let knobs = Knobs {
            temperature: Field::with("0, 0.7"),
            top_p: Field::with("0.9"),
            more: Field::with("top_k=20,40; min_p=0.05"),
            ..Knobs::default()
        };
        let grid = knobs.grid().unwrap();
        assert_eq!(grid.axes.iter().map(Axis::text).collect::<Vec<_>>(), ["temperature=0,0.7", "top_k=20,40"]);
        assert_eq!((grid.base.real(Param::TopP), grid.base.real(Param::MinP)), (Some(0.9), Some(0.05)));
        assert_eq!((grid.base.whole(Param::N), grid.base.whole(Param::Logprobs)), (Some(8), Some(5)));
        let beam = Knobs { kind: Kind::Beam, ..Knobs::default() }.grid().unwrap();
        assert!(beam.base.on(Param::UseBeamSearch));
        let best = Knobs { kind: Kind::BestOf, ..Knobs::default() }.grid().unwrap();
        assert_eq!((best.base.whole(Param::BestOf), best.base.whole(Param::N)), (Some(8), None));
        assert!(Knobs { more: Field::with("heat=3"), ..Knobs::default() }.grid().is_err());
    }

    #[test]
    fn steps_stay_in_range() {
        let mut knobs = Knobs::default();
        let mut seen = vec![knobs.answers];
        for _ in 0..5 {
            knobs.turn(Knob::Answers, true);
            seen.push(knobs.answers);
        }
        assert_eq!(seen, [8, 16, 32, 64, 64, 64]);
        for _ in 0..20 {
            knobs.turn(Knob::Answers, false);
        }
        assert_eq!(knobs.answers, 1);
        for knob in Knob::ALL {
            for more in [true, false] {
                (0..100).for_each(|_| knobs.turn(knob, more));
            }
        }
        assert!(knobs.grid().is_ok());
    }
}
