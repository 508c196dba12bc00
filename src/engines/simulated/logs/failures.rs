//! How engines say that they cannot start: the marker lines in their own shape, and the exit code.

use super::{Clock, Piece};
use crate::engines::simulated::memory::Shortage;
use crate::engines::simulated::script::Fault;
use crate::engines::simulated::{Config, SimDialect};

/// Why it does not start.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// A script says so.
    Scripted(Fault),
    /// The plan does not fit the card.
    Shortage(Shortage),
    /// The card had no more to give: asked and free, in MiB.
    Full(u64, u64),
    /// The port could not be had.
    Port(String),
}

/// The exit code.
pub fn exit_code(config: &Config, failure: &Failure) -> u8 {
    let usage = config.dialect == SimDialect::Vllm && *failure == Failure::Scripted(Fault::BadFlag);
    config.script.exit_code.unwrap_or(if usage { 2 } else { 1 })
}

/// The last lines.
pub fn failure(config: &Config, failure: &Failure, clock: &Clock, pid: u32) -> Vec<Piece> {
    match config.dialect {
        SimDialect::Vllm => vllm(config, failure, clock, pid),
        SimDialect::LlamaCpp => llamacpp(config, failure, clock),
        SimDialect::Ollama => ollama(config, failure),
    }
}

fn vllm(config: &Config, failure: &Failure, clock: &Clock, pid: u32) -> Vec<Piece> {
    let core =
        |text: String| Piece::line(format!("(EngineCore pid={pid}) ERROR {} [simulated.py:1] {text}", clock.vllm()));
    let cause = match failure {
        Failure::Scripted(Fault::BadFlag) => {
            return vec![Piece::line("vllm: error: unrecognized arguments: --scripted-bad-flag")];
        }
        Failure::Port(_) | Failure::Scripted(Fault::PortInUse) => {
            return vec![Piece::line("OSError: [Errno 98] Address already in use")];
        }
        Failure::Scripted(Fault::ModelMissing) => {
            let why = "Repo id must be in the form 'repo_name' or 'namespace/repo_name'";
            return vec![Piece::line(format!("huggingface_hub.errors.HFValidationError: {why}: '{}'.", config.model))];
        }
        Failure::Scripted(Fault::UnknownArchitecture) => {
            let why = "Model architectures ['SimulatedUnknown'] are not supported for now.";
            return vec![Piece::line(format!("  Value error, {why} Supported architectures: dict_keys(['SimulatedForCausalLM'])"))];
        }
        Failure::Scripted(Fault::TruncatedWeights) => "safetensors_rust.SafetensorError: Error while deserializing header: incomplete metadata, file not fully covered".to_owned(),
        Failure::Scripted(Fault::OutOfMemory) => out_of_memory(1024, 64),
        Failure::Full(asked, free) => out_of_memory(*asked, *free),
        Failure::Scripted(Fault::KvTooSmall) => small_cache(config, 2.0, 0.5, config.max_model_len / 4),
        Failure::Shortage(Shortage::SmallCache { needed, available, tokens }) => {
            small_cache(config, needed.gib(), available.gib(), *tokens)
        }
        Failure::Shortage(Shortage::NoCache) => {
            "ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.".to_owned()
        }
        Failure::Shortage(Shortage::Free { card, wanted }) => format!(
            "ValueError: Free memory on device cuda:0 ({:.2}/{:.2} GiB) on startup is less than desired GPU memory utilization ({}, {:.2} GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.",
            card.free.gib(),
            card.total.gib(),
            config.utilization,
            wanted.gib()
        ),
    };
    vec![
        core("EngineCore failed to start.".into()),
        core(cause),
        Piece::line("RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}"),
    ]
}

fn out_of_memory(asked: u64, free: u64) -> String {
    format!(
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate {asked}.00 MiB. GPU 0 has {free}.00 MiB free."
    )
}

fn small_cache(config: &Config, needed: f64, available: f64, tokens: u64) -> String {
    format!(
        "ValueError: To serve at least one request with the model's max seq len ({}), ({needed:.2} GiB KV cache is needed, which is larger than the available KV cache memory ({available:.2} GiB). Based on the available memory, the estimated maximum model length is {tokens}.",
        config.max_model_len
    )
}

fn llamacpp(config: &Config, failure: &Failure, clock: &Clock) -> Vec<Piece> {
    let error =
        |function: &str, text: String| Piece::line(format!("{} E srv  {function:>12}: {text}", clock.llamacpp()));
    let model = || error("load_model", format!("failed to load model, '{}'", config.model));
    let end = |why: &str| error("llama_server", format!("exiting due to {why} error"));
    match failure {
        Failure::Scripted(Fault::BadFlag) => vec![Piece::line("error: invalid argument: --scripted-bad-flag")],
        Failure::Port(_) | Failure::Scripted(Fault::PortInUse) => vec![
            error(
                "start",
                format!("couldn't bind HTTP server socket, hostname: {}, port: {}", config.host, config.port),
            ),
            end("HTTP server"),
        ],
        Failure::Full(asked, free) => vec![full(*asked, *free, &error), model(), end("model loading")],
        Failure::Scripted(Fault::OutOfMemory | Fault::KvTooSmall) | Failure::Shortage(_) => {
            vec![full(1024, 64, &error), model(), end("model loading")]
        }
        Failure::Scripted(_) => vec![model(), end("model loading")],
    }
}

fn full(asked: u64, free: u64, error: &impl Fn(&str, String) -> Piece) -> Piece {
    let why = format!("allocating {asked}.00 MiB on device 0: cudaMalloc failed: out of memory ({free} MiB free)");
    error("alloc_buffer", why)
}

fn ollama(config: &Config, failure: &Failure) -> Vec<Piece> {
    let text = match failure {
        Failure::Port(_) | Failure::Scripted(Fault::PortInUse) => {
            format!("Error: listen tcp {}:{}: bind: address already in use", config.host, config.port)
        }
        Failure::Scripted(Fault::BadFlag) => "Error: unknown flag: --scripted-bad-flag".to_owned(),
        Failure::Scripted(fault) => format!("Error: simulated failure: {fault:?}"),
        Failure::Full(asked, free) => {
            format!("Error: model requires more memory ({asked} MiB) than is available ({free} MiB)")
        }
        Failure::Shortage(_) => "Error: model requires more system memory than is available".to_owned(),
    };
    vec![Piece::line(text)]
}
