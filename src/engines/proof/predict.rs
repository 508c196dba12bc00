//! The prediction, made of what the estimator says with the plan's flags.

use super::{NO_CARD, Predicted, Prediction, ProofPart, Raw};
use crate::base::Problem;
use crate::base::units::MIB;
use crate::models::Facts;
use crate::models::fit::learned::{Learned, Lessons, Place, Shape};
use crate::models::fit::{Ask, Engine, Fit, Needs, PartKind, Room, Verdict};

/// How far the sum of all that a process holds may lie beside its parts: context and what the allocator keeps.
const HELD_OFF: u64 = 256 * MIB;

/// What a prediction is made for.
#[derive(Debug, Clone, PartialEq)]
pub struct Question<'a> {
    /// The model as asked for.
    pub model: &'a str,
    /// Its facts, with the lessons that speak for it.
    pub facts: &'a Facts,
    /// What the plan's flags ask.
    pub ask: &'a Ask,
    /// The card, or the machine's memory where there is none.
    pub room: Room,
    /// Where.
    pub place: Place,
}

impl Prediction {
    /// Predicts a start at `at`, seconds since the Unix epoch.
    ///
    /// # Errors
    /// When flags contradict each other, or nothing is known of the model's layers.
    pub fn of(question: &Question<'_>, at: f64) -> Result<Self, Problem> {
        let Question { facts, ask, room, .. } = question;
        let plain = Facts { learned: Lessons::default(), ..(*facts).clone() };
        let needs = Needs::of(facts, ask, room.total)?;
        let before = Needs::of(&plain, ask, room.total)?;
        let (fit, raw) = (needs.explain(*room), before.explain(*room));
        let given = ask.flags.kv_cache_memory_bytes.is_some();
        let has_card = question.place.card != NO_CARD;
        Ok(Self {
            at,
            rules: ask.engine.name().to_owned(),
            version: ask.version.map(|version| (version.0, version.1)),
            place: question.place.clone(),
            shape: Shape::of(facts, ask),
            model: question.model.to_owned(),
            cards: ask.flags.cards(),
            verdict: if has_card { fit.verdict.name() } else { Verdict::Unknown.name() }.to_owned(),
            budget: if ask.engine == Engine::Vllm && !given && has_card { fit.budget } else { 0 },
            parts: parts(&fit, &needs, ask, has_card),
            raw: Raw {
                weights: raw.bytes(PartKind::Weights),
                host: before.host_weights(),
                around: raw.bytes(PartKind::Activation).saturating_add(raw.bytes(PartKind::NonTorch)),
                graphs: raw.bytes(PartKind::Graphs),
                graphs_inside: before.graphs_inside(),
                compute: raw.bytes(PartKind::Compute),
            },
            learned: needs.learned().words().unwrap_or_default(),
        })
    }
}

/// All beside weights and cache inside the budget, and its margin.
fn beside(fit: &Fit, needs: &Needs) -> (u64, f64) {
    let inside = |kind: PartKind| match kind {
        PartKind::Activation | PartKind::NonTorch => true,
        PartKind::Graphs => needs.graphs_inside(),
        _ => false,
    };
    let parts = || fit.parts.iter().filter(|part| inside(part.kind));
    let bytes = parts().fold(0_u64, |sum, part| sum.saturating_add(part.bytes));
    (bytes, parts().map(|part| (part.margin as f64).powi(2)).sum::<f64>().sqrt())
}

fn parts(fit: &Fit, needs: &Needs, ask: &Ask, has_card: bool) -> Vec<Predicted> {
    let learned = needs.learned() != Learned::default();
    let mut parts = Vec::new();
    let mut say = |part, value: f64, margin: Option<f64>| parts.push(Predicted { part, value, margin });
    let kinds = [
        (PartKind::Weights, ProofPart::Weights),
        (PartKind::Activation, ProofPart::Activation),
        (PartKind::Graphs, ProofPart::Graphs),
        (PartKind::Compute, ProofPart::Compute),
        (PartKind::State, ProofPart::State),
    ];
    for (kind, part) in kinds {
        // Without a card vLLM captures nothing and profiles nothing.
        let is_profiled = matches!(part, ProofPart::Activation | ProofPart::Graphs);
        let Some(found) = fit.parts.iter().find(|found| found.kind == kind && (has_card || !is_profiled)) else {
            continue;
        };
        // What was learned of is the sum beside the cache: its lines share one margin.
        let shared = is_profiled && learned;
        say(part, found.bytes as f64, (!shared).then_some(found.margin as f64));
    }
    let per_token = fit.kv_per_token.max(1) as f64;
    let given = ask.flags.kv_cache_memory_bytes;
    match ask.engine {
        Engine::Vllm if has_card || given.is_some() => {
            let (beside, off) = beside(fit, needs);
            let margin = if given.is_some() { 0.0 } else { fit.margin as f64 };
            if has_card && given.is_none() {
                say(ProofPart::Beside, beside as f64, Some(off));
            }
            say(ProofPart::Kv, fit.kv_available.max(0) as f64, Some(margin));
            say(ProofPart::KvTokens, fit.kv_tokens as f64, Some(margin / per_token));
            let requests = per_token * fit.max_model_len.max(1) as f64;
            say(ProofPart::Concurrency, fit.max_concurrency, Some(margin / requests));
        }
        Engine::Vllm => {}
        Engine::LlamaCpp | Engine::Ollama => say(ProofPart::Kv, fit.bytes(PartKind::Kv) as f64, Some(0.0)),
    }
    if has_card {
        let (held, off) = held(fit, needs, ask.engine);
        say(ProofPart::Total, held as f64, Some(off as f64));
    }
    parts
}

/// What the processes hold once all is there, and how far that may be off.
fn held(fit: &Fit, needs: &Needs, engine: Engine) -> (u64, u64) {
    match engine {
        Engine::Vllm => {
            let on_top = if needs.graphs_inside() { 0 } else { fit.bytes(PartKind::Graphs) };
            (fit.budget.saturating_add(on_top), HELD_OFF.max(on_top / 2))
        }
        Engine::LlamaCpp | Engine::Ollama => {
            (fit.parts.iter().fold(0, |sum, part| sum.saturating_add(part.bytes)), fit.margin)
        }
    }
}
