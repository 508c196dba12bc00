//! vLLM's lines.

use super::{Fact, MemoryPart, number_after, size_after, tqdm};
use crate::base::Bytes;
use crate::base::units::GIB;

/// Facts of one line.
pub(super) fn facts(line: &str) -> Vec<Fact> {
    if let Some(fact) = progress(line) {
        return vec![fact];
    }
    let mut facts = Vec::new();
    facts.extend(stage(line));
    facts.extend(capacity(line));
    facts.extend(memory(line));
    facts
}

fn progress(line: &str) -> Option<Fact> {
    if let Some((_, rest)) = line.split_once("checkpoint shards:") {
        let percent = rest.split('%').next().and_then(|text| text.trim().parse::<u8>().ok()).filter(|p| *p <= 100);
        return Some(Fact::Loading(percent));
    }
    let (name, _, done, total) = tqdm(line)?;
    if name.contains("CUDA graph") {
        return Some(Fact::Warming);
    }
    let fetched = name.starts_with("Fetching") || name.ends_with(".safetensors") || name.ends_with(".bin");
    fetched.then_some(Fact::Downloading(done, total))
}

const WARMING: [&str; 5] =
    ["Loading weights took", "Model loading took", "torch.compile", "Capturing CUDA graph", "init engine (profile"];

fn stage(line: &str) -> Option<Fact> {
    let has = |text: &str| line.contains(text);
    if has("non-default args:") || has("Resolved architecture:") || has("Initializing a V1 LLM engine") {
        Some(Fact::Alive)
    } else if has("Time spent downloading weights") || has("Starting to load model") {
        Some(Fact::Loading(None))
    } else if WARMING.iter().any(|text| has(text)) {
        Some(Fact::Warming)
    } else if has("Application startup complete.") {
        Some(Fact::Listening)
    } else if line.trim_end().ends_with("Shutting down") {
        Some(Fact::ShuttingDown)
    } else {
        None
    }
}

fn capacity(line: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    facts.extend(number_after(line, "Using max model len ").map(|n| Fact::Context(n as u64)));
    if line.contains("Auto-fit max_model_len")
        && let Some(to) = number_after(line, " to ")
    {
        facts.push(Fact::Context(to as u64));
    }
    facts.extend(number_after(line, "KV cache size: ").map(|n| Fact::KvTokens(n as u64)));
    if line.contains("Maximum concurrency for") {
        facts.extend(number_after(line, "per request: ").map(Fact::Concurrency));
    }
    facts
}

fn memory(line: &str) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut take = |part, marker: &str| facts.extend(size_after(line, marker).map(|bytes| Fact::Memory(part, bytes)));
    take(MemoryPart::Weights, "Model loading took ");
    take(MemoryPart::KvCache, "Available KV cache memory: ");
    take(MemoryPart::GraphsEstimate, "Estimated CUDA graph memory: ");
    take(MemoryPart::Compute, "activation peak memory takes ");
    // The engine before V1 says all in one line.
    take(MemoryPart::Weights, "model weights take ");
    take(MemoryPart::KvCache, "reserved for KV Cache is ");
    if line.contains("Graph capturing finished") {
        take(MemoryPart::Graphs, "secs, took ");
    }
    // On a processor: `Explicitly set (1.0/22.09) GiB for KV cache on node 0.`
    if line.contains("GiB for KV cache") {
        let gib = number_after(line, "Explicitly set (");
        facts.extend(gib.map(|gib| Fact::Memory(MemoryPart::KvCache, gibibytes(gib))));
    }
    // "…, 1.05 GiB for peak activation, and 0.52 GiB for CUDAGraph memory."
    if let Some((before, _)) = line.split_once(" GiB for peak activation")
        && let Some(gib) = before.rsplit(' ').next().and_then(|word| word.parse::<f64>().ok())
    {
        facts.push(Fact::Memory(MemoryPart::Compute, Bytes::from_gib(gib)));
    }
    facts
}

fn gibibytes(gib: f64) -> Bytes {
    Bytes((gib * GIB as f64) as u64)
}
