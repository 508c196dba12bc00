//! Flags of the engines as data: which exist, what they take, which are gone.

mod bundled;
mod help;
mod removed;
mod settings;

pub use bundled::bundled;
pub use help::{parse_argparse, parse_llama};
pub use removed::removed;
pub use settings::{parse_args, to_args, value_of, verify};
pub(crate) use settings::{parse_words, stray};

use serde::{Deserialize, Serialize};

/// What a flag takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlagKind {
    /// A switch.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// Any text.
    Str,
    /// One of the listed choices.
    Choice,
    /// Several values.
    List,
    /// JSON.
    Json,
    /// A count that may carry `k`, `M`, `G` (and `auto` where the engine knows it).
    Size,
}

impl FlagKind {
    /// What a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "switch",
            Self::Int => "whole number",
            Self::Float => "number",
            Self::Str => "text",
            Self::Choice => "choice",
            Self::List => "list",
            Self::Json => "JSON",
            Self::Size => "count",
        }
    }
}

/// One flag of one engine version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlagSpec {
    /// All its names, as the engine writes them.
    pub names: Vec<String>,
    /// What it takes.
    pub kind: FlagKind,
    /// Its default, as the engine writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The values it may take, where they are few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Whether values outside `choices` may be right as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    /// The section of the engine's help it stands in.
    #[serde(default)]
    pub group: String,
    /// Whether it is among those that matter on one card.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub common: bool,
    /// Set when the engine is about to drop it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
    /// What it does; absent where only the installed engine's help says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl FlagSpec {
    /// The name to show: the first long one that is no opposite.
    pub fn name(&self) -> &str {
        let long = |name: &&String| name.starts_with("--") && !name.starts_with("--no-");
        let long = self.names.iter().find(long).or_else(|| self.names.iter().find(|name| name.starts_with("--")));
        long.or(self.names.first()).map_or("", String::as_str)
    }
}

/// Where a table comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableSource {
    /// Compiled in, for the named version.
    Bundled(String),
    /// Read from the installed engine's help text, of the named version.
    Installed(String),
    /// Compiled in, for the named version: the installed engine's help was asked, and is in no format that is known.
    Unreadable(String),
}

/// All flags of one engine version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FlagTable {
    /// Where it comes from.
    pub source: TableSource,
    /// The flags, in the engine's order.
    pub flags: Vec<FlagSpec>,
}

impl FlagTable {
    /// Whether the table is that of the installed program.
    pub fn is_installed(&self) -> bool {
        matches!(self.source, TableSource::Installed(_))
    }

    /// Whether the installed engine's help was not asked for yet.
    pub fn is_unread(&self) -> bool {
        matches!(self.source, TableSource::Bundled(_))
    }

    /// Why it is the shipped table, where it is.
    pub fn instead(&self) -> Option<&'static str> {
        match &self.source {
            TableSource::Bundled(_) => Some("the installed engine's help was not read yet"),
            TableSource::Unreadable(_) => Some("the installed engine's help is in a format that is not known"),
            TableSource::Installed(_) => None,
        }
    }

    /// The version the table speaks of.
    pub fn version(&self) -> &str {
        match &self.source {
            TableSource::Bundled(version) | TableSource::Installed(version) | TableSource::Unreadable(version) => {
                version
            }
        }
    }

    /// Finds a flag as a person wrote it: underscores count as dashes, `--no-…` finds its switch, and a dotted name
    /// finds the JSON flag before the dot.
    pub fn find(&self, written: &str) -> Option<&FlagSpec> {
        let name = normal(written);
        let exact = |name: &str| self.flags.iter().find(|spec| spec.names.iter().any(|known| known == name));
        exact(&name).or_else(|| exact(name.split_once('.')?.0).filter(|_| !name.starts_with("--no-"))).or_else(|| {
            let switch = exact(&format!("--{}", name.strip_prefix("--no-")?)).filter(|s| s.kind == FlagKind::Bool)?;
            // Most tables name the opposites: then there is none where none is named.
            let named = self.flags.iter().flat_map(|spec| &spec.names).any(|name| name.starts_with("--no-"));
            (!named).then_some(switch)
        })
    }

    /// The known names nearest to one that is not known, best first, at most three.
    pub fn closest(&self, written: &str) -> Vec<&str> {
        let wanted = normal(written);
        let names = self.flags.iter().flat_map(|spec| &spec.names).filter(|name| name.starts_with("--"));
        let mut scored: Vec<(usize, &str)> =
            names.map(|name| (distance(&wanted, name), name.as_str())).filter(|(d, _)| *d <= 6).collect();
        scored.sort_unstable();
        scored.truncate(3);
        scored.into_iter().map(|(_, name)| name).collect()
    }

    /// Takes kinds, choices and short help from `other` for flags that this table knows too little of.
    pub fn enrich(&mut self, other: &Self) {
        for spec in &mut self.flags {
            let Some(known) = spec.names.iter().find_map(|name| other.find(name)) else { continue };
            if spec.kind != FlagKind::Choice && spec.kind != FlagKind::Bool && known.kind != FlagKind::Choice {
                spec.kind = known.kind;
            }
            // A help text that names no values: those that are known, beside any other.
            if known.open && spec.choices.is_empty() && spec.kind == FlagKind::Str {
                (spec.kind, spec.choices) = (known.kind, known.choices.clone());
            }
            spec.common |= known.common;
            spec.open |= known.open;
            spec.help = spec.help.take().or_else(|| known.help.clone());
            spec.deprecated = spec.deprecated.take().or_else(|| known.deprecated.clone());
        }
    }
}

/// The parser of tool calls that these flags choose, where they do.
pub fn tool_parser(flags: &[super::FlagSetting]) -> Option<String> {
    let name = normal("--tool-call-parser");
    flags.iter().find(|flag| normal(&flag.flag) == name)?.value.clone()
}

/// The back end of structured outputs that a run was told to use: vLLM's, `auto` where it was told none. `None` of engines with one
/// of their own, and where it is not known how the run was started.
pub fn backend(run: &super::RunState) -> Option<String> {
    let asked = run.facts.asked.as_ref().filter(|_| run.engine == super::EngineKind::Vllm)?;
    Some(structured_backend(&asked.flags).unwrap_or_else(|| "auto".to_owned()))
}

/// The back end of structured outputs that these flags of vLLM choose, where they do: by a flag of its own or within its JSON.
fn structured_backend(flags: &[super::FlagSetting]) -> Option<String> {
    let find = |name: &str| flags.iter().find(|flag| normal(&flag.flag) == normal(name))?.value.clone();
    let within = |text: String| -> Option<String> {
        let value: serde_json::Value = serde_json::from_str(&text).ok()?;
        value.get("backend")?.as_str().map(str::to_owned)
    };
    find("--structured-outputs-config.backend").or_else(|| find("--structured-outputs-config").and_then(within))
}

/// A flag's name with dashes for underscores; what follows a dot and all values stay.
pub(crate) fn normal(written: &str) -> String {
    let (name, rest) = written.split_at(written.find('.').unwrap_or(written.len()));
    if name.starts_with("--") { format!("{}{rest}", name.replace('_', "-")) } else { written.to_owned() }
}

/// Levenshtein distance, but a name that another begins with counts as near.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let stems = |s: &str| -> Vec<String> { s.split('-').filter(|w| !w.is_empty()).map(str::to_owned).collect() };
    let (words_a, words_b) = (stems(a), stems(b));
    let abbreviates = words_a.len() > 1
        && words_a.len() == words_b.len()
        && words_a.iter().zip(&words_b).all(|(short, long)| long.starts_with(short.as_str()));
    if abbreviates {
        return 1;
    }
    strsim::levenshtein(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::EngineKind;

    #[test]
    fn names_are_found_as_people_write_them() {
        let table = bundled(EngineKind::Vllm).unwrap();
        for written in [
            "--max-num-seqs",
            "--max_num_seqs",
            "--no-enable-prefix-caching",
            "--structured-outputs-config.backend",
            "-tp",
        ] {
            assert!(table.find(written).is_some(), "{written}");
        }
        assert!(table.find("--gpu-mem-util").is_none());
        for none in ["--no-max-num-seqs", "--no-grpc", "--no-headless"] {
            assert!(table.find(none).is_none(), "only switches with an opposite are negated: {none}");
        }
        assert!(bundled(EngineKind::LlamaCpp).unwrap().find("--no-metrics").is_none());
    }

    #[test]
    fn near_names_are_proposed() {
        let table = bundled(EngineKind::Vllm).unwrap();
        for (wrong, right) in [
            ("--gpu-mem-util", "--gpu-memory-utilization"),
            ("--max-model-length", "--max-model-len"),
            ("--max-num-seq", "--max-num-seqs"),
        ] {
            assert_eq!(table.closest(wrong).first(), Some(&right), "{wrong}");
        }
        assert!(table.closest("--completely-different-thing").is_empty());
    }
}
