//! The command of each engine: what a plan says to start it, and what vramdeck adds where nobody says otherwise.

use super::{Given, Plan};
use crate::base::Problem;
use crate::engines::flags::{FlagTable, TableSource, normal, to_args, value_of};
use crate::engines::litellm::RUNS;
use crate::engines::{Dialect, EngineKind, FlagSetting, LaunchSpec};

fn with_defaults(spec: &LaunchSpec, argv: &mut Vec<String>, defaults: &[(&[&str], Option<String>)]) {
    for (names, value) in defaults {
        let set = |setting: &FlagSetting| names.contains(&normal(&setting.flag).as_str());
        if !spec.flags.iter().any(set) {
            argv.extend(names.first().map(|name| (*name).to_owned()));
            argv.extend(value.clone());
        }
    }
}

pub(super) fn vllm(spec: &LaunchSpec, given: &Given, table: &FlagTable, base: Plan, port: u16) -> Plan {
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
    if local { crate::engines::naming::from_model(model) } else { model.clone() }
}

pub(super) fn llamacpp(spec: &LaunchSpec, given: &Given, table: &FlagTable, base: Plan, port: u16) -> Plan {
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
    if hides_buffers(table) {
        with_defaults(spec, &mut argv, &[(&LOGGED, Some("4".to_owned()))]);
    }
    argv.extend(to_args(&spec.flags, table));
    Plan { dialect: Dialect::LlamaCpp, served_name: served, argv, ..base }
}

/// How much llama-server logs.
const LOGGED: [&str; 7] =
    ["-lv", "--verbosity", "--log-verbosity", "-v", "--verbose", "--log-verbose", "--log-disable"];

/// Whether this llama-server says the sizes of its buffers at level 4 only, one above what it logs by itself: without them
/// nothing could be held against the sum. Older ones, whose levels mean something else, say them anyway.
fn hides_buffers(table: &FlagTable) -> bool {
    let told = table.find("--verbosity").filter(|_| matches!(table.source, TableSource::Installed(_)));
    told.is_some_and(|spec| spec.default.as_deref() == Some("3"))
}

/// Whether a model for llama.cpp is a file here rather than a hub name (`user/repo` or `user/repo:quant`).
pub fn is_local_gguf(model: &str) -> bool {
    model.ends_with(".gguf") || model.starts_with(['/', '.', '~']) || !model.contains('/')
}

pub(super) fn ollama(spec: &LaunchSpec, given: &Given, base: Plan, port: u16) -> Plan {
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
pub(super) fn litellm(spec: &LaunchSpec, given: &Given, table: &FlagTable, base: Plan, port: u16) -> Plan {
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
        None if spec.model == RUNS && base.endpoint.starts_with("http://127.0.0.1:") && is_local(spec) => {
            env.push(("LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY".to_owned(), "true".to_owned()));
        }
        None => {}
    }
    env.extend(base.env.iter().cloned());
    let over_runs = spec.model == RUNS && !base.name_is_fixed;
    let name = if over_runs { EngineKind::LiteLlm.name().to_owned() } else { base.name };
    Plan { served_name: proxy.first, name, argv, env, ..base }
}

/// Whether only this machine can reach the server.
fn is_local(spec: &LaunchSpec) -> bool {
    value_of(&spec.flags, &["--host"]).is_none_or(|host| matches!(host, "127.0.0.1" | "localhost" | "::1"))
}

pub(super) fn simulated(spec: &LaunchSpec, given: &Given, table: &FlagTable, base: Plan, port: u16) -> Plan {
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

pub(super) fn external(given: &Given, base: Plan) -> Result<Plan, Problem> {
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
