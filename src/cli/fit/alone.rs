//! The card that a model needs, where there is none to judge: no verdict, only what would do.

use super::json;
use crate::base::Problem;
use crate::models::cards::Spec;
use crate::models::fit::{Ask, Engine};
use crate::models::solve::card_needed;
use crate::models::{Facts, Source};
use serde_json::{Map, Value, json};

/// Fields of an answer that need a card.
const OPEN: [&str; 18] = [
    "vram_total_bytes",
    "vram_free_bytes",
    "budget_bytes",
    "weights_bytes",
    "activation_bytes",
    "cuda_graph_bytes",
    "non_torch_bytes",
    "kv_available_bytes",
    "kv_bytes",
    "kv_bytes_per_token",
    "kv_tokens",
    "max_concurrency",
    "max_model_len",
    "largest_max_model_len",
    "decode_tokens_per_second",
    "calibrated_from_runs",
    "solution",
    "frontier",
];

/// What a model needs, without a judgement.
pub(super) struct Alone {
    pub model: String,
    pub engine: Engine,
    /// What the dimensions rest on.
    pub source: Source,
    /// Why no card was judged.
    pub why: String,
    pub needed: Result<(u64, Vec<Spec>), Problem>,
    pub doubts: Vec<String>,
    pub ignored: Vec<String>,
}

impl Alone {
    /// Works out the card for a request that `none` keeps from a judgement.
    pub fn of(model: String, facts: &Facts, ask: &Ask, none: &Problem) -> Self {
        Self {
            model,
            engine: ask.engine,
            source: facts.source,
            why: format!("no card was judged: {}", none.why),
            needed: card_needed(facts, ask),
            doubts: facts.geometry.doubts.iter().map(|doubt| doubt.what.clone()).collect(),
            ignored: Vec::new(),
        }
    }

    /// With what else is to be said.
    pub fn with(mut self, doubt: Option<String>, ignored: Vec<String>) -> Self {
        self.doubts.extend(doubt);
        self.ignored = ignored;
        self
    }

    /// The JSON of the contract: what needs a card is null.
    pub fn json(&self) -> Value {
        let mut out: Map<String, Value> = OPEN.iter().map(|field| ((*field).to_owned(), Value::Null)).collect();
        out.insert("model".to_owned(), json!(self.model));
        out.insert("engine".to_owned(), json!(self.engine.name()));
        out.insert("verdict".to_owned(), Value::Null);
        out.insert("verdict_unknown".to_owned(), json!(self.why));
        out.insert("why".to_owned(), json!(self.why));
        out.insert("basis".to_owned(), json!({"geometry": json::geometry(self.source)}));
        out.insert("doubts".to_owned(), json!(self.doubts));
        if !self.ignored.is_empty() {
            out.insert("ignored".to_owned(), json!(self.ignored));
        }
        let mut out = Value::Object(out);
        json::needed(&self.needed, &mut out);
        out
    }
}
