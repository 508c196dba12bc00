//! What a recipe is made for: the engine, the card, the model, and what the person chose.

use super::{Extra, Profile, Rules};
use crate::engines::flags::FlagTable;
use crate::engines::{Dialect, EngineKind, FlagSetting};
use crate::models::Facts;
use crate::models::catalogue::Entry;
use crate::models::fit::learned::Place;
use crate::models::fit::{Engine, Room, Version};
use crate::models::geometry::{Mixer, Runner};
use crate::models::quant::Scheme;
use crate::models::solve::Solution;
use serde::Deserialize;
use std::path::PathBuf;

/// Something that holds of a model, an engine or a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trait {
    /// The engine runs on a card.
    Card,
    /// The engine is a build for the CPU.
    Cpu,
    /// The machine is a Linux below Windows.
    Wsl,
    /// It writes text.
    Generate,
    /// It gives vectors or scores.
    Pooling,
    /// Experts are among its layers.
    Moe,
    /// Some layers keep a state of fixed size.
    Recurrent,
    /// Some layers see a window only.
    Sliding,
    /// Latent attention.
    Latent,
    /// Attention sinks.
    Sinks,
    /// It sees or hears.
    Vision,
    /// It carries layers for multi-token prediction.
    Mtp,
    /// 8-bit floats.
    Fp8,
    /// 4-bit floats of NVIDIA.
    Nvfp4,
    /// 4-bit floats of the OCP.
    Mxfp4,
    /// Packed integers (AWQ, GPTQ).
    Packed,
    /// 8-bit integers with 8-bit activations.
    Int8,
    /// Ollama serves it one request at a time.
    OneSlot,
}

/// The card as far as a recipe needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ground {
    /// Its memory.
    pub room: Room,
    /// Compute capability, where it is known.
    pub compute: Option<(u32, u32)>,
    /// Cards of the machine.
    pub cards: u32,
    /// Where it is, by which it is known what starts taught; `None` where that was not looked up.
    pub place: Option<Place>,
    /// Whether a person named it instead of the one at hand: then it is composed for, whatever the engine here is built for.
    pub stated: bool,
}

/// What a recipe is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Kind of server.
    pub kind: EngineKind,
    /// Whose dialect a simulated one speaks.
    pub dialect: Option<Dialect>,
    /// The model: a path, a hub name, a tag.
    pub model: String,
    /// The program or environment that was named.
    pub program: Option<PathBuf>,
    /// The card, or why there is none.
    pub ground: Result<Ground, String>,
    /// What was chosen.
    pub choices: Choices,
}

/// What a recipe is composed for. What is not known is left out, and rules that need it are passed over.
#[derive(Debug, Clone)]
pub struct Situation<'a> {
    /// The kind of server; a simulated one takes few flags.
    pub kind: EngineKind,
    /// Whose flags are composed.
    pub engine: Engine,
    /// Its release.
    pub version: Option<Version>,
    /// Whether it is a build for the CPU.
    pub cpu_build: bool,
    /// The flags of the server that is started.
    pub table: &'a FlagTable,
    /// The rules.
    pub rules: &'a Rules,
    /// The card's memory, where there is a card.
    pub room: Option<Room>,
    /// Compute capability of the card, where there is one.
    pub compute: Option<(u32, u32)>,
    /// Cards of the machine.
    pub cards: u32,
    /// Whether the machine is a Linux below Windows.
    pub wsl: bool,
    /// What is known of the model's weights.
    pub facts: Option<&'a Facts>,
    /// Its entry in the catalogue.
    pub entry: Option<&'a Entry>,
    /// What the solver worked out for the profile, or why nothing.
    pub solution: Result<&'a Solution, &'a str>,
}

/// What the person chose.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choices {
    /// The profile.
    pub profile: Profile,
    /// What beside it.
    pub extras: Vec<Extra>,
    /// Flags set by hand: they stay, whatever a profile says.
    pub own: Vec<FlagSetting>,
    /// Variables set by hand.
    pub own_env: Vec<(String, String)>,
}

impl Situation<'_> {
    /// Whether something holds.
    pub fn is(&self, what: Trait) -> bool {
        let geometry = self.facts.map(|facts| &facts.geometry);
        let scheme = self.facts.map(|facts| &facts.quant.scheme);
        let of = |test: fn(&Scheme) -> bool| scheme.is_some_and(test);
        let pooling = geometry.is_some_and(|geometry| geometry.runner != Runner::Generate);
        match what {
            Trait::Card => !self.cpu_build && self.cards > 0,
            Trait::Cpu => self.cpu_build,
            Trait::Wsl => self.wsl,
            Trait::Generate => !pooling,
            Trait::Pooling => pooling,
            Trait::Moe => geometry.is_some_and(|geometry| geometry.has_experts()),
            Trait::Recurrent => geometry.is_some_and(|geometry| geometry.is_recurrent()),
            Trait::Sliding => geometry.is_some_and(|geometry| geometry.slides()),
            Trait::Latent => geometry.is_some_and(|g| g.layers.iter().any(|l| matches!(l.mixer, Mixer::Latent(_)))),
            Trait::Sinks => geometry.is_some_and(|g| g.architecture.starts_with("GptOss") || g.model_type == "gpt_oss"),
            Trait::Vision => geometry.is_some_and(|geometry| geometry.tower.is_some()),
            Trait::Mtp => geometry.is_some_and(|geometry| geometry.mtp_layers > 0),
            Trait::Fp8 => of(|scheme| matches!(scheme, Scheme::Fp8 { .. })),
            Trait::Nvfp4 => of(|scheme| matches!(scheme, Scheme::Nvfp4)),
            Trait::Mxfp4 => of(|scheme| matches!(scheme, Scheme::Mxfp4)),
            Trait::Packed => of(|scheme| matches!(scheme, Scheme::Packed { .. })),
            Trait::Int8 => of(|scheme| matches!(scheme, Scheme::Int8 { group: None })),
            Trait::OneSlot => self.entry.is_some_and(|entry| entry.ollama_parallel == Some(1)),
        }
    }

    /// A figure that a value names; `None` where it is not known.
    pub(super) fn figure(&self, name: &str) -> Option<String> {
        /// Caches are stated in steps of this, bytes.
        const STEP: u64 = 16 << 20;
        let solution = self.solution.ok();
        let fit = solution.map(|solution| &solution.fit);
        let up = |bytes: u64| bytes.div_ceil(STEP).saturating_mul(STEP);
        let figure = match name {
            "cards" => u64::from(self.cards),
            "offload_gib" => super::judge::offload(self),
            // Requests that run times this many rounds may wait.
            "queue" => solution.map_or(2048, |solution| solution.requests.saturating_mul(32).clamp(1024, 4096)),
            "kv_bytes" => up(fit.map(|fit| fit.kv_needed).filter(|bytes| *bytes > 0)?),
            // What the sum leaves for the cache, less how far it may be off.
            "kv_room" => {
                let fit = fit?;
                let room = u64::try_from(fit.kv_available).ok()?.saturating_sub(fit.margin);
                Some(room / STEP * STEP).filter(|bytes| *bytes > 0 && *bytes >= fit.kv_needed)?
            }
            _ => return None,
        };
        Some(figure.to_string())
    }

    /// A value with its figures filled in; `None` where one is not known.
    pub(super) fn fill(&self, value: &str) -> Option<String> {
        match value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) if name.chars().all(|c| c.is_ascii_lowercase() || c == '_') => self.figure(name),
            _ => Some(value.to_owned()),
        }
    }
}
