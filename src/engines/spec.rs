//! What a person asks for when launching.

use crate::base::Secret;
use crate::base::secret::is_secret_name;
use crate::engines::{Dialect, EngineKind};
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

impl LaunchSpec {
    /// The same wish without the values of secret flags and variables, fit to lie on disk.
    pub fn without_secrets(&self) -> Self {
        let mut spec = self.clone();
        spec.flags.retain(|set| !is_secret_name(&set.flag));
        spec.env.retain(|(name, _)| !is_secret_name(name));
        spec
    }
}

/// A launch as asked for, with what belongs to one kind of engine only.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The wish itself.
    pub spec: LaunchSpec,
    /// URL of an endpoint.
    pub url: Option<String>,
    /// Key of an endpoint.
    pub key: Option<Secret>,
    /// The dialect a simulated engine speaks.
    pub simulated_dialect: Option<Dialect>,
    /// Launch although flags are not known to the version.
    pub unchecked: bool,
}
