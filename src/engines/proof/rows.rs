//! Predicted, said, counted: the rows of the proof.

use super::{Prediction, ProofPart};
use crate::base::Bytes;
use crate::base::units::{GIB, MIB};
use crate::engines::logfacts::MemoryPart;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What engine and card said once the run was ready.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Said {
    /// Memory by the engine's own account.
    pub memory: BTreeMap<MemoryPart, Bytes>,
    /// Of it, what lies in the machine's own memory.
    pub host: BTreeMap<MemoryPart, Bytes>,
    /// Tokens of the cache.
    pub kv_tokens: Option<u64>,
    /// Requests of full length at once.
    pub concurrency: Option<f64>,
    /// What the processes of the run hold, as the card counts it.
    pub held: Option<Bytes>,
}

impl Said {
    fn bytes(&self, part: MemoryPart) -> Option<f64> {
        self.memory.get(&part).map(|bytes| bytes.0 as f64)
    }

    /// A figure of llama.cpp's without what lies on the host; where all of it does, there was no card.
    fn on_card(&self, part: MemoryPart) -> Option<f64> {
        let (all, host) = (self.bytes(part)?, self.host.get(&part).map_or(0.0, |bytes| bytes.0 as f64));
        Some(if host < all { all - host } else { all })
    }

    /// Weights on the card, where the engine says them; without a card those that lie on the host.
    pub(super) fn weights(&self, prediction: &Prediction) -> Option<f64> {
        let found = self.on_card(MemoryPart::Weights)?;
        // Without a card the file is mapped as a whole.
        let extra = if prediction.has_card() { 0 } else { prediction.raw.host };
        Some(found - extra as f64)
    }

    /// llama.cpp's compute buffer on the card.
    pub(super) fn compute(&self) -> Option<f64> {
        self.on_card(MemoryPart::Compute)
    }

    /// All inside vLLM's budget beside weights and cache: what is left of the budget.
    pub(super) fn beside(&self, prediction: &Prediction) -> Option<f64> {
        if prediction.budget == 0 {
            return None;
        }
        Some(prediction.budget as f64 - self.bytes(MemoryPart::Weights)? - self.bytes(MemoryPart::KvCache)?)
    }

    /// vLLM's graphs: where they are taken off the budget, what was taken off.
    pub(super) fn graphs(&self, prediction: &Prediction) -> Option<f64> {
        let estimated = self.bytes(MemoryPart::GraphsEstimate).filter(|_| prediction.raw.graphs_inside);
        estimated.or_else(|| self.bytes(MemoryPart::Graphs))
    }

    fn of(&self, part: ProofPart, prediction: &Prediction) -> Option<f64> {
        match part {
            ProofPart::Weights => self.weights(prediction),
            ProofPart::Activation => self.bytes(MemoryPart::Compute),
            ProofPart::Graphs => self.graphs(prediction),
            ProofPart::Beside => self.beside(prediction),
            ProofPart::Compute => self.compute(),
            ProofPart::State => self.bytes(MemoryPart::State),
            ProofPart::Kv => self.bytes(MemoryPart::KvCache),
            ProofPart::KvTokens => self.kv_tokens.map(|tokens| tokens as f64),
            ProofPart::Concurrency => self.concurrency,
            ProofPart::Total => None,
        }
    }
}

/// One part: predicted, said by the engine, counted by the card.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Which.
    pub part: ProofPart,
    /// Predicted before the start: bytes, tokens or requests.
    pub predicted: f64,
    /// How far it was said to be off at most.
    pub margin: Option<f64>,
    /// The engine's own figure.
    pub engine: Option<f64>,
    /// The card's count.
    pub card: Option<f64>,
    /// What was found less what was predicted.
    pub difference: Option<f64>,
    /// Whether it lies within the margin, the rounding of the engine's figure aside.
    pub within: Option<bool>,
}

/// Holds a prediction against what was said.
pub fn rows(prediction: &Prediction, said: &Said) -> Vec<Row> {
    let row = |predicted: &super::Predicted| {
        let engine = said.of(predicted.part, prediction);
        let card = (predicted.part == ProofPart::Total).then(|| said.held.map(|bytes| bytes.0 as f64)).flatten();
        let difference = engine.or(card).map(|found| found - predicted.value);
        let rounding = rounding(prediction, predicted.part, engine);
        let within = difference.zip(predicted.margin).map(|(off, margin)| off.abs() <= margin + rounding);
        Row {
            part: predicted.part,
            predicted: predicted.value,
            margin: predicted.margin,
            engine,
            card,
            difference,
            within,
        }
    };
    prediction.parts.iter().map(row).collect()
}

/// Half of the last digit that the engine prints: hundredths of a GiB (vLLM) or of a MiB (llama.cpp), tenths of a GiB or of
/// a MiB (Ollama's own runner); two figures where one is the rest of the other. Concurrency has two digits, tokens come in
/// whole blocks.
fn rounding(prediction: &Prediction, part: ProofPart, engine: Option<f64>) -> f64 {
    let whole =
        |digit: f64| engine.is_some_and(|bytes| bytes > 0.0 && (bytes / digit - (bytes / digit).round()).abs() < 1e-6);
    let (gib, mib) = (GIB as f64, MIB as f64);
    let digit = match prediction.rules.as_str() {
        "vllm" => gib / 100.0,
        "ollama" if whole(gib / 10.0) => gib / 10.0,
        "ollama" if whole(mib / 10.0) => mib / 10.0,
        _ => mib / 100.0,
    };
    match part {
        ProofPart::KvTokens => engine.unwrap_or(0.0) / 1000.0 + 64.0,
        ProofPart::Concurrency => 0.01,
        ProofPart::Beside => digit,
        _ => digit / 2.0 + 1.0,
    }
}
