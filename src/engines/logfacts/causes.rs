//! What made an engine fail, read from the line that says so.

use crate::base::text::fit;
use crate::engines::Dialect;

/// A cause of failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Short name of the kind of failure.
    pub name: &'static str,
    /// How much the line explains: of several, the heaviest wins, and of equals the last.
    pub weight: u8,
    /// Why it failed.
    pub why: String,
    /// What to try.
    pub hint: String,
}

/// One row: every marker must be in the line.
struct Row {
    name: &'static str,
    markers: &'static [&'static str],
    weight: u8,
    hint: &'static str,
}

const fn row(name: &'static str, markers: &'static [&'static str], weight: u8, hint: &'static str) -> Row {
    Row { name, markers, weight, hint }
}

const VLLM: &[Row] = &[
    row(
        "unrecognized_flag",
        &["error: unrecognized arguments"],
        9,
        "check the flag's name: vramdeck launch … --dry-run",
    ),
    row("bad_choice", &["error: argument", "invalid choice"], 9, "take one of the values it lists"),
    row("bad_value", &["error: argument"], 8, "check the flag's value"),
    row(
        "model_missing",
        &["HFValidationError"],
        9,
        "the path does not exist here: check it, or give a hub name such as Qwen/Qwen3-8B",
    ),
    row(
        "model_missing",
        &["RepositoryNotFoundError"],
        9,
        "check the model's name on the hub; private models need HF_TOKEN",
    ),
    row("gated_model", &["GatedRepoError"], 9, "accept the model's licence on the hub and set HF_TOKEN"),
    row(
        "hub_offline",
        &["LocalEntryNotFoundError"],
        9,
        "the model is not in the local cache: fetch it while online, or unset HF_HUB_OFFLINE",
    ),
    row(
        "hub_offline",
        &["OfflineModeIsEnabled"],
        9,
        "the model is not in the local cache: fetch it while online, or unset HF_HUB_OFFLINE",
    ),
    row(
        "context_too_large",
        &["is greater than the derived max_model_len"],
        9,
        "lower --max-model-len to the model's own, or leave it out",
    ),
    row(
        "kv_too_small",
        &["KV cache is needed, which is larger than the available KV cache"],
        9,
        "lower --max-model-len (auto takes the largest that fits), use --kv-cache-dtype fp8, or give the cache more memory",
    ),
    row(
        "card_busy",
        &["Free memory on device", "less than desired"],
        9,
        "close what holds the card (vramdeck gpu), or lower --gpu-memory-utilization",
    ),
    row(
        "no_kv_blocks",
        &["No available memory for the cache blocks"],
        9,
        "raise --gpu-memory-utilization, lower --max-num-seqs, or take a smaller variant of the model",
    ),
    row(
        "cuda_oom",
        &["CUDA out of memory"],
        9,
        "take a smaller variant, lower --max-num-seqs or --max-model-len, or add --enforce-eager",
    ),
    row(
        "cuda_oom",
        &["OutOfMemoryError"],
        8,
        "take a smaller variant, lower --max-num-seqs or --max-model-len, or add --enforce-eager",
    ),
    row(
        "unsupported_architecture",
        &["Model architectures", "are not supported"],
        9,
        "this version of vLLM cannot run the model: update it, or use llama.cpp with a GGUF",
    ),
    row("truncated_weights", &["SafetensorError"], 9, "the weights are incomplete: delete the file and fetch it again"),
    row("port_in_use", &["Address already in use"], 9, "another server holds the port: stop it, or leave --port out"),
    row("bad_parser", &["invalid tool call parser"], 9, "take one of the parsers it lists"),
    row("bad_parser", &["invalid reasoning parser"], 9, "take one of the parsers it lists"),
    row(
        "missing_parser",
        &["--enable-auto-tool-choice requires --tool-call-parser"],
        9,
        "add --tool-call-parser, hermes for Qwen models",
    ),
    row(
        "quantization",
        &["Cannot find the config file for"],
        9,
        "the checkpoint is not quantised that way: leave --quantization out",
    ),
    row(
        "no_kernel",
        &["no kernel image is available"],
        9,
        "this PyTorch was not built for the card: install a build for CUDA 12.8 or newer",
    ),
    row(
        "no_driver",
        &["Found no NVIDIA driver"],
        9,
        "install the NVIDIA driver, or check that this session may use the card",
    ),
    row("driver_too_old", &["driver on your system is too old"], 9, "update the NVIDIA driver"),
    row("disk_full", &["No space left on device"], 9, "free disk space where models and caches lie"),
    row(
        "engine_core_died",
        &["EngineDeadError"],
        5,
        "the engine's worker process ended: look above in the log, and in dmesg for the out-of-memory killer",
    ),
    row(
        "engine_core_died",
        &["EngineCore died"],
        5,
        "the engine's worker process ended: look above in the log, and in dmesg for the out-of-memory killer",
    ),
    row(
        "module_missing",
        &["ModuleNotFoundError"],
        6,
        "the Python environment is incomplete: install the module, or repair the environment",
    ),
    row("refused_value", &["Value error,"], 7, "change the setting it speaks of"),
    row("raised", &["ValueError: "], 6, "change the setting it speaks of"),
    row("engine_core_failed", &["Engine core initialization failed"], 1, "look above in the log for the first error"),
    row("raised", &["RuntimeError: "], 3, "look above in the log for the first error"),
    row("raised", &["Error: "], 2, "look above in the log for the first error"),
];

const LLAMA: &[Row] = &[
    row("unrecognized_flag", &["error: invalid argument:"], 9, "check the flag's name: vramdeck launch … --dry-run"),
    row("bad_value", &["error while handling argument"], 9, "check the flag's value"),
    row("model_missing", &["failed to open GGUF file"], 9, "check the path of the model"),
    row("not_gguf", &["invalid magic characters"], 9, "the file is no GGUF: llama.cpp needs one"),
    row(
        "truncated_weights",
        &["data is not within the file bounds"],
        9,
        "the file is incomplete: delete it and fetch it again",
    ),
    row(
        "unsupported_architecture",
        &["unknown model architecture"],
        9,
        "this version of llama.cpp cannot run the model: update it",
    ),
    row(
        "port_in_use",
        &["couldn't bind HTTP server socket"],
        9,
        "another server holds the port: stop it, or leave --port out",
    ),
    row(
        "cuda_oom",
        &["cudaMalloc failed: out of memory"],
        9,
        "lower -c or -ngl, quantise the cache (-ctk q8_0 -ctv q8_0), or take a smaller file",
    ),
    row(
        "cuda_oom",
        &["failed to allocate", "buffer"],
        8,
        "lower -c or -ngl, quantise the cache (-ctk q8_0 -ctv q8_0), or take a smaller file",
    ),
    row(
        "kv_too_large",
        &["failed to allocate buffer for kv cache"],
        9,
        "lower -c or quantise the cache (-ctk q8_0 -ctv q8_0)",
    ),
    row(
        "load_failed",
        &["error loading model:"],
        7,
        "check that the file is whole and that this llama.cpp knows the model",
    ),
    row("load_failed", &["exiting due to model loading error"], 1, "look above in the log for the first error"),
    row("server_failed", &["exiting due to HTTP server error"], 1, "look above in the log for the first error"),
];

const OLLAMA: &[Row] = &[
    row(
        "port_in_use",
        &["address already in use"],
        9,
        "a server runs on that port already: vramdeck uses it when --port is left out",
    ),
    row("models_folder", &["Error: mkdir"], 9, "set OLLAMA_MODELS to a folder that can be written"),
    row("model_missing", &["not found, try pulling it first"], 9, "fetch it first: ollama pull MODEL"),
    row(
        "cuda_oom",
        &["cudaMalloc failed: out of memory"],
        9,
        "lower the context (--context-length) or take a smaller model",
    ),
    row("raised", &["Error: "], 2, "look above in the log for the first error"),
];

/// Failures of the loader and of Python itself, whatever the engine.
const ANY: &[Row] = &[
    row("unrecognized_flag", &["error: unexpected argument"], 9, "check the flag's name: vramdeck launch … --dry-run"),
    row("bad_value", &["error: invalid value"], 9, "check the flag's value"),
    row("program_broken", &["error while loading shared libraries"], 9, "a library is missing: reinstall the engine"),
    row(
        "program_broken",
        &["cannot execute binary file"],
        9,
        "the program is for another machine: reinstall the engine",
    ),
    row("port_in_use", &["Address already in use"], 8, "another server holds the port: stop it, or leave --port out"),
    row("disk_full", &["No space left on device"], 8, "free disk space"),
];

/// The cause a line names, if it names one.
pub fn cause_of(dialect: Dialect, line: &str) -> Option<Cause> {
    // A warning about what might happen is no cause.
    if super::level_of(dialect, line).is_some_and(|level| level <= super::Level::Warning) {
        return None;
    }
    let rows = match dialect {
        Dialect::Vllm => VLLM,
        Dialect::LlamaCpp => LLAMA,
        Dialect::Ollama => OLLAMA,
        Dialect::OpenAi => ANY,
    };
    let own = rows.iter().chain(if dialect == Dialect::Ollama { LLAMA } else { &[] }).chain(ANY);
    let row = own.filter(|row| row.markers.iter().all(|marker| line.contains(marker))).max_by_key(|row| row.weight)?;
    Some(Cause { name: row.name, weight: row.weight, why: sentence(line), hint: row.hint.to_owned() })
}

/// The line without its prefix, stamp and pydantic's tail: what a person wants to read.
fn sentence(line: &str) -> String {
    let mut text = line.trim();
    if let Some((_, rest)) = text.strip_prefix('(').and_then(|inner| inner.split_once(" pid=")) {
        text = rest.split_once(") ").map_or(text, |(_, rest)| rest);
        text = text.split_once(".py:").and_then(|(_, rest)| rest.split_once("] ")).map_or(text, |(_, rest)| rest);
    }
    if text.starts_with(|c: char| c.is_ascii_digit())
        && let Some((_, rest)) = text.split_once(" E ")
    {
        text = rest;
    }
    let text = text.split(" [type=").next().unwrap_or(text).trim();
    let text = text.strip_prefix("Value error, ").or_else(|| text.strip_prefix("ValueError: ")).unwrap_or(text);
    let text = text.strip_prefix("vllm: error: ").or_else(|| text.strip_prefix("vllm serve: error: ")).unwrap_or(text);
    fit(text, 400).into_owned()
}
