//! Flags that were there once, and what to use instead.

use crate::engines::EngineKind;
use serde::Deserialize;

const VLLM: &str = include_str!("../../../presets/flags/vllm-removed.jsonl");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Removed {
    name: String,
    instead: String,
}

/// What replaced a flag that the engine no longer has, if it ever had it.
pub fn removed(engine: EngineKind, flag: &str) -> Option<String> {
    let text = if engine == EngineKind::Vllm { VLLM } else { "" };
    let name = super::normal(flag);
    let mut rows = text.lines().filter_map(|line| serde_json::from_str::<Removed>(line).ok());
    rows.find(|row| row.name == name).map(|row| row.instead)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::flags::bundled;

    #[test]
    fn every_row_reads_and_is_really_gone() {
        let table = bundled(EngineKind::Vllm).unwrap();
        for line in VLLM.lines() {
            let row: Removed = serde_json::from_str(line).unwrap();
            assert!(table.find(&row.name).is_none(), "{} is still there", row.name);
            for word in row.instead.split_whitespace().filter(|word| word.starts_with("--")) {
                assert!(table.find(word).is_some(), "{} names {word}", row.name);
            }
        }
        assert!(removed(EngineKind::Vllm, "--swap_space").is_some());
        assert!(removed(EngineKind::LlamaCpp, "--swap-space").is_none());
    }
}
