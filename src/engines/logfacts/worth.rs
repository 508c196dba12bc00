//! Whether a line can say anything at all: most lines of a busy engine's log do not, and one pass tells.

use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// Shorter lines are always read.
const SHORT: usize = 16;

/// A piece of every line that facts or stages are read from, whatever the engine.
const ANCHORS: &[&str] = &[
    // Progress bars, and llama.cpp's row of dots.
    "%",
    "checkpoint shards",
    "...",
    // vLLM.
    "non-default args:",
    "Resolved architecture:",
    "Initializing a V1 LLM engine",
    "ownloading",
    "Starting to load model",
    "Loading weights took",
    "Model loading took",
    "torch.compile",
    "CUDA graph",
    "CUDAGraph",
    "init engine (profile",
    "Application startup complete",
    "Shutting down",
    "Using max model len",
    "Auto-fit max_model_len",
    "KV cache",
    "Maximum concurrency for",
    "peak activation",
    "activation peak",
    "Graph capturing finished",
    "Filesystem type for checkpoints",
    "Dynamo bytecode transform",
    "Directly load the compiled graph",
    "Memory profiling takes",
    "Warming up model",
    "Starting vLLM",
    "# GPU blocks:",
    // llama.cpp.
    "llama_server:",
    "loading model '",
    "threadpool init",
    "listening on http",
    "cleaning up before exit",
    "trying to download",
    "n_ctx_slot",
    "buffer size",
    "load_tensors:",
    "llama_context:",
    "llama_kv_cache:",
    "sched_reserve:",
    "warming up the model",
    // Ollama.
    "msg=\"",
    "starting llama-server",
];

static SEARCH: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(ANCHORS).ok());

/// Whether the line holds a word of any engine's progress or capacity.
pub fn is_worth(line: &str) -> bool {
    line.len() < SHORT || SEARCH.as_ref().is_none_or(|search| search.is_match(line))
}
