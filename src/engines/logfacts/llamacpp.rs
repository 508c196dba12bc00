//! llama-server's lines.

use super::{Fact, MemoryPart, number_after, size_after};

/// Facts of one line.
pub(super) fn facts(line: &str) -> Vec<Fact> {
    let has = |text: &str| line.contains(text);
    let mut facts = Vec::new();
    if has("llama_server: initializing") {
        facts.push(Fact::Alive);
    } else if has("loading model '") {
        facts.push(Fact::Loading(None));
    } else if has("threadpool init") || has("llama_server: model loaded") {
        facts.push(Fact::Warming);
    } else if has("listening on http") {
        facts.push(Fact::Listening);
    } else if has("cleaning up before exit") {
        facts.push(Fact::ShuttingDown);
    } else if has("downloading from") || has("trying to download") {
        facts.push(Fact::Downloading(None, None));
    }
    if let Some(slot) = number_after(line, "n_ctx_slot = ") {
        facts.push(Fact::Context(slot as u64));
        // One cache that all slots share, or one for each.
        let shares = if has("kv_unified = 'true'") { Some(1.0) } else { number_after(line, "n_slots = ") };
        facts.extend(shares.map(|shares| Fact::KvTokens((slot * shares) as u64)));
    }
    if has("buffer size =") {
        let part = if has(" KV buffer") {
            MemoryPart::KvCache
        } else if has(" RS buffer") {
            MemoryPart::State
        } else if has(" model buffer") {
            MemoryPart::Weights
        } else {
            MemoryPart::Compute
        };
        let host = match part {
            MemoryPart::Weights if on_host(line) => Some(MemoryPart::HostWeights),
            MemoryPart::Compute if on_host(line) || has(" output buffer") => Some(MemoryPart::HostCompute),
            _ => None,
        };
        if let Some(bytes) = size_after(line, "buffer size =") {
            facts.push(Fact::Memory(part, bytes));
            facts.extend(host.map(|host| Fact::Memory(host, bytes)));
            if on_host(line) {
                facts.push(Fact::HostMemory(part, bytes));
            }
        }
    }
    facts
}

/// Whether a buffer lies in the machine's own memory: its device is `CPU`, `CPU_Mapped`, `CUDA_Host` or the like.
fn on_host(line: &str) -> bool {
    let before = line.split(" buffer size =").next().unwrap_or_default();
    let device = before.split_whitespace().rev().nth(1).unwrap_or_default();
    device.starts_with("CPU") || device.ends_with("Host")
}
