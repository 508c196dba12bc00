//! The simulated engine, as a command.

use super::Context;
use crate::base::{Bytes, Problem, Secret};
use crate::engines::simulated::{Config, Script, SimDialect, live};
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Name of the model; sizes are guessed from it and called assumed.
    #[arg(long, required_unless_present = "straggler")]
    model: Option<String>,
    /// Whose API to speak.
    #[arg(long, default_value = "vllm")]
    dialect: DialectArg,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// Port to listen on.
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Name under which the model is served.
    #[arg(long)]
    served_model_name: Option<String>,
    /// Longest context in tokens.
    #[arg(long, default_value_t = 4096)]
    max_model_len: u64,
    /// Most sequences at once.
    #[arg(long, default_value_t = 8)]
    max_num_seqs: usize,
    /// Size of the weights.
    #[arg(long)]
    weights_gib: Option<f64>,
    /// Size of the KV cache.
    #[arg(long)]
    kv_gib: Option<f64>,
    /// What a token takes of it.
    #[arg(long)]
    kv_bytes_per_token: Option<u64>,
    /// Share of the card that the vllm dialect plans with.
    #[arg(long, default_value_t = 0.92)]
    gpu_memory_utilization: f64,
    /// Time that loading takes.
    #[arg(long, default_value_t = 0.0)]
    load_seconds: f64,
    /// Speed of each answer; 0 is as fast as possible.
    #[arg(long, default_value_t = 0.0)]
    tokens_per_second: f64,
    /// The key clients must bring.
    #[arg(long)]
    api_key: Option<String>,
    /// Answers begin with reasoning.
    #[arg(long)]
    reasoning: bool,
    /// Faults to act out, as TOML.
    #[arg(long)]
    script: Option<PathBuf>,
    /// Seed of requests that bring none.
    #[arg(long)]
    seed: Option<u64>,
    /// A child that does not obey, left behind by a script.
    #[arg(long, hide = true)]
    straggler: Option<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum DialectArg {
    Vllm,
    #[value(name = "llama.cpp", alias = "llamacpp")]
    LlamaCpp,
    Ollama,
}

/// Runs the command.
pub fn run(args: Args, _context: &Context) -> Result<(), Problem> {
    if let Some(kind) = &args.straggler {
        live::straggle(kind == "session");
        return Ok(());
    }
    let code = live::run(config(args)?);
    // The exit code is the engine's own, not the one of the command line's contract.
    std::process::exit(i32::from(code))
}

fn config(args: Args) -> Result<Config, Problem> {
    let model = args.model.unwrap_or_default();
    let script = match &args.script {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                let what = format!("the script {} cannot be read", path.display());
                Problem::usage(what, error.to_string(), "check the path")
            })?;
            Script::parse(&text).map_err(|problem| {
                let what = format!("the script {} cannot be read", path.display());
                Problem::usage(what, problem.why, problem.hint)
            })?
        }
        None => Script::default(),
    };
    let dialect = match args.dialect {
        DialectArg::Vllm => SimDialect::Vllm,
        DialectArg::LlamaCpp => SimDialect::LlamaCpp,
        DialectArg::Ollama => SimDialect::Ollama,
    };
    Ok(Config {
        served: args.served_model_name.unwrap_or_else(|| model.clone()),
        model,
        dialect,
        host: args.host,
        port: args.port,
        max_model_len: args.max_model_len.max(16),
        max_num_seqs: args.max_num_seqs.max(1),
        weights: args.weights_gib.map(Bytes::from_gib),
        kv: args.kv_gib.map(Bytes::from_gib),
        kv_token: args.kv_bytes_per_token.map(Bytes),
        utilization: args.gpu_memory_utilization,
        load_seconds: args.load_seconds,
        tokens_per_second: args.tokens_per_second,
        api_key: args.api_key.map(Secret::new),
        reasoning: args.reasoning,
        script,
        seed: args.seed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::EngineKind;
    use crate::engines::flags::bundled;

    #[test]
    fn the_start_dialog_lists_the_flags_there_are() {
        let command = <Args as clap::Args>::augment_args(clap::Command::new("simulate"));
        let mut real: Vec<String> = command
            .get_arguments()
            .filter(|arg| !arg.is_hide_set())
            .filter_map(|arg| Some(format!("--{}", arg.get_long()?)))
            .collect();
        real.retain(|name| !matches!(name.as_str(), "--model" | "--dialect" | "--help"));
        real.sort();
        let table = bundled(EngineKind::Simulated).unwrap();
        let mut listed: Vec<String> = table.flags.iter().map(|spec| spec.name().to_owned()).collect();
        listed.sort();
        assert_eq!(listed, real);
    }
}
