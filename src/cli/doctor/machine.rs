//! What is read of the machine for its checks.

use crate::base::Problem;
use crate::cli::{Context, output};
use crate::engines::doctor::checkup::{Check, State, card_checks, disk, engine_build, limits, port, python};
use crate::engines::{EngineKind, live};
use crate::gpu::live::{Options, SimCard, SourceChoice, read_once};
use crate::gpu::{Card, Sample};
use crate::store::caches::{model_caches, variable};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(30);

/// Looks at the machine and prints what was found.
///
/// # Errors
/// When the demo's scenario cannot be used, or stdout cannot be written.
pub fn run(json: bool, context: &Context) -> Result<(), Problem> {
    let checks = look(context)?;
    if json {
        return output::json(&serde_json::json!({ "checks": checks }));
    }
    for check in &checks {
        output::line(&row(check))?;
    }
    let bad = checks.iter().filter(|check| check.state == State::Bad).count();
    let warned = checks.iter().filter(|check| check.state == State::Warn).count();
    output::line(&format!("{} checks: {bad} bad, {warned} to look at", checks.len()))
}

fn row(check: &Check) -> String {
    let mark = match check.state {
        State::Ok => "ok     ",
        State::Warn => "warn   ",
        State::Bad => "bad    ",
        State::Unknown => "unknown",
    };
    let found = if check.found.is_empty() { String::new() } else { format!("{} - ", check.found) };
    let hint = if check.hint.is_empty() { String::new() } else { format!("\n{:10}try: {}", "", check.hint) };
    let text = crate::base::text::clean_line(&format!("{}: {found}{}", check.name, check.why));
    format!("{mark}  {text}{hint}")
}

fn look(context: &Context) -> Result<Vec<Check>, Problem> {
    let choice = match &context.demo {
        None => SourceChoice::Nvml,
        Some(scenario) => {
            let presets = context.paths.config.join("cards");
            SourceChoice::Simulated(SimCard::create(&context.paths.simulated_card(), scenario, Some(&presets))?)
        }
    };
    let caches = vllm_cache();
    let disks = model_caches().into_iter().chain(caches.clone()).map(|path| existing(&path)).collect();
    let sample: Sample = read_once(choice, Options { disks, ..Options::default() });
    let mut checks = card_checks(&sample);
    checks.push(wsl());
    checks.push(python(&said("python3", &["--version"])));
    checks.extend(engines(context, &sample.cards));
    checks.extend(sample.host.disks.iter().map(|(place, free)| disk(place, free)));
    checks.extend(model_caches().into_iter().chain(caches).map(|path| cache(&path)));
    checks.extend(limits(&std::fs::read_to_string("/proc/self/limits").unwrap_or_default()));
    for (number, engine) in [(8000, "vLLM"), (8080, "llama-server"), (11_434, "Ollama"), (4000, "LiteLLM")] {
        checks.push(port(number, engine, live::holder(number)));
    }
    Ok(checks)
}

/// Where vLLM keeps compiled graphs.
fn vllm_cache() -> Option<PathBuf> {
    let set = variable("VLLM_CACHE_ROOT").map(PathBuf::from);
    set.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".cache/vllm")))
}

/// The nearest folder that is there: the disk a folder would lie on.
fn existing(path: &Path) -> PathBuf {
    path.ancestors().find(|path| path.exists()).unwrap_or(path).to_owned()
}

fn cache(path: &Path) -> Check {
    let name = format!("cache {}", path.display());
    match std::fs::read_dir(path) {
        Ok(_) => Check::new(&name, State::Ok, "there", "it can be read"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Check::new(&name, State::Ok, "not there yet", "it is made when it is needed")
        }
        Err(error) => Check::new(&name, State::Warn, "there", format!("it cannot be read: {error}"))
            .hint("let your user own it, or name another folder: HF_HOME, OLLAMA_MODELS, LLAMA_CACHE"),
    }
}

fn wsl() -> Check {
    match std::fs::read_to_string("/proc/sys/kernel/osrelease") {
        Err(error) => Check::new("wsl", State::Unknown, "", error.to_string()),
        Ok(release) if release.to_ascii_lowercase().contains("microsoft") => {
            let why =
                "Windows keeps a part of the card, and tells no memory of processes; pinned RAM is off by default";
            Check::new("wsl", State::Warn, release.trim(), why)
                .hint("ask for a smaller share of the card; VLLM_WSL2_ENABLE_PIN_MEMORY=1 for CPU offload")
        }
        Ok(release) => {
            Check::new("wsl", State::Ok, format!("no: Linux {}", release.trim()), "Linux has the card itself")
        }
    }
}

fn engines(context: &Context, cards: &[Card]) -> Vec<Check> {
    let mut checks = Vec::new();
    for engine in [EngineKind::Vllm, EngineKind::LlamaCpp, EngineKind::Ollama] {
        match live::find(&context.paths, engine, None) {
            Ok(found) => {
                let version = found.version.clone().unwrap_or_else(|| "a version it did not tell".to_owned());
                checks.push(Check::new(engine.name(), State::Ok, version, found.command.join(" ")));
                if engine == EngineKind::Vllm {
                    checks.push(engine_build(&archs(&found.command, cards), cards));
                }
            }
            Err(problem) => checks.push(Check::new(engine.name(), State::Warn, "", problem.why).hint(problem.hint)),
        }
    }
    checks.push(match said("litellm", &["--version"]) {
        Ok(version) => Check::new("litellm", State::Ok, version.trim(), "on the PATH"),
        Err(why) => Check::new("litellm", State::Unknown, "", why).hint("only needed for LiteLLM's own proxy"),
    });
    checks
}

/// The machine code in vLLM's PyTorch. Loading PyTorch takes seconds: it is not asked where there is no card.
fn archs(command: &[String], cards: &[Card]) -> Result<String, String> {
    if !cards.iter().any(|card| card.compute_capability.is_ok()) {
        return Err("there is no card to hold it against".to_owned());
    }
    let program = command.first().map(Path::new).ok_or("there is no program")?;
    let named = |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("python"));
    let python = if named(program) { program.to_owned() } else { program.with_file_name("python") };
    let code = "import torch; print(' '.join(torch.cuda.get_arch_list()))";
    let text = said(&python.to_string_lossy(), &["-c", code])?;
    let archs = text.lines().last().unwrap_or_default().trim().to_owned();
    if archs.is_empty() { Err("its PyTorch was built without CUDA".to_owned()) } else { Ok(archs) }
}

/// What a program says, within a time.
fn said(program: &str, args: &[&str]) -> Result<String, String> {
    let missing = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => format!("{program} is not on the PATH"),
        _ => format!("{program}: {error}"),
    };
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(missing)?;
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => break,
            Ok(Some(status)) => return Err(format!("{program} ended with {status}")),
            Ok(None) if began.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(20)),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{program} did not answer within {} seconds", PATIENCE.as_secs()));
            }
        }
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&output.stdout).chars().take(2000).collect())
}
