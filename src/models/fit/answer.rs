//! The answer: a sum with one line per part, what each rests on, a margin and a verdict.

use super::ask::Engine;
use super::learned::Learned;

/// What comes of starting it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It starts, with room to spare beyond the margin.
    Fits,
    /// It starts by the sum, but less room is left than the sum is sure of.
    Tight,
    /// Too little is known of the model to say more than that its weights are smaller than what is free.
    Unknown,
    /// The parts do not fit.
    DoesNotFit,
    /// The engine refuses before it loads anything, or for a reason that is not about bytes.
    RefusedAtStart,
}

impl Verdict {
    /// The word of the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::Tight => "tight",
            Self::Unknown => "unknown",
            Self::DoesNotFit => "does_not_fit",
            Self::RefusedAtStart => "refused_at_start",
        }
    }

    /// Whether the engine would start.
    pub fn starts(self) -> bool {
        matches!(self, Self::Fits | Self::Tight)
    }
}

/// What a line of the sum rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartBasis {
    /// Said by an engine or a device.
    Measured,
    /// Summed from the headers of the model's files.
    Headers,
    /// Computed from the model's own configuration.
    Config,
    /// Computed from shipped data.
    Catalogue,
    /// A rule of the engine's source.
    EngineRule,
    /// A constant fitted to recorded logs.
    Fitted,
    /// Said by the person.
    Stated,
    /// Assumed, because nothing says it.
    Assumed,
}

impl PartBasis {
    /// The words for a person: headers are those of GGUF files too.
    pub fn words(self) -> &'static str {
        match self {
            Self::Headers => "file headers",
            other => other.name(),
        }
    }

    /// The word of the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Headers => "safetensors",
            Self::Config => "config",
            Self::Catalogue => "catalogue",
            Self::EngineRule => "engine rule",
            Self::Fitted => "fitted to logs",
            Self::Stated => "stated",
            Self::Assumed => "assumed",
        }
    }
}

/// What a line of the sum is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartKind {
    /// Weights on the card.
    Weights,
    /// The peak of one forward pass, the sampler or an image.
    Activation,
    /// CUDA graphs.
    Graphs,
    /// Context and libraries inside the engine's budget.
    NonTorch,
    /// Context, driver and other programs outside of the budget.
    Outside,
    /// The KV cache of one request of `max_model_len`.
    Kv,
    /// Recurrent state (llama.cpp keeps it apart).
    State,
    /// llama.cpp's compute buffer.
    Compute,
}

/// One line of the sum.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Bytes per card.
    pub bytes: u64,
    /// How far it may be off, bytes.
    pub margin: u64,
    /// What it rests on.
    pub basis: PartBasis,
    /// One clause: the formula with its numbers, or the source.
    pub why: String,
}

/// The sum and its verdict. Bytes are per card under tensor parallelism.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// For which engine.
    pub engine: Engine,
    /// What comes of starting it.
    pub verdict: Verdict,
    /// Why, one sentence with the deciding numbers and, where it does not start, what to change.
    pub why: String,
    /// The lines of the sum.
    pub parts: Vec<Part>,
    /// Total bytes of the card.
    pub total: u64,
    /// Free bytes at the start, stated or assumed.
    pub free: u64,
    /// Whether `free` was assumed out of the total.
    pub free_assumed: bool,
    /// Bytes that the engine may use.
    pub budget: u64,
    /// Bytes left for the KV cache; below zero when not even the rest fits.
    pub kv_available: i64,
    /// Bytes of the KV cache that one request of `max_model_len` needs.
    pub kv_needed: u64,
    /// Bytes that one more token of a long request costs (0 for models without a cache).
    pub kv_per_token: u64,
    /// Tokens of cache, as the engine prints them.
    pub kv_tokens: u64,
    /// Requests of `max_model_len` that fit at the same time.
    pub max_concurrency: f64,
    /// The length that was asked for, or chosen.
    pub max_model_len: u64,
    /// The longest context of one request that would fit, tokens; 0 when none does.
    pub largest_max_model_len: u64,
    /// Layers on the card and in all, where an engine can split (llama.cpp, Ollama).
    pub offload: Option<(u64, u64)>,
    /// How far `kv_available` may be off, bytes.
    pub margin: u64,
    /// On how many real starts constants and margins rest, this machine's own among them; 0 for none.
    pub calibrated_from_runs: u64,
    /// What starts on this machine taught.
    pub learned: Learned,
}

impl Fit {
    /// Bytes of a part, 0 when it has no line.
    pub fn bytes(&self, kind: PartKind) -> u64 {
        self.parts.iter().filter(|part| part.kind == kind).fold(0, |sum, part| sum.saturating_add(part.bytes))
    }
}
