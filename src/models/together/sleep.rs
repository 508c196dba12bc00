//! How an engine gets out of the way, what it keeps, and what coming back costs.

use super::CONTEXT;
use crate::base::{Reading, Unknown};
use crate::models::fit::{Engine, Fit, PartKind};

/// How a model gets out of the way of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rest {
    /// vLLM's sleep mode, level 1: weights go to RAM, the cache is dropped, the process stays.
    Sleeps,
    /// Ollama unloads it (`keep_alive` 0) and loads it again with the next request.
    Unloads,
    /// The server is stopped and started again.
    Stops,
}

impl Rest {
    /// The word of the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sleeps => "sleep",
            Self::Unloads => "unload",
            Self::Stops => "stop",
        }
    }
}

/// A model that is not awake.
#[derive(Debug, Clone, PartialEq)]
pub struct Asleep {
    /// How.
    pub rest: Rest,
    /// Bytes of the card that it keeps: context, libraries and CUDA graphs of a process that goes on. By the sum, not measured.
    pub holds: u64,
    /// Bytes of RAM that its weights take.
    pub ram: u64,
    /// Seconds until it is awake again, least and most: its weights over PCI Express at 40 to 90 % of the link's rate. Unknown where
    /// a disk is read, or the link is not known.
    pub wake: Reading<(f64, f64)>,
}

/// Bytes of the card that a vLLM process keeps in sleep mode.
fn kept(fit: &Fit) -> u64 {
    CONTEXT.saturating_add(fit.bytes(PartKind::NonTorch)).saturating_add(fit.bytes(PartKind::Graphs))
}

/// What rest means for a fit on a machine with such a link.
pub(super) fn asleep(engine: Engine, fit: &Fit, link: Option<f64>) -> Asleep {
    let weights = fit.bytes(PartKind::Weights);
    let disk = || Err(Unknown::because("its weights are read from the disk, whose rate is not known"));
    match engine {
        Engine::Vllm => Asleep { rest: Rest::Sleeps, holds: kept(fit), ram: weights, wake: over(weights, link) },
        Engine::Ollama => Asleep { rest: Rest::Unloads, holds: 0, ram: 0, wake: disk() },
        Engine::LlamaCpp => Asleep { rest: Rest::Stops, holds: 0, ram: 0, wake: disk() },
    }
}

fn over(bytes: u64, link: Option<f64>) -> Reading<(f64, f64)> {
    let link = link.filter(|rate| rate.is_finite() && *rate > 0.0);
    let link = link.ok_or_else(|| Unknown::because("the card's link to RAM is not known"))?;
    Ok((bytes as f64 / (link * 0.9), bytes as f64 / (link * 0.4)))
}
