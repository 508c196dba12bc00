//! Which kind each layer is.

use super::keys::{Keys, refuse};
use crate::base::Problem;

/// How a layer mixes tokens, before its sizes are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Attention that sees everything.
    Full,
    /// Attention in a window.
    Window,
    /// A gated delta net.
    Delta,
    /// A state space layer.
    Mamba,
    /// A state space layer and attention side by side (Falcon-H1).
    Both,
    /// A short convolution.
    Conv,
    /// Nothing but a feed-forward part, dense or of experts (Nemotron-H).
    Feed,
    /// Nothing but experts (Nemotron-H).
    Experts,
}

/// The kind of each of `layers` layers.
pub(super) fn kinds(keys: &mut Keys<'_>, layers: u64) -> Result<Vec<Kind>, Problem> {
    if let Some(pattern) = keys.word(&["hybrid_override_pattern"]) {
        return lettered(keys, pattern, layers);
    }
    if let Some(words) = keys.words(&["layer_types", "layers_block_type"]) {
        return listed(keys, &words, layers);
    }
    let model = keys.word(&["model_type"]).unwrap_or_default().to_owned();
    let rule = if model.starts_with("falcon_h1") {
        Rule::All(Kind::Both)
    } else if model.starts_with("mamba") || model == "falcon_mamba" {
        Rule::All(Kind::Mamba)
    } else if let Some(every) = keys.size(&["full_attention_interval"])? {
        Rule::Every { period: every, offset: every - 1, hit: Kind::Full, else_: Kind::Delta }
    } else if let Some(period) = keys.size(&["attn_layer_period"])? {
        let offset = keys.count(&["attn_layer_offset"])?.unwrap_or(0);
        Rule::Every { period, offset, hit: Kind::Full, else_: Kind::Mamba }
    } else if let Some(full) = keys.numbers(&["full_attn_idxs"]) {
        Rule::Among { full, else_: Kind::Conv }
    } else if let Some(full) = keys.numbers(&["attn_layer_indices"]) {
        Rule::Among { full, else_: Kind::Mamba }
    } else if model == "bamba" || model == "granitemoehybrid" {
        Rule::All(Kind::Mamba)
    } else {
        windows(keys, &model)?
    };
    Ok((0..layers).map(|index| rule.kind(index)).collect())
}

/// Rules by index.
enum Rule {
    All(Kind),
    Every { period: u64, offset: u64, hit: Kind, else_: Kind },
    Among { full: Vec<u64>, else_: Kind },
    From { first: u64, below: Kind, above: Kind },
}

impl Rule {
    fn kind(&self, index: u64) -> Kind {
        match self {
            Self::All(kind) => *kind,
            Self::Every { period, offset, hit, else_ } => {
                if index % (*period).max(1) == *offset {
                    *hit
                } else {
                    *else_
                }
            }
            Self::Among { full, else_ } => {
                if full.contains(&index) {
                    Kind::Full
                } else {
                    *else_
                }
            }
            Self::From { first, below, above } => {
                if index < *first {
                    *below
                } else {
                    *above
                }
            }
        }
    }
}

/// Attention only: all in view, all in a window, or mixed by a pattern.
fn windows(keys: &Keys<'_>, model: &str) -> Result<Rule, Problem> {
    let window = keys.count(&["sliding_window", "sliding_window_size"])?.filter(|w| *w > 0);
    let chunk = keys.count(&["attention_chunk_size"])?.filter(|w| *w > 0);
    let pattern = keys.count(&["sliding_window_pattern", "_sliding_window_pattern"]).ok().flatten().filter(|n| *n > 0);
    let period = pattern.or_else(|| habit(model));
    if let Some(no_rope) = keys.numbers(&["no_rope_layers"]).filter(|_| chunk.is_some()) {
        let full = (0..).zip(&no_rope).filter(|(_, rope)| **rope == 0).map(|(index, _)| index).collect();
        return Ok(Rule::Among { full, else_: Kind::Window });
    }
    if chunk.is_some() {
        return Ok(Rule::Every { period: 4, offset: 3, hit: Kind::Full, else_: Kind::Window });
    }
    if let (Some(every), "modernbert") = (keys.size(&["global_attn_every_n_layers"])?, model) {
        return Ok(Rule::Every { period: every, offset: 0, hit: Kind::Full, else_: Kind::Window });
    }
    if window.is_none() {
        return Ok(Rule::All(Kind::Full));
    }
    Ok(match (keys.flag(&["use_sliding_window"]), period) {
        (Some(false), _) => Rule::All(Kind::Full),
        (_, Some(every)) if every > 1 => {
            Rule::Every { period: every, offset: every - 1, hit: Kind::Full, else_: Kind::Window }
        }
        (Some(true), _) => {
            let first = keys.count(&["max_window_layers"])?.unwrap_or(0);
            Rule::From { first, below: Kind::Full, above: Kind::Window }
        }
        // Qwen2 leaves the window off unless it is switched on.
        (None, _) if model.starts_with("qwen") => Rule::All(Kind::Full),
        (None, _) => Rule::All(Kind::Window),
    })
}

/// Every how many layers one sees everything, where the family's default is known.
fn habit(model: &str) -> Option<u64> {
    match model {
        "gemma2" | "gpt_oss" => Some(2),
        _ if model.starts_with("gemma3n") => Some(5),
        _ if model.starts_with("gemma3") || model.starts_with("gemma4") => Some(6),
        "cohere2" | "olmo3" | "exaone4" => Some(4),
        _ => None,
    }
}

/// A word per layer.
fn listed(keys: &mut Keys<'_>, words: &[&str], layers: u64) -> Result<Vec<Kind>, Problem> {
    let count = usize::try_from(layers).unwrap_or(usize::MAX);
    if words.len() < count {
        let found = words.len();
        return Err(refuse(format!("`layer_types` names {found} layers, `num_hidden_layers` says {layers}")));
    }
    if words.len() > count {
        keys.doubt(format!(
            "`layer_types` names {} layers, `num_hidden_layers` says {layers}: the rest is left out",
            words.len()
        ));
    }
    let parallel = keys.word(&["model_type"]).is_some_and(|kind| kind.starts_with("falcon_h1"));
    let kinds: Vec<(Kind, bool)> = words.iter().take(count).map(|word| read(word)).collect();
    if let Some(at) = kinds.iter().position(|(_, known)| !known) {
        let word = words.get(at).copied().unwrap_or_default().to_owned();
        keys.grave(format!("layers of kind `{word}` are not known and counted as full attention"));
    }
    let linear = linear(keys, kinds.iter().any(|(kind, _)| *kind == Kind::Delta));
    let kind = |kind| if kind == Kind::Delta { linear } else { kind };
    Ok(kinds.into_iter().map(|(found, _)| if parallel { Kind::Both } else { kind(found) }).collect())
}

/// What `linear_attention` stands for: a delta net, a state space layer by its keys, else unknown.
fn linear(keys: &mut Keys<'_>, any: bool) -> Kind {
    if !any || keys.value(&["linear_num_value_heads"]).is_some() {
        return Kind::Delta;
    }
    if keys.value(&["mamba_n_heads", "mamba_num_heads", "mamba_d_state", "n_mamba_heads"]).is_some() {
        return Kind::Mamba;
    }
    keys.grave("linear attention of an unknown kind is counted as full attention");
    Kind::Full
}

/// A word of `layer_types`, and whether it is known.
fn read(word: &str) -> (Kind, bool) {
    let kind = match word {
        "full_attention" | "attention" | "global_attention" | "full" | "global" | "hybrid_attention" => Kind::Full,
        "sliding_attention" | "chunked_attention" | "local_attention" | "sliding" | "local" | "sliding_window" => {
            Kind::Window
        }
        "linear_attention" | "gated_deltanet" | "linear" => Kind::Delta,
        "mamba" | "mamba2" => Kind::Mamba,
        "hybrid" => Kind::Full,
        "conv" | "short_conv" => Kind::Conv,
        "mlp" => Kind::Feed,
        "moe" => Kind::Experts,
        _ => return (Kind::Full, false),
    };
    (kind, true)
}

/// Nemotron-H's letter per layer.
fn lettered(keys: &mut Keys<'_>, pattern: &str, layers: u64) -> Result<Vec<Kind>, Problem> {
    let kinds: Vec<Kind> = pattern
        .chars()
        .take(8192)
        .filter_map(|letter| match letter {
            'M' => Some(Kind::Mamba),
            '*' => Some(Kind::Full),
            '-' => Some(Kind::Feed),
            'E' => Some(Kind::Experts),
            _ => None,
        })
        .collect();
    if kinds.is_empty() {
        return Err(refuse("`hybrid_override_pattern` names no layer"));
    }
    if kinds.len() as u64 != layers {
        keys.doubt(format!("`hybrid_override_pattern` has {} layers, `num_hidden_layers` says {layers}", kinds.len()));
    }
    Ok(kinds)
}
