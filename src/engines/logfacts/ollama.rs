//! Ollama's lines, and those of the llama-server it starts.

use super::{Fact, MemoryPart, llamacpp, number_after, size_after};

/// A model begins to load: what was said of one before it is over.
const STARTS: [&str; 3] = ["starting llama-server", "msg=\"starting runner\"", "msg=\"loading model\""];

/// What Ollama's own runner says it holds, a line a device, to a tenth of a GiB.
const HELD: [(&str, MemoryPart); 3] = [
    ("msg=\"model weights\"", MemoryPart::Weights),
    ("msg=\"kv cache\"", MemoryPart::KvCache),
    ("msg=\"compute graph\"", MemoryPart::Compute),
];

/// Facts of one line.
pub(super) fn facts(line: &str) -> Vec<Fact> {
    let has = |text: &str| line.contains(text);
    if has("msg=\"server config\"") {
        return vec![Fact::Alive];
    }
    if has("msg=\"Listening on") {
        return vec![Fact::Listening];
    }
    if STARTS.iter().any(|start| has(start)) {
        let mut facts = vec![Fact::Loading(None)];
        facts.extend(number_after(line, " -c ").map(|n| Fact::Context(n as u64)));
        return facts;
    }
    if let Some((message, part)) = HELD.iter().find(|(message, _)| has(message)) {
        let Some(bytes) = line.split_once(message).and_then(|(_, rest)| size_after(rest, "size=\"")) else {
            return Vec::new();
        };
        let host = has("device=CPU").then_some(Fact::HostMemory(*part, bytes));
        return [Some(Fact::Memory(*part, bytes)), host].into_iter().flatten().collect();
    }
    // The child's own "listening" is not the server's.
    llamacpp::facts(line).into_iter().filter(|fact| !matches!(fact, Fact::Listening | Fact::Alive)).collect()
}
