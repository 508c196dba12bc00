//! What llama.cpp's server (and Ollama, which runs it) puts on the card, and what its own fitting makes of it.
//!
//! Nothing is probed: llama.cpp sets everything aside at the start, so the sum of its buffers is the whole truth – weights,
//! cache ([`Cells`]), recurrent state, one compute buffer – beside the CUDA context. By default it wants 1,024 MiB to stay
//! free (`--fit`): it shortens a context that nobody asked for down to 4,096 tokens, then leaves layers in RAM.

mod compute;
mod judge;
mod mix;
mod offload;
mod taught;
#[cfg(test)]
mod tests;
mod text;
mod weights;

use super::kv::{Cells, Layout};
use super::learned::{Corrected, Learned};
use super::{Ask, Engine, KvDtype, Length};
use crate::base::Problem;
use crate::models::Facts;
use crate::models::geometry::{Feed, Mixer};
use compute::{Batch, Work};
use weights::Weights;

const MIB: u64 = 1 << 20;
/// CUDA context, cuBLAS and the runtime beside the buffers (457 MiB is what Ollama reserves).
const CONTEXT: u64 = 457 * MIB;
/// How far the context may be off.
const CONTEXT_MARGIN: u64 = 150 * MIB;
/// Slots at most (`n_seq_max must be <= 256`, release 0.7).
pub const MOST_SLOTS: u64 = 256;
/// What `--fit` leaves free.
const FIT_TARGET: u64 = 1024 * MIB;
/// The shortest context that `--fit` goes down to.
const FIT_SHORTEST: u64 = 4096;

/// The mix that `name` means, as weights are counted (`UD-Q4_K_XL` counts as `Q4_K_M`).
///
/// # Errors
/// A usage problem that lists the known ones, when no mix has that name.
pub fn mix(name: &str) -> Result<String, Problem> {
    mix::known(name).map(|(mix, _)| mix).ok_or_else(|| {
        let why = format!("{name:?} is no mix of GGUF files");
        Problem::usage("--quantization is not understood", why, format!("one of {}", mix::MIXES.join(", ")))
    })
}

/// What a model needs on llama.cpp with its flags; made once, judged often.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    ask: Ask,
    name: String,
    weights: Weights,
    cells: Cells,
    work: Work,
    slots: u64,
    unified: bool,
    flash: bool,
    /// Micro-batch where it was asked for.
    ubatch: Option<u64>,
    /// The longest context that the model was made for, tokens; 0 where that is not known.
    limit: u64,
    /// Why the server would refuse, whatever the card.
    refusal: Option<String>,
    /// Share of an expert's bytes that one token moves.
    active: f64,
    /// What Ollama itself expects per token of context, bytes, and for the file.
    predicted: (u64, u64),
    doubtful: Vec<String>,
    /// The weights before anything was learned.
    counted: Weights,
    learned: Learned,
    /// What starts taught of the compute buffer.
    taught: Option<Corrected>,
}

impl Plan {
    /// What `facts` need for `ask`.
    ///
    /// # Errors
    /// When the weights cannot be counted, or flags are out of range.
    pub fn of(facts: &Facts, ask: &Ask) -> Result<Self, Problem> {
        Self::like(facts, ask, None)
    }

    /// The same with the weights of `same`, where there is a plan for the same facts.
    ///
    /// # Errors
    /// As [`Plan::of`].
    pub fn like(facts: &Facts, ask: &Ask, same: Option<&Self>) -> Result<Self, Problem> {
        let flags = &ask.flags;
        for (flag, value) in [("--parallel", flags.max_num_seqs), ("--ubatch-size", flags.ubatch)] {
            if value.is_some_and(|value| value == 0 || value > 1 << 20) {
                let why = format!("{flag} must be between 1 and 1,048,576");
                return Err(Problem::usage(format!("{flag} cannot be used"), why, "leave it out for the default"));
            }
        }
        if flags.max_model_len == Length::Tokens(0) {
            return Err(Problem::usage(
                "the context cannot be used",
                "it is 0 tokens long",
                "leave it out for the default",
            ));
        }
        let (slots, unified) = slots(facts, ask);
        let flash = flags.flash_attention.unwrap_or(true);
        let ubatch = flags.ubatch.or(flags.max_num_batched_tokens);
        let dtype = flags.kv_cache_dtype;
        let layout = Layout { dtype, slots, unified, ubatch: ubatch.unwrap_or(512), swa_full: false };
        let counted = same.map_or_else(|| weights::weights(facts), |same| Ok(same.counted.clone()))?;
        let (weights, learned) = taught::weights(facts, ask, &counted);
        let predicted = (ollama_per_token(facts), weights.card.saturating_add(weights.host));
        let mut plan = Self {
            ask: ask.clone(),
            name: facts.name.clone(),
            cells: Cells::of(&facts.geometry, layout),
            work: Work::of(&facts.geometry),
            weights,
            slots,
            unified,
            flash,
            ubatch,
            limit: facts.geometry.max_context.unwrap_or(0),
            refusal: refusal(facts, dtype, flash).or_else(|| crowded(ask.engine, slots)),
            active: active(facts),
            predicted,
            doubtful: facts.geometry.doubts.iter().filter(|d| d.grave).map(|d| d.what.clone()).collect(),
            counted,
            learned,
            taught: None,
        };
        plan.learn_compute(facts);
        Ok(plan)
    }

    /// From how many starts it was corrected.
    pub fn learned(&self) -> Learned {
        self.learned
    }

    /// How the cache grows.
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    /// The longest context that the model was made for, tokens; 0 where that is not known.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Bytes of the compute buffer for a context that all slots share.
    pub fn compute(&self, context: u64) -> u64 {
        let shift = self.taught.map_or(0, |taught| taught.shift);
        self.raw_compute(context).saturating_add_signed(shift)
    }

    /// The same before anything was learned.
    fn raw_compute(&self, context: u64) -> u64 {
        self.work.bytes(self.batch(context))
    }

    /// Bytes of the cache for a context that all slots share.
    pub fn cache(&self, context: u64) -> u64 {
        self.cells_for(context).allocated(context)
    }

    /// Bytes of the weights that stay on the host.
    pub fn host(&self) -> u64 {
        self.weights.host
    }

    /// Bytes of the recurrent state.
    pub fn state(&self) -> u64 {
        self.cells.state()
    }

    /// Ollama takes larger micro-batches for longer contexts, and windows hold one micro-batch more.
    fn cells_for(&self, context: u64) -> Cells {
        self.cells.with_ubatch(self.ubatch_for(context))
    }

    fn ubatch_for(&self, context: u64) -> u64 {
        let chosen = match (self.ubatch, self.ask.engine) {
            (Some(asked), _) => asked,
            (None, Engine::Ollama) => match context / self.slots {
                0..=4096 => 512,
                4097..=32_768 => 1024,
                _ => 2048,
            },
            (None, _) => 512,
        };
        chosen.min(2048.max(self.ask.flags.max_num_batched_tokens.unwrap_or(0))).min(context.max(1))
    }

    fn batch(&self, context: u64) -> Batch {
        let (full, sliding) = self.cells_for(context).cells(context);
        let runs = if self.unified { 1 } else { self.slots };
        Batch {
            ubatch: self.ubatch_for(context),
            slots: self.slots,
            cells: (full / runs, sliding / runs),
            flash: self.flash,
        }
    }

    fn margin(&self, context: u64) -> u64 {
        let blocks = matches!(self.ask.flags.kv_cache_dtype, KvDtype::Block32(_));
        let work = match &self.taught {
            Some(taught) => taught.margin,
            None => self.work.margin(self.batch(context), blocks),
        };
        self.weights.margin.saturating_add(work).saturating_add(CONTEXT_MARGIN)
    }
}

/// Slots, and whether they share one cache.
fn slots(facts: &Facts, ask: &Ask) -> (u64, bool) {
    match (ask.engine, ask.flags.max_num_seqs) {
        (Engine::Ollama, _) if one_at_a_time(&facts.geometry.architecture) => (1, false),
        (Engine::Ollama, asked) => (asked.unwrap_or(1), false),
        (_, Some(asked)) => (asked, false),
        (_, None) => (4, true),
    }
}

/// Families that Ollama serves one request at a time, and embedding models.
fn one_at_a_time(architecture: &str) -> bool {
    let name = architecture.to_ascii_lowercase().replace(['_', '-'], "");
    ["qwen35", "qwen3next", "qwen3vl", "lfm2", "nemotronh", "mllama"].iter().any(|family| name.starts_with(family))
}

/// Why the server would not start at all.
fn refusal(facts: &Facts, dtype: KvDtype, flash: bool) -> Option<String> {
    match dtype {
        KvDtype::Fp8 | KvDtype::Nvfp4 => Some(
            "llama.cpp has no such cache type: it takes f32, f16, bf16, q8_0, q5_1, q5_0, q4_1, q4_0 and iq4_nl".into(),
        ),
        KvDtype::Block32(_) if !flash => {
            Some("a cache stored in blocks needs flash attention: leave -fa at auto, or take f16".into())
        }
        KvDtype::Block32(_) => {
            let odd = facts.geometry.layers.iter().find_map(|layer| match layer.mixer {
                Mixer::Attention(a) if a.k_dim % 32 != 0 || a.v_dim % 32 != 0 => Some(a.k_dim),
                _ => None,
            })?;
            Some(format!("heads of {odd} numbers cannot be stored in blocks of 32: take f16 for the cache"))
        }
        _ => None,
    }
}

/// More slots than the server takes.
fn crowded(engine: Engine, slots: u64) -> Option<String> {
    let over = engine == Engine::LlamaCpp && slots > MOST_SLOTS;
    over.then(|| format!("{slots} slots are more than the {MOST_SLOTS} that llama.cpp takes: lower --parallel"))
}

/// Share of a routed expert's bytes that one token moves, 0 to 1.
fn active(facts: &Facts) -> f64 {
    let share = facts.geometry.layers.iter().find_map(|layer| match layer.feed {
        Feed::Experts { count, active, .. } => Some(active as f64 / count.max(1) as f64),
        _ => None,
    });
    share.unwrap_or(1.0).clamp(0.0, 1.0)
}

/// Bytes per token of context by Ollama's own estimate: 16-bit, all layers, heads of `hidden / heads` whatever they are.
fn ollama_per_token(facts: &Facts) -> u64 {
    let g = &facts.geometry;
    let heads = g.layers.iter().filter_map(|layer| match layer.mixer {
        Mixer::Attention(a) => Some((a.kv_heads, a.heads)),
        Mixer::Latent(l) => Some((1, l.heads)),
        _ => None,
    });
    let Some((kv_heads, all)) = heads.min() else { return 0 };
    let head = g.hidden.checked_div(all).unwrap_or(0);
    (g.layers.len() as u64).saturating_mul(4).saturating_mul(kv_heads).saturating_mul(head)
}
