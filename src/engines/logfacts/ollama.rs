//! Ollama's lines, and those of the llama-server it starts.

use super::{Fact, llamacpp, number_after};

/// Facts of one line.
pub(super) fn facts(line: &str) -> Vec<Fact> {
    let has = |text: &str| line.contains(text);
    if has("msg=\"server config\"") {
        return vec![Fact::Alive];
    }
    if has("msg=\"Listening on") {
        return vec![Fact::Listening];
    }
    if has("starting llama-server") {
        let mut facts = vec![Fact::Loading(None)];
        facts.extend(number_after(line, " -c ").map(|n| Fact::Context(n as u64)));
        return facts;
    }
    // The child's own "listening" is not the server's.
    llamacpp::facts(line).into_iter().filter(|fact| !matches!(fact, Fact::Listening | Fact::Alive)).collect()
}
