//! From a launch as asked for to the command that does it. Pure: what was found on the machine comes in as data.

mod command;
#[cfg(test)]
mod tests;

pub use command::is_local_gguf;

use crate::base::{Problem, Reading, Secret, secret::is_secret_name};
use crate::engines::flags::{FlagTable, value_of};
use crate::engines::proof::Prediction;
use crate::engines::{Dialect, EngineKind, FlagSetting, LaunchSpec};
use serde::{Deserialize, Serialize};

/// What was found on this machine for an engine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The program and its leading arguments (`python -m …` for vLLM without its command).
    pub command: Vec<String>,
    /// Its version, where it said one.
    pub version: Option<String>,
    /// Base URL of a server that runs already (Ollama), which is then used instead of starting one.
    pub running: Option<String>,
}

/// A launch ready to be done: everything the keeper needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Kind of server.
    pub engine: EngineKind,
    /// The dialect it will speak.
    pub dialect: Dialect,
    /// The model as asked for.
    pub model: String,
    /// The name to put into requests.
    pub served_name: String,
    /// The name of the run, or the stem of one to be made unique.
    pub name: String,
    /// Whether a person chose the name: then it is taken as it is.
    pub name_is_fixed: bool,
    /// The command; empty when the server runs already.
    pub argv: Vec<String>,
    /// Environment added to that of vramdeck.
    pub env: Vec<(String, String)>,
    /// Base URL without `/v1`.
    pub endpoint: String,
    /// Bearer token that requests need.
    pub key: Option<Secret>,
    /// What was asked for, without secrets, so that it can be asked for again.
    #[serde(default)]
    pub asked: Option<LaunchSpec>,
    /// The engine's version, where it said one.
    #[serde(default)]
    pub version: Option<String>,
    /// What the estimator says of it, where it can.
    #[serde(default)]
    pub predicted: Option<Box<Prediction>>,
    /// Why it says nothing, where it was asked.
    #[serde(default)]
    pub predicted_unknown: Option<String>,
}

/// A command as one line that a shell reads back as the same words.
pub fn shell_line(argv: &[String]) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    let word = |word: &String| {
        let bare = !word.is_empty() && word.chars().all(plain);
        if bare { word.clone() } else { format!("'{}'", word.replace('\'', r"'\''")) }
    };
    argv.iter().map(word).collect::<Vec<String>>().join(" ")
}

impl Plan {
    /// With what the estimator says of it.
    #[must_use]
    pub fn with(&self, prediction: Reading<Prediction>) -> Self {
        let (predicted, predicted_unknown) = match prediction {
            Ok(prediction) => (Some(Box::new(prediction)), None),
            Err(why) => (None, Some(why.to_string())),
        };
        Self { predicted, predicted_unknown, ..self.clone() }
    }

    /// Whether the server is not ours to start or end.
    pub fn is_external(&self) -> bool {
        self.argv.is_empty()
    }

    /// The command with secrets masked.
    pub fn shown_argv(&self) -> Vec<String> {
        let mut masked_next = false;
        let mask = |arg: &String| {
            let hide = std::mem::replace(&mut masked_next, false) && !arg.starts_with('-');
            match arg.split_once('=') {
                _ if hide => "***".to_owned(),
                Some((flag, _)) if flag.starts_with("--") && is_secret_name(flag) => format!("{flag}=***"),
                _ => {
                    masked_next = arg.starts_with("--") && is_secret_name(arg);
                    arg.clone()
                }
            }
        };
        self.argv.iter().map(mask).collect()
    }

    /// The added environment with secrets masked.
    pub fn shown_env(&self) -> Vec<(String, String)> {
        let mask = |(name, value): &(String, String)| {
            (name.clone(), if is_secret_name(name) { "***".to_owned() } else { value.clone() })
        };
        self.env.iter().map(mask).collect()
    }
}

/// What a launch needs beside the wish itself.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// What was found on this machine.
    pub found: Found,
    /// A port that is free, for when none was asked for.
    pub free_port: u16,
    /// Whether the model is a file or folder here.
    pub model_is_local: bool,
    /// The folder of the simulated card.
    pub simulated_card: String,
    /// Key of an endpoint, or the one an engine takes from its environment.
    pub key: Option<Secret>,
    /// URL of an endpoint.
    pub url: Option<String>,
    /// The dialect a simulated engine speaks.
    pub simulated_dialect: Option<Dialect>,
    /// What a proxy is to serve.
    pub proxy: Option<Proxy>,
}

/// What a proxy is to serve.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proxy {
    /// Its configuration file.
    pub config: String,
    /// The first model that it names.
    pub first: String,
}

/// Makes the plan.
///
/// # Errors
/// When the wish contradicts itself: no model, a name that cannot be one, an endpoint without URL.
pub fn plan(spec: &LaunchSpec, given: &Given, table: &FlagTable) -> Result<Plan, Problem> {
    if spec.model.is_empty() {
        return Err(Problem::usage("no model was named", "an engine serves a model", "name a path, hub name or tag"));
    }
    if let Some(name) = spec.name.as_deref().filter(|name| !super::naming::is_valid(name)) {
        return Err(Problem::usage(
            format!("a run cannot be called `{name}`"),
            "names are letters, digits, `.`, `_`, `-`, at most 64",
            super::naming::from_model(name),
        ));
    }
    let port = flag_port(&spec.flags)?.or(spec.port).unwrap_or(given.free_port);
    let base = Plan {
        engine: spec.engine,
        dialect: Dialect::OpenAi,
        model: spec.model.clone(),
        served_name: value_of(&spec.flags, &["--served-model-name", "--alias", "-a"])
            .map_or_else(|| spec.model.clone(), |names| names.split([' ', ',']).next().unwrap_or(names).to_owned()),
        name: spec.name.clone().unwrap_or_else(|| super::naming::from_model(&spec.model)),
        name_is_fixed: spec.name.is_some(),
        argv: Vec::new(),
        env: spec.env.clone(),
        endpoint: endpoint(&spec.flags, port),
        key: value_of(&spec.flags, &["--api-key"])
            .map(|key| Secret::new(key.split([' ', ',']).next().unwrap_or(key)))
            .or_else(|| given.key.clone()),
        asked: Some(spec.without_secrets()),
        version: given.found.version.clone(),
        predicted: None,
        predicted_unknown: None,
    };
    match spec.engine {
        EngineKind::Vllm => Ok(command::vllm(spec, given, table, base, port)),
        EngineKind::LlamaCpp => Ok(command::llamacpp(spec, given, table, base, port)),
        EngineKind::Ollama => Ok(command::ollama(spec, given, base, port)),
        EngineKind::LiteLlm => Ok(command::litellm(spec, given, table, base, port)),
        EngineKind::Simulated => Ok(command::simulated(spec, given, table, base, port)),
        EngineKind::Endpoint => command::external(given, base),
    }
}

fn flag_port(flags: &[FlagSetting]) -> Result<Option<u16>, Problem> {
    let Some(text) = value_of(flags, &["--port"]) else { return Ok(None) };
    text.parse()
        .map(Some)
        .map_err(|_| Problem::usage(format!("port {text} cannot be used"), "ports are 1 to 65535", "leave --port out"))
}

/// The base URL at which we reach a server with these flags: a wildcard address is reached by loopback.
fn endpoint(flags: &[FlagSetting], port: u16) -> String {
    match value_of(flags, &["--host"]) {
        None | Some("0.0.0.0" | "::" | "localhost") => format!("http://127.0.0.1:{port}"),
        Some(host) if host.contains(':') => format!("http://[{host}]:{port}"),
        Some(host) => format!("http://{host}:{port}"),
    }
}
