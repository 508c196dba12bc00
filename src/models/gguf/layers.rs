//! Each layer out of the keys, by the rules of llama.cpp's loader; which parts a layer has is told by its tensors.

use super::head::{Gguf, Value};
use super::sums::{LAYERS, first_mtp};
use crate::models::geometry::{Attention, DeltaNet, Feed, Latent, Layer, Mamba, Mixer, ShortConv};
use std::collections::HashSet;

/// The keys of one architecture.
pub(super) struct Keys<'a> {
    head: &'a Gguf,
    /// `general.architecture`.
    pub arch: &'a str,
}

impl<'a> Keys<'a> {
    pub fn of(head: &'a Gguf) -> Self {
        Self { head, arch: head.architecture.as_deref().unwrap_or_default() }
    }

    /// A number of the whole model.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.head.number(&format!("{}.{key}", self.arch))
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.head.keys.get(&format!("{}.{key}", self.arch))
    }

    /// A number that may differ by layer.
    fn at(&self, key: &str, layer: usize) -> Option<u64> {
        match self.value(key)? {
            Value::Number(number) => Some(*number),
            Value::List(list) => list.get(layer).copied(),
            _ => None,
        }
    }
}

/// What the tensors of all layers say is there.
struct Present<'a>(HashSet<(usize, &'a str)>);

impl<'a> Present<'a> {
    fn of(head: &'a Gguf) -> Self {
        let named = |name: &'a str| {
            let (layer, rest) = name.strip_prefix("blk.")?.split_once('.')?;
            Some((layer.parse().ok()?, rest))
        };
        Self(head.tensors.iter().filter_map(|tensor| named(&tensor.name)).collect())
    }

    fn has(&self, layer: usize, names: &[&str]) -> bool {
        names.iter().any(|name| self.0.contains(&(layer, *name)))
    }
}

/// The layers of the decoder without those that only predict further tokens.
pub(super) fn layers(head: &Gguf) -> Vec<Layer> {
    let keys = Keys::of(head);
    let count = usize::try_from(keys.number("block_count").unwrap_or(0)).unwrap_or(LAYERS).min(LAYERS);
    let count = count.min(first_mtp(head));
    let present = Present::of(head);
    let own = count.saturating_sub(shared_layers(&keys, count));
    let mut layers = Vec::new();
    for index in 0..count {
        let feed = feed(&keys, &present, index);
        match (recurrent(&keys, &present, index), attention(&keys, &present, index, index >= own)) {
            // Both side by side (Falcon-H1): two entries whose sums are those of the one.
            (Some(state), Some(mixer)) => {
                layers.push(Layer { mixer: state, feed: Feed::None });
                layers.push(Layer { mixer, feed });
            }
            (Some(mixer), None) | (None, Some(mixer)) => layers.push(Layer { mixer, feed }),
            (None, None) => layers.push(Layer { mixer: Mixer::None, feed }),
        }
    }
    layers
}

/// Last layers that use the cache of an earlier one.
fn shared_layers(keys: &Keys<'_>, count: usize) -> usize {
    match keys.number("attention.shared_kv_layers") {
        Some(shared) => usize::try_from(shared).unwrap_or(count),
        None if keys.arch == "gemma3n" => count.saturating_sub(20),
        None => 0,
    }
}

fn is_delta(arch: &str) -> bool {
    matches!(arch, "qwen3next" | "qwen35" | "qwen35moe" | "kimi-linear")
}

fn recurrent(keys: &Keys<'_>, present: &Present<'_>, layer: usize) -> Option<Mixer> {
    if present.has(layer, &["shortconv.conv.weight", "shortconv.in_proj.weight"]) {
        let (width, conv) = (keys.number("embedding_length")?, keys.number("shortconv.l_cache")?);
        return Some(Mixer::ShortConv(ShortConv { width, conv }));
    }
    let conv = keys.number("ssm.conv_kernel").unwrap_or(0);
    if keys.arch == "kimi-linear" && present.has(layer, &["ssm_conv1d_q.weight"]) {
        let (heads, dim) = (keys.at("attention.head_count", layer)?, keys.number("kda.head_dim")?);
        return Some(Mixer::DeltaNet(DeltaNet {
            k_heads: heads,
            v_heads: heads,
            k_dim: dim,
            v_dim: dim,
            conv,
            state_bytes: 4,
        }));
    }
    if !present.has(layer, &["ssm_conv1d.weight", "ssm_out.weight", "ssm_in.weight"]) {
        return None;
    }
    let (inner, state) = (keys.number("ssm.inner_size")?, keys.number("ssm.state_size")?);
    let (heads, groups) = (keys.number("ssm.time_step_rank")?, keys.number("ssm.group_count").unwrap_or(0));
    if is_delta(keys.arch) {
        let v_dim = inner.checked_div(heads)?;
        let (k_heads, k_dim) = (groups, state);
        return Some(Mixer::DeltaNet(DeltaNet { k_heads, v_heads: heads, k_dim, v_dim, conv, state_bytes: 4 }));
    }
    let version = if groups == 0 { 1 } else { 2 };
    let (heads, head_dim) = if version == 1 { (0, 0) } else { (heads, inner.checked_div(heads)?) };
    Some(Mixer::Mamba(Mamba { version, inner, state, conv, heads, head_dim, groups, state_bytes: 4 }))
}

fn attention(keys: &Keys<'_>, present: &Present<'_>, layer: usize, shared: bool) -> Option<Mixer> {
    const PARTS: [&str; 5] =
        ["attn_k.weight", "attn_q.weight", "attn_q_b.weight", "attn_kv_a_mqa.weight", "attn_kv_b.weight"];
    let fused = present.has(layer, &["attn_qkv.weight"]) && !(is_delta(keys.arch) && present.has(layer, &["ssm_a"]));
    if !fused && !present.has(layer, &PARTS) {
        return None;
    }
    let heads = keys.at("attention.head_count", layer)?;
    if let (Some(kv_rank), Some(k_mla)) =
        (keys.number("attention.kv_lora_rank"), keys.number("attention.key_length_mla"))
    {
        let rope_dim = keys.number("rope.dimension_count").unwrap_or(0);
        return Some(Mixer::Latent(Latent {
            heads,
            q_rank: keys.number("attention.q_lora_rank").unwrap_or(0),
            kv_rank,
            rope_dim,
            nope_dim: k_mla.saturating_sub(rope_dim),
            v_dim: keys.number("attention.value_length_mla").unwrap_or(0),
        }));
    }
    let kv_heads = keys.at("attention.head_count_kv", layer).unwrap_or(heads);
    let hidden = keys.number("embedding_length").unwrap_or(0);
    let window = window(keys, layer);
    let dim = |key: &str| {
        let swa = window.and_then(|_| keys.at(&format!("attention.{key}_swa"), layer));
        swa.or_else(|| keys.at(&format!("attention.{key}"), layer)).or_else(|| hidden.checked_div(heads)).unwrap_or(0)
    };
    let (k_dim, v_dim) = (dim("key_length"), dim("value_length"));
    Some(Mixer::Attention(Attention {
        heads,
        kv_heads,
        k_dim,
        v_dim,
        window,
        shared,
        k_eq_v: !fused && !present.has(layer, &["attn_v.weight", "attn_kv_b.weight"]) && !shared,
        gated: is_delta(keys.arch) || present.has(layer, &["attn_gate.weight"]),
        qkv_bias: present.has(layer, &["attn_q.bias", "attn_qkv.bias"]),
        out_bias: present.has(layer, &["attn_output.bias"]),
        qk_norm: present.has(layer, &["attn_q_norm.weight"]),
    }))
}

/// The sliding window of a layer. Architectures without a pattern of their own ignore the key, as llama.cpp does.
fn window(keys: &Keys<'_>, layer: usize) -> Option<u64> {
    let all = match (keys.number("attention.sliding_window"), keys.arch) {
        (Some(0), _) => None,
        (None, "llama4") => Some(8192),
        (found, _) => found,
    }?;
    let slides = match keys.value("attention.sliding_window_pattern") {
        Some(Value::List(list)) => list.get(layer).is_some_and(|slides| *slides != 0),
        Some(Value::Number(every)) => by_pattern(*every, layer),
        _ => match keys.arch {
            "gemma2" | "gpt-oss" => by_pattern(2, layer),
            "cohere2" | "exaone4" | "exaone-moe" | "olmo2" | "llama4" | "afmoe" => by_pattern(4, layer),
            "gemma3n" => by_pattern(5, layer),
            "gemma3" | "gemma-embedding" => by_pattern(6, layer),
            "smallthinker" => !layer.is_multiple_of(4),
            _ => false,
        },
    };
    slides.then_some(all)
}

/// All but each `every`-th layer slide; 0: all.
fn by_pattern(every: u64, layer: usize) -> bool {
    every == 0 || (layer as u64) % every < every - 1
}

fn feed(keys: &Keys<'_>, present: &Present<'_>, layer: usize) -> Feed {
    let experts = ["ffn_up_exps.weight", "ffn_gate_up_exps.weight", "ffn_down_exps.weight"];
    if present.has(layer, &experts) {
        let inner = keys.number("expert_feed_forward_length").or_else(|| keys.at("feed_forward_length", layer));
        let inner = inner.unwrap_or(0);
        let shared = if present.has(layer, &["ffn_up_shexp.weight"]) {
            let several = keys.number("expert_shared_count").unwrap_or(1).max(1).saturating_mul(inner);
            keys.number("expert_shared_feed_forward_length").unwrap_or(several)
        } else {
            0
        };
        return Feed::Experts {
            count: keys.number("expert_count").unwrap_or(0),
            active: keys.number("expert_used_count").unwrap_or(0),
            inner,
            gated: present.has(layer, &["ffn_gate_exps.weight", "ffn_gate_up_exps.weight"]),
            bias: present.has(layer, &["ffn_up_exps.bias", "ffn_gate_up_exps.bias"]),
            shared,
        };
    }
    if !present.has(layer, &["ffn_up.weight", "ffn_gate_up.weight", "ffn_down.weight"]) {
        return Feed::None;
    }
    Feed::Dense {
        inner: keys.at("feed_forward_length", layer).unwrap_or(0),
        gated: present.has(layer, &["ffn_gate.weight", "ffn_gate_up.weight"]) || keys.arch == "phi3",
        bias: present.has(layer, &["ffn_up.bias", "ffn_down.bias"]),
    }
}
