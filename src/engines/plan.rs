//! From a launch as asked for to the command that does it. Pure: what was found on the machine comes in as data.

use crate::base::{Problem, Reading, Secret, secret::is_secret_name};
use crate::engines::flags::{FlagTable, TableSource, to_args, value_of};
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
        EngineKind::Vllm => Ok(vllm(spec, given, table, base, port)),
        EngineKind::LlamaCpp => Ok(llamacpp(spec, given, table, base, port)),
        EngineKind::Ollama => Ok(ollama(spec, given, base, port)),
        EngineKind::LiteLlm => Ok(litellm(spec, given, table, base, port)),
        EngineKind::Simulated => Ok(simulated(spec, given, table, base, port)),
        EngineKind::Endpoint => external(given, base),
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

fn with_defaults(spec: &LaunchSpec, argv: &mut Vec<String>, defaults: &[(&[&str], Option<String>)]) {
    for (names, value) in defaults {
        let set = |setting: &FlagSetting| names.contains(&super::flags::normal(&setting.flag).as_str());
        if !spec.flags.iter().any(set) {
            argv.extend(names.first().map(|name| (*name).to_owned()));
            argv.extend(value.clone());
        }
    }
}

fn vllm(spec: &LaunchSpec, given: &Given, table: &FlagTable, base: Plan, port: u16) -> Plan {
    let mut argv = given.found.command.clone();
    argv.extend(["serve".to_owned(), spec.model.clone()]);
    let served = value_of(&spec.flags, &["--served-model-name"])
        .map_or_else(|| default_name(spec, given), |_| base.served_name.clone());
    with_defaults(
        spec,
        &mut argv,
        &[
            (&["--host"], Some("127.0.0.1".to_owned())),
            (&["--port"], Some(port.to_string())),
            (&["--served-model-name"], Some(served.clone())),
        ],
    );
    // Who watches asks every second: the log is for those who want something of the engine. The flag was seen in 0.32.
    const ACCESS: &str = "--disable-access-log-for-endpoints";
    let told = matches!(table.source, TableSource::Installed(_)) && table.find(ACCESS).is_some();
    if told || given.found.version.as_deref().is_some_and(|version| release(version) >= Some((0, 32))) {
        with_defaults(spec, &mut argv, &[(&[ACCESS], Some("/health,/metrics".to_owned()))]);
    }
    argv.extend(to_args(&spec.flags, table));
    Plan { dialect: Dialect::Vllm, served_name: served, argv, ..base }
}

/// The first two numbers of a version.
fn release(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim_start_matches('v').split('.').map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// A path is served under its last part; a hub name as it is.
fn default_name(spec: &LaunchSpec, given: &Given) -> String {
    let model = &spec.model;
    let local = given.model_is_local || model.starts_with(['/', '.', '~']) || model.ends_with(".gguf");
    if local { super::naming::from_model(model) } else { model.clone() }
}

fn llamacpp(spec: &LaunchSpec, given: &Given, table: &FlagTable, base: Plan, port: u16) -> Plan {
    let mut argv = given.found.command.clone();
    let source = if is_local_gguf(&spec.model) { "-m" } else { "-hf" };
    argv.extend([source.to_owned(), spec.model.clone()]);
    let named = value_of(&spec.flags, &["--alias", "-a"]).is_some();
    let served = if named { base.served_name.clone() } else { default_name(spec, given) };
    with_defaults(
        spec,
        &mut argv,
        &[
            (&["--host"], Some("127.0.0.1".to_owned())),
            (&["--port"], Some(port.to_string())),
            (&["--jinja", "--no-jinja"], None),
            (&["--metrics"], None),
            (&["--slots", "--no-slots"], None),
            (&["-a", "--alias"], Some(served.clone())),
        ],
    );
    argv.extend(to_args(&spec.flags, table));
    Plan { dialect: Dialect::LlamaCpp, served_name: served, argv, ..base }
}

/// Whether a model for llama.cpp is a file here rather than a hub name (`user/repo` or `user/repo:quant`).
pub fn is_local_gguf(model: &str) -> bool {
    model.ends_with(".gguf") || model.starts_with(['/', '.', '~']) || !model.contains('/')
}

fn ollama(spec: &LaunchSpec, given: &Given, base: Plan, port: u16) -> Plan {
    let base = Plan { dialect: Dialect::Ollama, served_name: spec.model.clone(), ..base };
    if let Some(running) = &given.found.running {
        return Plan { endpoint: running.clone(), ..base };
    }
    let mut argv = given.found.command.clone();
    argv.push("serve".to_owned());
    let mut env = vec![("OLLAMA_HOST".to_owned(), format!("127.0.0.1:{port}")), ("OLLAMA_NO_CLOUD".into(), "1".into())];
    for flag in &spec.flags {
        let name = flag.flag.trim_start_matches('-').to_ascii_uppercase().replace('-', "_");
        env.push((format!("OLLAMA_{name}"), flag.value.clone().unwrap_or_else(|| "1".to_owned())));
    }
    env.extend(base.env.iter().cloned());
    Plan { argv, env, ..base }
}

/// The proxy takes its models from a configuration. Its default port is another one when 4000 is taken, so it is always said.
fn litellm(spec: &LaunchSpec, given: &Given, table: &FlagTable, base: Plan, port: u16) -> Plan {
    let mut argv = given.found.command.clone();
    let proxy = given.proxy.clone().unwrap_or_default();
    with_defaults(
        spec,
        &mut argv,
        &[
            (&["--config", "-c"], Some(proxy.config)),
            (&["--host"], Some("127.0.0.1".to_owned())),
            (&["--port"], Some(port.to_string())),
        ],
    );
    argv.extend(to_args(&spec.flags, table));
    // Nothing is sent home, no price list is fetched, no page for administrators is served.
    let quiet = [
        ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
        ("LITELLM_TELEMETRY", "False"),
        ("DISABLE_ADMIN_UI", "True"),
        ("NO_DOCS", "True"),
        ("LITELLM_MODE", "PRODUCTION"),
    ];
    let mut env: Vec<(String, String)> = quiet.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    match &base.key {
        Some(key) => env.push(("LITELLM_MASTER_KEY".to_owned(), key.expose().to_owned())),
        // Without a key it starts only when told so, which is done for this machine alone.
        None if spec.model == super::litellm::RUNS
            && base.endpoint.starts_with("http://127.0.0.1:")
            && is_local(spec) =>
        {
            env.push(("LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY".to_owned(), "true".to_owned()));
        }
        None => {}
    }
    env.extend(base.env.iter().cloned());
    let over_runs = spec.model == super::litellm::RUNS && !base.name_is_fixed;
    let name = if over_runs { EngineKind::LiteLlm.name().to_owned() } else { base.name };
    Plan { served_name: proxy.first, name, argv, env, ..base }
}

/// Whether only this machine can reach the server.
fn is_local(spec: &LaunchSpec) -> bool {
    value_of(&spec.flags, &["--host"]).is_none_or(|host| matches!(host, "127.0.0.1" | "localhost" | "::1"))
}

fn simulated(spec: &LaunchSpec, given: &Given, table: &FlagTable, base: Plan, port: u16) -> Plan {
    let dialect = given.simulated_dialect.unwrap_or(Dialect::Vllm);
    let word = match dialect {
        Dialect::Vllm | Dialect::OpenAi => "vllm",
        Dialect::LlamaCpp => "llama.cpp",
        Dialect::Ollama => "ollama",
    };
    let mut argv = given.found.command.clone();
    for (flag, value) in [("--model", spec.model.as_str()), ("--dialect", word)] {
        argv.extend([flag.to_owned(), value.to_owned()]);
    }
    let defaults: [(&[&str], _); 5] = [
        (&["--host"], Some("127.0.0.1".to_owned())),
        (&["--port"], Some(port.to_string())),
        // Leaves a simulated desktop room to grow while the engine is up.
        (&["--gpu-memory-utilization"], Some("0.8".to_owned())),
        // A pace that a person can watch; all of this is said in the command.
        (&["--load-seconds"], Some("3".to_owned())),
        (&["--tokens-per-second"], Some("40".to_owned())),
    ];
    with_defaults(spec, &mut argv, &defaults);
    argv.extend(to_args(&spec.flags, table));
    let mut env = vec![("VRAMDECK_SIM_CARD".to_owned(), given.simulated_card.clone())];
    env.extend(base.env.iter().cloned());
    Plan { dialect, argv, env, ..base }
}

fn external(given: &Given, base: Plan) -> Result<Plan, Problem> {
    let url = given.url.as_deref().unwrap_or_default().trim_end_matches('/');
    let url = url.strip_suffix("/v1").unwrap_or(url);
    if !(url.starts_with("http://") || url.starts_with("https://")) {
        return Err(Problem::usage(
            "the endpoint has no URL",
            "an endpoint is reached by http:// or https://",
            "--url http://127.0.0.1:8000",
        ));
    }
    Ok(Plan { endpoint: url.to_owned(), argv: Vec::new(), ..base })
}

#[cfg(test)]
mod tests;
