//! From the wish to a plan: what can be checked is checked before an engine takes its minute to refuse.

use super::{find, ports, weights};
use crate::base::{Bytes, Problem, Secret};
use crate::engines::checks::{self, Check, human_tokens};
use crate::engines::flags::{FlagTable, value_of, verify};
use crate::engines::plan::{Given, is_local_gguf, plan};
use crate::engines::{EngineKind, LaunchSpec, Plan, Request};
use crate::store::Paths;
use std::path::{Path, PathBuf};

/// What the checks made of it.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The plan, where one could be made.
    pub plan: Option<Plan>,
    /// All checks, in the order made.
    pub checks: Vec<Check>,
}

impl Prepared {
    /// The plan, if every check allows it.
    ///
    /// # Errors
    /// The first problem found.
    pub fn into_plan(self) -> Result<Plan, Problem> {
        match (checks::first_problem(&self.checks), self.plan) {
            (Some(problem), _) => Err(problem),
            (None, Some(plan)) => Ok(plan),
            (None, None) => {
                Err(Problem::failed("nothing can be launched", "no plan could be made", "--dry-run shows why"))
            }
        }
    }
}

/// Checks a launch and plans it. Looks at files, ports and programs; starts nothing that stays.
///
/// # Errors
/// When the wish contradicts itself, so that not even checks make sense.
pub fn prepare(paths: &Paths, request: &Request) -> Result<Prepared, Problem> {
    let mut spec = request.spec.clone();
    spec.model =
        if spec.model.starts_with("~/") { home(&spec.model).to_string_lossy().into_owned() } else { spec.model };
    let spec = &spec;
    let env = |name: &str| {
        let own = spec.env.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        own.or_else(|| std::env::var(name).ok())
    };
    let mut made = Vec::new();
    let mut given = Given {
        simulated_card: paths.simulated_card().to_string_lossy().into_owned(),
        key: request.key.clone().or_else(|| env_key(spec.engine, &env)),
        model_is_local: home(&spec.model).exists(),
        url: request.url.clone(),
        simulated_dialect: request.simulated_dialect,
        ..Given::default()
    };
    if spec.engine == EngineKind::Ollama && spec.program.is_none() && spec.port.is_none() {
        given.found.running = find::running_ollama(&env);
    }
    let found = program(paths, spec, &mut given, &mut made);
    if spec.engine == EngineKind::LiteLlm {
        match super::litellm::proxy(paths, &home(&spec.model), &spec.model) {
            Ok(proxy) => given.proxy = Some(proxy),
            Err(problem) => made.push(Check::fail("proxy", problem)),
        }
    }
    let table = find::flag_table(paths, spec.engine, &given.found)?;
    made.push(flag_check(request, &table));
    made.extend(model_checks(spec, &env));
    made.extend(reach_check(spec, given.found.running.is_some()));
    port_check(paths, spec, &mut given, &mut made);
    made.extend(disk_check(paths));
    let plan = if found { Some(plan(spec, &given, &table)?) } else { None };
    Ok(Prepared { plan, checks: made })
}

fn program(paths: &Paths, spec: &LaunchSpec, given: &mut Given, made: &mut Vec<Check>) -> bool {
    if let Some(running) = &given.found.running {
        made.push(Check::pass("program", format!("the Ollama server at {running} is used")));
        return true;
    }
    match find::find(paths, spec.engine, spec.program.as_deref()) {
        Err(problem) => {
            made.push(Check::fail("program", problem));
            false
        }
        Ok(found) => {
            if spec.engine != EngineKind::Endpoint {
                let own = found.command.first().is_some_and(|program| find::is_own(paths, program));
                let whose = if own { " (vramdeck's own)" } else { "" };
                made.push(Check::pass("program", format!("{}{whose}", found.command.join(" "))));
                made.push(match &found.version {
                    Some(version) => Check::pass("version", version.clone()),
                    None => Check::warn("version", "it did not say which"),
                });
            }
            given.found = found;
            true
        }
    }
}

fn flag_check(request: &Request, table: &FlagTable) -> Check {
    let spec = &request.spec;
    if spec.flags.is_empty() {
        return Check::pass("flags", "none set");
    }
    if spec.engine == EngineKind::Endpoint {
        return Check::skip("flags", "this kind has no table of flags");
    }
    let against = format!(
        "{} set, held against the {} flags of {}{}",
        spec.flags.len(),
        table.flags.len(),
        table.version(),
        table.instead().map(|why| format!(" (bundled table; {why})")).unwrap_or_default()
    );
    match verify(spec.engine, &spec.flags, table) {
        Ok(remarks) if remarks.is_empty() => Check::pass("flags", against),
        Ok(remarks) => Check::warn("flags", remarks.join("; ")),
        Err(problem) if request.unchecked => Check::warn("flags", format!("launched unchecked: {}", problem.what)),
        Err(problem) => Check::fail("flags", problem),
    }
}

type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

fn model_checks(spec: &LaunchSpec, env: Env<'_>) -> Vec<Check> {
    let model = match spec.engine {
        EngineKind::Vllm => vllm_model(&spec.model, env),
        EngineKind::LlamaCpp => llama_model(&spec.model),
        EngineKind::Ollama => return vec![Check::skip("model", "Ollama itself says whether it has it")],
        EngineKind::LiteLlm => return vec![super::litellm::check(&home(&spec.model), &spec.model)],
        EngineKind::Endpoint | EngineKind::Simulated => return Vec::new(),
    };
    match model {
        Err(problem) => vec![Check::fail("model", problem)],
        Ok(model) => {
            let mut made = vec![Check::pass("model", model.found.clone())];
            made.extend(context_check(spec, &model, env));
            made
        }
    }
}

fn home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(path),
    }
}

fn vllm_model(model: &str, env: Env<'_>) -> Result<weights::Model, Problem> {
    let path = home(model);
    if path.is_dir() {
        return weights::folder(&path);
    }
    if model.ends_with(".gguf") {
        return Err(Problem::failed(
            "vLLM does not load GGUF files by itself",
            "that left vLLM for a plugin (vllm-gguf-plugin)",
            "use --engine llama.cpp, or a safetensors model",
        ));
    }
    if model.starts_with(['/', '.', '~']) || !weights::is_hub_name(model) {
        return Err(Problem::failed(
            format!("there is no model at {model}"),
            "the folder does not exist, and it is no name on the hub either",
            "check the path, or give a hub name such as Qwen/Qwen3-8B",
        ));
    }
    if let Some(snapshot) = weights::cached(model, env) {
        return weights::folder(&snapshot);
    }
    let offline = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"]
        .iter()
        .any(|name| env(name).is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false")));
    if offline {
        return Err(Problem::failed(
            format!("{model} is not in the local cache"),
            "HF_HUB_OFFLINE forbids to fetch it",
            "fetch it while online, unset HF_HUB_OFFLINE, or name a folder",
        ));
    }
    Ok(weights::Model {
        found: "a hub name; not in the local cache, it will be fetched".to_owned(),
        ..Default::default()
    })
}

fn llama_model(model: &str) -> Result<weights::Model, Problem> {
    if is_local_gguf(model) {
        return weights::gguf_file(&home(model));
    }
    let name = model.split(':').next().unwrap_or(model);
    if weights::is_hub_name(name) {
        let found = "a hub name; llama-server fetches it or finds it in its cache".to_owned();
        return Ok(weights::Model { found, stretches: true, ..Default::default() });
    }
    Err(Problem::failed(
        format!("there is no model at {model}"),
        "it is neither a GGUF file nor a hub name",
        "name a .gguf file, or USER/REPO:QUANT",
    ))
}

fn context_check(spec: &LaunchSpec, model: &weights::Model, env: Env<'_>) -> Option<Check> {
    if spec.engine == EngineKind::LlamaCpp {
        let asked: u64 = value_of(&spec.flags, &["-c", "--ctx-size"])?.parse().ok()?;
        return Some(match (checks::context(asked, None, "-c"), model.context) {
            (Ok(_), Some(max)) if asked > max => {
                Check::warn("context", format!("{asked} tokens over all slots; the model was made for {max}"))
            }
            (result, _) => Check::of("context", result),
        });
    }
    let asked = human_tokens(value_of(&spec.flags, &["--max-model-len"])?)?;
    let allowed = env("VLLM_ALLOW_LONG_MAX_MODEL_LEN").is_some_and(|value| value == "1" || value == "true");
    let stretched = allowed || model.stretches || value_of(&spec.flags, &["--hf-overrides"]).is_some();
    let max = if stretched { None } else { model.context };
    Some(Check::of("context", checks::context(asked, max, "--max-model-len")))
}

/// The key that the engine takes from its environment, where no flag gives one.
fn env_key(engine: EngineKind, env: Env<'_>) -> Option<Secret> {
    let name = match engine {
        EngineKind::Vllm => "VLLM_API_KEY",
        EngineKind::LlamaCpp => "LLAMA_API_KEY",
        EngineKind::LiteLlm => "LITELLM_MASTER_KEY",
        _ => return None,
    };
    env(name).filter(|key| !key.is_empty()).map(Secret::new)
}

/// Remarks on who may reach the server, and on flags that a running server does not hear.
fn reach_check(spec: &LaunchSpec, runs_already: bool) -> Option<Check> {
    if runs_already && !spec.flags.is_empty() {
        return Some(Check::warn("server", "it runs already and keeps its own settings: these flags have no effect"));
    }
    let host = value_of(&spec.flags, &["--host"])?;
    let own = matches!(host, "127.0.0.1" | "::1" | "localhost");
    (!own).then(|| Check::warn("host", format!("{host} can be reached from other machines")))
}

fn port_check(paths: &Paths, spec: &LaunchSpec, given: &mut Given, made: &mut Vec<Check>) {
    if spec.engine == EngineKind::Endpoint || given.found.running.is_some() {
        return;
    }
    let usual = match spec.engine {
        EngineKind::LlamaCpp => 8080,
        EngineKind::Ollama => 11_434,
        EngineKind::LiteLlm => 4000,
        _ => 8000,
    };
    // A run that is still loading has its port, but may not listen on it yet.
    let promised: Vec<u16> = super::records::list(paths)
        .iter()
        .filter(|state| state.phase.is_live())
        .filter_map(|state| state.endpoint.as_deref()?.rsplit_once(':')?.1.parse().ok())
        .collect();
    let free = ports::free_port(usual, &promised);
    given.free_port = free.unwrap_or(usual);
    let asked = spec.port.or_else(|| value_of(&spec.flags, &["--port"])?.parse().ok());
    let proposal =
        free.map_or("leave --port out".to_owned(), |port| format!("--port {port} is free, or leave --port out"));
    made.push(match asked {
        Some(0) => Check::fail("port", Problem::usage("port 0 cannot be used", "ports are 1 to 65535", proposal)),
        None => Check::pass("port", format!("{} is free", given.free_port)),
        Some(port) => match ports::holder(port) {
            None => Check::pass("port", format!("{port} is free")),
            Some(holder) => {
                let who = holder.map_or("a process that cannot be seen from here".to_owned(), |(pid, name)| {
                    format!("{name} (pid {pid})")
                });
                let problem =
                    Problem::failed(format!("port {port} is taken"), format!("{who} listens there"), proposal);
                Check::fail("port", problem)
            }
        },
    });
}

fn disk_check(paths: &Paths) -> Option<Check> {
    /// A log takes 12 MiB at most.
    const ENOUGH: u64 = 32 << 20;
    let mut place = paths.state.as_path();
    while !place.exists() {
        place = place.parent()?;
    }
    let stat = nix::sys::statvfs::statvfs(place).ok()?;
    let free = stat.blocks_available().saturating_mul(stat.fragment_size());
    let found = format!("{} free for records and logs", Bytes(free));
    Some(if free < ENOUGH { Check::warn("disk", found) } else { Check::pass("disk", found) })
}
