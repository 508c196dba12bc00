//! What a person asks for when launching.

use crate::engines::EngineKind;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One engine flag with its value, as typed data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlagSetting {
    /// The long form, for example `--max-model-len`.
    pub flag: String,
    /// Its value; `None` for a switch that takes none.
    pub value: Option<String>,
}

/// A launch as asked for, before checks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaunchSpec {
    /// Kind of server.
    pub engine: EngineKind,
    /// Model: a path, a hub name, an Ollama tag.
    pub model: String,
    /// Name of the run; made from the model where absent.
    pub name: Option<String>,
    /// Port; a free one is chosen where absent.
    pub port: Option<u16>,
    /// The program or virtual environment to use instead of the one found.
    pub program: Option<PathBuf>,
    /// Flags, in order.
    pub flags: Vec<FlagSetting>,
    /// Environment added to that of vramdeck.
    pub env: Vec<(String, String)>,
}
