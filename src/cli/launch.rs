//! `vramdeck launch`: starts an engine on a model, or shows what would be started.

mod fit;
mod progress;
mod recipe;
mod show;

use super::{Context, output};
use crate::base::{Problem, Secret};
use crate::engines::Request;
use crate::engines::checks;
use crate::engines::flags::parse_args;
use crate::engines::live;
use crate::engines::{Dialect, EngineKind, LaunchSpec, Phase, RunState};
use crate::gpu::live::SimCard;
use recipe::Wish;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Path, hub name or tag of the model; for litellm a configuration file, or `runs` for all that is ready. --import, --recipe
    /// and --arg may name it instead.
    pub model: Option<String>,
    /// Kind of server: vllm, llama.cpp, ollama, litellm, endpoint, simulated.
    #[arg(long, value_name = "ENGINE", value_parser = engine)]
    pub engine: Option<EngineKind>,
    /// Port to listen on; a free one is chosen otherwise.
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// Name of the run; made from the model otherwise.
    #[arg(long, value_name = "RUN")]
    pub name: Option<String>,
    /// The engine's program, or the virtual environment or folder that holds it.
    #[arg(long, value_name = "PATH")]
    pub program: Option<PathBuf>,
    /// A variable for the engine's environment; may be given many times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub env: Vec<(String, String)>,
    /// URL of an endpoint that runs already (with --engine endpoint).
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Key of that endpoint; better given in VRAMDECK_API_KEY, where process lists do not show it.
    #[arg(long, value_name = "KEY", env = "VRAMDECK_API_KEY", hide_env_values = true)]
    pub key: Option<String>,
    /// The dialect a simulated engine speaks: vllm, llama.cpp or ollama.
    #[arg(long, value_name = "DIALECT", value_parser = dialect)]
    pub dialect: Option<Dialect>,
    /// Answer once started instead of once ready.
    #[arg(long)]
    pub detach: bool,
    /// Check everything and show the command, start nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Launch although a flag is not known to the engine's version.
    #[arg(long)]
    pub unchecked: bool,
    /// Read the flags from the installed engine's own help first (vLLM takes up to a minute for it).
    #[arg(long)]
    pub read_flags: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// The engine's own flags, after `--`.
    #[arg(last = true, value_name = "ENGINE FLAGS")]
    pub flags: Vec<String>,
    #[command(flatten)]
    recipe: recipe::Flags,
}

fn engine(text: &str) -> Result<EngineKind, String> {
    let names: Vec<&str> = EngineKind::ALL.iter().map(|kind| kind.name()).collect();
    EngineKind::from_name(text).ok_or_else(|| format!("it is one of {}", names.join(", ")))
}

fn dialect(text: &str) -> Result<Dialect, String> {
    serde_json::from_value(Value::String(text.to_owned()))
        .map_err(|_| "it is one of vllm, llama.cpp, ollama".to_owned())
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Runs the command.
///
/// # Errors
/// What a check found, or why the engine did not come up, with its last lines.
pub fn run(args: Args, context: &Context) -> Result<(), Problem> {
    if args.recipe.recipes {
        return show::recipes(&context.paths, args.json);
    }
    let mut wish = request(&args, context)?;
    if args.read_flags {
        let spec = &wish.request.spec;
        let found = live::find(&context.paths, spec.engine, spec.program.as_deref())?;
        // Without it the shipped table is used, which the check of the flags says.
        if let Err(problem) = live::read_help(&context.paths, spec.engine, &found) {
            wish.notes.push(format!("{}: {}; {}", problem.what, problem.why, problem.hint));
        }
    }
    recipe::compose(&args, &mut wish, context)?;
    recipe::save(&args, &wish, context)?;
    if let Some(kind) = args.recipe.export {
        return show::export(kind, &wish, context, args.json);
    }
    let request = &wish.request;
    let prepared = live::prepare(&context.paths, request)?;
    let gpu = args.recipe.gpu.as_deref().filter(|_| args.dry_run);
    let said = fit::fit(request, &prepared, gpu, context);
    if args.dry_run {
        return show::dry_run(prepared, &said.answer, &wish, args.json);
    }
    wish.is_whole()?;
    if checks::first_problem(&prepared.checks).is_none() {
        fit::warn(&said.answer, args.json);
    }
    let plan = prepared.into_plan()?.with(said.prediction);
    if plan.engine == EngineKind::Simulated {
        let scenario = context.demo.as_deref().unwrap_or("desktop");
        SimCard::create(&context.paths.simulated_card(), scenario, Some(&context.paths.config.join("cards")))?;
    }
    // Before the start, so that no moment is left in which Ctrl-C would end vramdeck and leave the engine behind.
    let interrupted = if args.detach { None } else { Some(watch_interrupt()?) };
    let state = live::start(&context.paths, &plan)?;
    let state = match interrupted {
        None => started(state)?,
        Some(interrupted) => ready(&state, context, args.json, &interrupted)?,
    };
    print(&state, args.json)
}

/// In the demo every engine is a simulated one that speaks the wished engine's dialect.
fn request(args: &Args, context: &Context) -> Result<Wish, Problem> {
    let base = recipe::base(args, context)?;
    let demo = context.demo.is_some();
    let named = args.model.clone().or_else(|| base.spec.as_ref().map(|spec| spec.model.clone()));
    let model = named.or_else(|| base.model.clone()).ok_or_else(|| {
        Problem::usage("no model was named", "an engine serves a model", "vramdeck launch MODEL, or --import, --recipe")
    })?;
    let wished = match (args.engine.or(base.spec.as_ref().map(|spec| spec.engine)), demo) {
        (Some(kind), _) => kind,
        (None, true) => EngineKind::Simulated,
        (None, false) if args.url.is_some() => EngineKind::Endpoint,
        (None, false) => guess(&model),
    };
    let (engine, from_wish) = match (demo, wished) {
        (true, EngineKind::LlamaCpp) => (EngineKind::Simulated, Some(Dialect::LlamaCpp)),
        (true, EngineKind::Ollama) => (EngineKind::Simulated, Some(Dialect::Ollama)),
        (true, EngineKind::Vllm) => (EngineKind::Simulated, Some(Dialect::Vllm)),
        (_, kind) => (kind, None),
    };
    let table = crate::engines::flags::bundled(engine)?;
    let own = LaunchSpec {
        engine,
        model,
        name: args.name.clone(),
        port: args.port,
        program: args.program.clone(),
        flags: parse_args(&args.flags, &table)?,
        env: args.env.clone(),
    };
    let request = Request {
        spec: own,
        url: args.url.clone(),
        key: args.key.clone().map(Secret::new),
        simulated_dialect: args.dialect.or(from_wish),
        unchecked: args.unchecked,
    };
    Ok(Wish::over(base, request, &table))
}

fn guess(model: &str) -> EngineKind {
    if model.ends_with(".gguf") {
        EngineKind::LlamaCpp
    } else if model.contains(':') && !model.contains('/') {
        EngineKind::Ollama
    } else if model.ends_with(".yaml") || model.ends_with(".yml") {
        EngineKind::LiteLlm
    } else {
        EngineKind::Vllm
    }
}

/// With `--detach`: a program that could not even be started is a failure all the same.
fn started(state: RunState) -> Result<RunState, Problem> {
    match state.phase {
        Phase::Failed { problem } => Err(problem.into()),
        _ => Ok(state),
    }
}

/// Waits until the engine answers. Ctrl-C stops it: what was asked for is then no longer wanted.
fn ready(state: &RunState, context: &Context, quiet: bool, interrupted: &AtomicBool) -> Result<RunState, Problem> {
    let mut teller = (!quiet).then(progress::Teller::new);
    let tell = |state: &RunState| {
        if let Some(teller) = &mut teller {
            teller.tell(state);
        }
    };
    let goes_on = || !interrupted.load(Ordering::Relaxed);
    let state = live::wait_ready(&context.paths, &state.run, tell, goes_on)?;
    if interrupted.load(Ordering::Relaxed) {
        let report = live::stop(&context.paths, &state.run, Duration::from_secs(15))?;
        return Err(Problem::failed(
            format!("{} was stopped", state.run),
            {
                let ended = super::stop::processes(report.ended_pids.len());
                format!("you interrupted it; {ended} ended in {:.1} s", report.seconds)
            },
            "--detach leaves it to itself while it starts",
        ));
    }
    Ok(state)
}

fn watch_interrupt() -> Result<Arc<AtomicBool>, Problem> {
    let broken = |error: std::io::Error| Problem::failed("Ctrl-C cannot be watched", error.to_string(), "use --detach");
    let interrupted = Arc::new(AtomicBool::new(false));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
    let mut signal = {
        let _inside = runtime.enter();
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()).map_err(broken)?
    };
    let told = Arc::clone(&interrupted);
    std::thread::spawn(move || {
        runtime.block_on(signal.recv());
        told.store(true, Ordering::Relaxed);
    });
    Ok(interrupted)
}

fn print(state: &RunState, json: bool) -> Result<(), Problem> {
    if json {
        return output::json(&json!({
            "run": state.run, "engine": state.engine, "model": state.model, "pid": state.leader.map(|leader| leader.pid),
            "endpoint": state.endpoint, "phase": state.phase.name(), "served_name": state.served_name,
            "dialect": state.dialect, "context_tokens": state.context_tokens,
        }));
    }
    let endpoint = state.endpoint.as_deref().unwrap_or("-");
    output::line(&format!("{}  {}  {endpoint}  {}", state.run, state.phase.name(), state.served_name))
}
