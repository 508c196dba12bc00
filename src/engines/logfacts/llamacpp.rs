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
        if let Some(bytes) = size_after(line, "buffer size =") {
            facts.push(Fact::Memory(part, bytes));
            if is_host(line) {
                facts.push(Fact::HostMemory(part, bytes));
            }
        }
    }
    facts
}

/// Whether the buffer's device is the host: `CPU`, `CPU_Mapped`, `CPU_REPACK`, `CUDA_Host` and their like.
fn is_host(line: &str) -> bool {
    let device = line.split(" buffer size").next().and_then(|before| before.split_whitespace().rev().nth(1));
    device.is_some_and(|device| device.starts_with("CPU") || device.ends_with("_Host"))
}
