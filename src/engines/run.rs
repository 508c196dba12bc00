//! A run: one launched process tree, as its keeper writes it to disk and everybody else reads it.

use crate::base::Bytes;
use crate::engines::logfacts::MemoryPart;
use crate::engines::proof::{self, Prediction};
use crate::engines::stages::Stages;
use crate::engines::{Dialect, EngineKind, Phase};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of a run: unique among the runs on disk, safe as a file name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub String);

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// A process named so that a recycled pid is not mistaken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessRef {
    /// Process id.
    pub pid: u32,
    /// Start time in clock ticks since boot (field 22 of `/proc/PID/stat`).
    pub started_ticks: u64,
}

/// What is known of a run, without its log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunState {
    /// Its name.
    pub run: RunId,
    /// Kind of server.
    pub engine: EngineKind,
    /// The dialect it speaks.
    pub dialect: Dialect,
    /// The model as asked for.
    pub model: String,
    /// The name to put into requests.
    pub served_name: String,
    /// Base URL without `/v1`, for example `http://127.0.0.1:8000`.
    pub endpoint: Option<String>,
    /// Leader of the process group.
    pub leader: Option<ProcessRef>,
    /// The keeper.
    pub keeper: Option<ProcessRef>,
    /// All live processes of the run, as last seen.
    #[serde(default)]
    pub pids: Vec<u32>,
    /// Where it stands.
    #[serde(flatten)]
    pub phase: Phase,
    /// Seconds since the Unix epoch.
    pub started_at: f64,
    /// When it became ready, seconds since the Unix epoch.
    pub ready_at: Option<f64>,
    /// Context length in tokens, where the engine says.
    pub context_tokens: Option<u64>,
    /// Bytes of card memory held, as the source (NVML or the simulated card) counted them last; filled in by readers.
    #[serde(default)]
    pub memory: Option<Bytes>,
    /// Whether the keeper is alive; filled in by readers.
    #[serde(default)]
    pub owner_alive: bool,
    /// The command, secrets masked.
    #[serde(default)]
    pub argv: Vec<String>,
    /// The current log file.
    pub log: Option<std::path::PathBuf>,
    /// What else the keeper knows.
    #[serde(default)]
    pub facts: RunFacts,
}

/// What else is known of a run; grows without touching those who make a [`RunState`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RunFacts {
    /// The boot the pids belong to.
    #[serde(default)]
    pub boot: Option<String>,
    /// All processes of the run as last seen, so that those that left the group and the tree are found again.
    #[serde(default)]
    pub processes: Vec<ProcessRef>,
    /// Size of the KV cache in tokens, as the engine's log says.
    #[serde(default)]
    pub kv_tokens: Option<u64>,
    /// Requests of full length that fit at once, as the engine's log says.
    #[serde(default)]
    pub concurrency: Option<f64>,
    /// Memory by the engine's own account.
    #[serde(default)]
    pub memory: BTreeMap<MemoryPart, Bytes>,
    /// Of these, what lies in the host's memory.
    #[serde(default)]
    pub host_memory: BTreeMap<MemoryPart, Bytes>,
    /// What was asked for, without secrets, so that it can be asked for again.
    #[serde(default)]
    pub asked: Option<crate::engines::LaunchSpec>,
    /// Something the user should know of a run that goes on: the log cannot be written, the health check fails.
    #[serde(default)]
    pub note: Option<String>,
    /// The stages of its start.
    #[serde(default)]
    pub stages: Stages,
    /// What was predicted of it before it was started.
    #[serde(default)]
    pub predicted: Option<Box<Prediction>>,
    /// Why nothing was.
    #[serde(default)]
    pub predicted_unknown: Option<String>,
    /// The prediction held against what engine and card said once it was ready.
    #[serde(default)]
    pub proof: Vec<proof::Row>,
    /// Whether the server is not ours: an endpoint by URL, an Ollama server that was running already.
    #[serde(default)]
    pub external: bool,
}

impl RunState {
    /// A run that was just planned.
    pub fn planned(run: RunId, plan: &crate::engines::Plan, started_at: f64) -> Self {
        Self {
            run,
            engine: plan.engine,
            dialect: plan.dialect,
            model: plan.model.clone(),
            served_name: plan.served_name.clone(),
            endpoint: Some(plan.endpoint.clone()),
            leader: None,
            keeper: None,
            pids: Vec::new(),
            phase: Phase::Planned,
            started_at,
            ready_at: None,
            context_tokens: None,
            memory: None,
            owner_alive: false,
            argv: plan.shown_argv(),
            log: None,
            facts: RunFacts {
                external: plan.is_external(),
                asked: plan.asked.clone(),
                predicted: plan.predicted.clone(),
                predicted_unknown: plan.predicted_unknown.clone(),
                ..RunFacts::default()
            },
        }
    }
}
