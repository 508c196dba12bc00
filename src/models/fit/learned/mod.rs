//! What real starts taught: corrections of the next sum, and what is left of its margin.
//!
//! A [`Lesson`] holds how far the engine's own figures lay from the sum that was made before the start. Lessons of the same
//! shape of model, engine, release, card, driver and system correct a part by their median, drawn towards nothing by how
//! noisy they are beside what the sum itself claims to be sure of (the posterior mean of a normal error with a normal
//! prior: Gelman et al., *Bayesian Data Analysis*, 2.5). The spread is the median absolute deviation, so that one wrong start
//! among several moves nothing. Lessons of other models count where two at least agree on architecture and storage, for half
//! of what they say and less.

mod correct;
#[cfg(test)]
mod tests;

pub(super) use correct::{Corrected, correct};

use super::Ask;
use crate::models::Facts;
use crate::models::geometry::Mixer;
use crate::models::quant::Scheme;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where a start took place. An empty word is not known and speaks for any.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// The card's name.
    pub card: String,
    /// The driver's version.
    pub driver: String,
    /// `linux`, `wsl`, or `simulated` for a card that is none.
    pub system: String,
}

/// What decides over a model's memory beside its settings: checkpoints of one shape take the same.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Shape {
    /// Architecture as the config names it.
    pub architecture: String,
    /// How the weights are stored.
    pub quantisation: String,
    /// Width.
    pub hidden: u64,
    /// Layers.
    pub layers: u64,
    /// Entries of the vocabulary.
    pub vocab: u64,
    /// Heads of keys and values of the first layer with attention.
    pub kv_heads: u64,
}

impl Shape {
    /// Of a model as it is asked for.
    pub fn of(facts: &Facts, ask: &Ask) -> Self {
        let geometry = &facts.geometry;
        let kv_heads = geometry.layers.iter().find_map(|layer| match layer.mixer {
            Mixer::Attention(attention) => Some(attention.kv_heads),
            _ => None,
        });
        let stored = match &facts.quant.scheme {
            Scheme::Plain => "16 bit",
            Scheme::Gguf(mix) => mix,
            _ => facts.quant.method.as_str(),
        };
        Self {
            architecture: geometry.architecture.clone(),
            quantisation: ask.flags.quantization.as_deref().unwrap_or(stored).to_owned(),
            hidden: geometry.hidden,
            layers: geometry.layers.len() as u64,
            vocab: geometry.vocab,
            kv_heads: kv_heads.unwrap_or(0),
        }
    }
}

/// A part that is learned of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taught {
    /// Weights on the card.
    Weights,
    /// vLLM: activation and libraries, inside the budget.
    Around,
    /// vLLM: CUDA graphs, inside the budget or on top.
    Graphs,
    /// vLLM: both together, where the engine did not say what its graphs take.
    Beside,
    /// llama.cpp: the compute buffer.
    Compute,
}

/// How far one part lay off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Off {
    /// Which part.
    pub part: Taught,
    /// Bytes by the sum before anything was learned.
    pub raw: u64,
    /// What the engine said, less `raw`, bytes.
    pub off: i64,
}

/// What one start taught.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Lesson {
    /// Seconds since the Unix epoch.
    pub at: f64,
    /// Whose rules of memory, as [`super::Engine::name`] says it.
    pub engine: String,
    /// Release, major and minor number; `None` where it was not known.
    pub version: Option<(u32, u32)>,
    /// Where.
    pub place: Place,
    /// The model as asked for.
    pub model: String,
    /// Its shape.
    pub shape: Shape,
    /// Cards that share the tensors; 0 counts as one.
    #[serde(default)]
    pub cards: u64,
    /// Parts.
    pub offs: Vec<Off>,
}

/// Lessons that may speak for a model; cheap to clone.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lessons(Option<Arc<[Lesson]>>);

impl Lessons {
    /// Those of `all` that may speak for a model of these facts at `place`: same card and system, same architecture.
    pub fn of(all: &[Lesson], facts: &Facts, place: &Place) -> Self {
        if all.is_empty() {
            return Self(None);
        }
        let architecture = &facts.geometry.architecture;
        let speaks = |lesson: &&Lesson| &lesson.shape.architecture == architecture && lesson.place.is_near(place);
        let mut found: Vec<Lesson> = all.iter().filter(speaks).cloned().collect();
        for lesson in &mut found {
            // Where the driver is not said, any will do.
            if place.driver.is_empty() {
                lesson.place.driver.clear();
            } else if lesson.place.driver != place.driver {
                lesson.place.driver = "another".to_owned();
            } else {
                lesson.place.driver.clear();
            }
        }
        Self((!found.is_empty()).then(|| found.into()))
    }

    /// The lessons, oldest first.
    pub fn list(&self) -> &[Lesson] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl Place {
    /// The same card and system, as far as both are said.
    fn is_near(&self, other: &Self) -> bool {
        let simulated = |place: &Self| place.system == "simulated";
        let same = |a: &str, b: &str| a.is_empty() || b.is_empty() || a == b;
        simulated(self) == simulated(other)
            && same(&self.system, &other.system)
            && same(&plain(&self.card), &plain(&other.card))
    }
}

/// A card's name without its maker's words.
fn plain(card: &str) -> String {
    let words = card.split_whitespace().filter(|word| !["NVIDIA", "GeForce", "Graphics"].contains(word));
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

/// From how many starts a sum was corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Learned {
    /// Starts of this shape of model, on this release, card, driver and system.
    pub runs: u64,
    /// Starts of its relatives that were used because there were none of its own.
    pub related: u64,
    /// Bytes by which the sum beside the cache grew (below zero: shrank).
    pub shift: i64,
    /// The margin before, bytes.
    pub margin_before: u64,
}

impl Learned {
    /// `from 3 runs`, `from 2 runs of related models`; `None` where nothing was learned.
    pub fn words(&self) -> Option<String> {
        let runs = |n: u64| if n == 1 { "1 run".to_owned() } else { format!("{n} runs") };
        match (self.runs, self.related) {
            (0, 0) => None,
            (0, related) => Some(format!("from {} of related models", runs(related))),
            (own, _) => Some(format!("from {}", runs(own))),
        }
    }
}

impl Lesson {
    /// Whether it is of this engine, on as many cards.
    fn is_of(&self, ask: &Ask) -> bool {
        self.engine == ask.engine.name() && self.cards.max(1) == ask.flags.cards()
    }
}
