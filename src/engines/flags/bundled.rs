//! The tables compiled in, for when the installed engine's help has not been read.

use super::{FlagSpec, FlagTable, TableSource};
use crate::base::Problem;
use crate::engines::EngineKind;

const VLLM: (&str, &str) = ("0.33.0", include_str!("../../../presets/flags/vllm-0.33.0.jsonl"));
const LLAMA: (&str, &str) = ("b11669", include_str!("../../../presets/flags/llama-server-b11669.jsonl"));
const SIMULATED: (&str, &str) = (env!("CARGO_PKG_VERSION"), include_str!("../../../presets/flags/simulated.jsonl"));
const OLLAMA: (&str, &str) = ("0.33.0", include_str!("../../../presets/flags/ollama-0.33.0.jsonl"));
const LITELLM: (&str, &str) = ("1.106.2", include_str!("../../../presets/flags/litellm-1.106.2.jsonl"));

/// The table of an engine kind. Plain endpoints have an empty one.
///
/// # Errors
/// When a bundled table cannot be read (its tests see to it that it can).
pub fn bundled(engine: EngineKind) -> Result<FlagTable, Problem> {
    let (version, text) = match engine {
        EngineKind::Vllm => VLLM,
        EngineKind::LlamaCpp => LLAMA,
        EngineKind::Ollama => OLLAMA,
        EngineKind::LiteLlm => LITELLM,
        EngineKind::Simulated => SIMULATED,
        EngineKind::Endpoint => (env!("CARGO_PKG_VERSION"), ""),
    };
    let mut flags: Vec<FlagSpec> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let spec = serde_json::from_str(line).map_err(|error| {
            Problem::failed(
                format!("the flag table of {engine} {version} cannot be read"),
                format!("line {}: {error}", number + 1),
                "this is a fault of vramdeck: please report it",
            )
        })?;
        flags.push(spec);
    }
    Ok(FlagTable { source: TableSource::Bundled(version.to_owned()), flags })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::flags::FlagKind;

    #[test]
    fn every_table_reads_and_is_consistent() {
        for (engine, least) in
            [(EngineKind::Vllm, 300), (EngineKind::LlamaCpp, 200), (EngineKind::Ollama, 10), (EngineKind::LiteLlm, 40)]
        {
            let table = bundled(engine).unwrap();
            assert!(table.flags.len() >= least, "{engine}: {}", table.flags.len());
            let mut seen = std::collections::HashSet::new();
            for spec in &table.flags {
                assert!(!spec.names.is_empty());
                for name in &spec.names {
                    assert!(name.starts_with('-'), "{engine} {name}");
                    assert!(seen.insert(name.clone()), "{engine} {name} stands twice");
                }
                assert_eq!(spec.kind == FlagKind::Choice, !spec.choices.is_empty(), "{engine} {:?}", spec.names);
            }
        }
    }
}
