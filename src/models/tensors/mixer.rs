//! Parameters of mixers.

use super::{Kind, Sink, Split};
use crate::models::geometry::{Attention, DeltaNet, Latent, Mamba, Mixer, ShortConv};
use std::num::Saturating as S;

pub(super) fn add(sink: &mut Sink<'_>, hidden: u64, mixer: &Mixer) {
    match mixer {
        Mixer::Attention(it) => attention(sink, hidden, it),
        Mixer::Latent(it) => latent(sink, hidden, it),
        Mixer::DeltaNet(it) => delta(sink, hidden, it),
        Mixer::Mamba(it) => mamba(sink, hidden, it),
        Mixer::ShortConv(it) => conv(sink, hidden, it),
        Mixer::None => {}
    }
}

fn attention(sink: &mut Sink<'_>, hidden: u64, it: &Attention) {
    let (heads, kv) = (S(it.heads), S(it.kv_heads));
    let queries = (heads * S(it.k_dim) * S(if it.gated { 2 } else { 1 })).0;
    let (keys, values) = ((kv * S(it.k_dim)).0, (kv * S(it.v_dim)).0);
    let out = (heads * S(it.v_dim)).0;
    let by_head = Split::Heads(it.kv_heads);
    sink.add(Kind::Linear, "self_attn.q_proj", queries, hidden, Split::Rows);
    if !it.shared {
        sink.add(Kind::Linear, "self_attn.k_proj", keys, hidden, by_head);
        if !it.k_eq_v {
            sink.add(Kind::Linear, "self_attn.v_proj", values, hidden, by_head);
        }
    }
    sink.add(Kind::Linear, "self_attn.o_proj", hidden, out, Split::Cols);
    if it.qkv_bias {
        sink.add(Kind::Bias, "self_attn.q_proj.bias", queries, 1, Split::Rows);
        sink.add(Kind::Bias, "self_attn.k_proj.bias", keys.saturating_add(values), 1, by_head);
    }
    if it.out_bias {
        sink.add(Kind::Bias, "self_attn.o_proj.bias", hidden, 1, Split::Whole);
    }
    if it.qk_norm {
        sink.add(Kind::Norm, "self_attn.q_norm", it.k_dim, if it.shared { 1 } else { 2 }, Split::Whole);
    }
}

fn latent(sink: &mut Sink<'_>, hidden: u64, it: &Latent) {
    let heads = S(it.heads);
    let queries = (heads * (S(it.nope_dim) + S(it.rope_dim))).0;
    if it.q_rank > 0 {
        sink.add(Kind::Linear, "self_attn.q_a_proj", it.q_rank, hidden, Split::Whole);
        sink.add(Kind::Norm, "self_attn.q_a_layernorm", it.q_rank, 1, Split::Whole);
        sink.add(Kind::Linear, "self_attn.q_b_proj", queries, it.q_rank, Split::Rows);
    } else {
        sink.add(Kind::Linear, "self_attn.q_proj", queries, hidden, Split::Rows);
    }
    let cached = it.kv_rank.saturating_add(it.rope_dim);
    sink.add(Kind::Linear, "self_attn.kv_a_proj_with_mqa", cached, hidden, Split::Whole);
    sink.add(Kind::Norm, "self_attn.kv_a_layernorm", it.kv_rank, 1, Split::Whole);
    let up = (heads * (S(it.nope_dim) + S(it.v_dim))).0;
    sink.add(Kind::Linear, "self_attn.kv_b_proj", up, it.kv_rank, Split::Rows);
    sink.add(Kind::Linear, "self_attn.o_proj", hidden, (heads * S(it.v_dim)).0, Split::Cols);
}

fn delta(sink: &mut Sink<'_>, hidden: u64, it: &DeltaNet) {
    let (keys, values) = (S(it.k_heads) * S(it.k_dim), S(it.v_heads) * S(it.v_dim));
    sink.add(Kind::Linear, "linear_attn.in_proj_qkv", (S(2) * keys + values).0, hidden, Split::Rows);
    sink.add(Kind::Linear, "linear_attn.in_proj_z", values.0, hidden, Split::Rows);
    sink.add(Kind::Linear, "linear_attn.in_proj_a", it.v_heads, hidden, Split::Rows);
    sink.add(Kind::Linear, "linear_attn.in_proj_b", it.v_heads, hidden, Split::Rows);
    sink.add(Kind::State, "linear_attn.conv1d", (S(2) * keys + values).0, it.conv, Split::Rows);
    sink.add(Kind::State, "linear_attn.A_log", it.v_heads, 2, Split::Rows);
    sink.add(Kind::Norm, "linear_attn.norm", it.v_dim, 1, Split::Whole);
    sink.add(Kind::Linear, "linear_attn.out_proj", hidden, values.0, Split::Cols);
}

fn mamba(sink: &mut Sink<'_>, hidden: u64, it: &Mamba) {
    let (inner, state) = (S(it.inner), S(it.state));
    if it.version == 1 {
        let rank = S(hidden.div_ceil(16));
        sink.add(Kind::Linear, "mamba.in_proj", (S(2) * inner).0, hidden, Split::Rows);
        sink.add(Kind::State, "mamba.conv1d", it.inner, it.conv.saturating_add(1), Split::Rows);
        sink.add(Kind::Linear, "mamba.x_proj", (rank + S(2) * state).0, it.inner, Split::Cols);
        sink.add(Kind::Linear, "mamba.dt_proj", it.inner, rank.0, Split::Rows);
        sink.add(Kind::State, "mamba.A", it.inner, (state + S(2)).0, Split::Rows);
    } else {
        let mixed = inner + S(2) * S(it.groups) * state;
        sink.add(Kind::Linear, "mamba.in_proj", (inner + mixed + S(it.heads)).0, hidden, Split::Rows);
        sink.add(Kind::State, "mamba.conv1d", mixed.0, it.conv.saturating_add(1), Split::Rows);
        sink.add(Kind::State, "mamba.A", it.heads, 3, Split::Rows);
        sink.add(Kind::Norm, "mamba.norm", it.inner, 1, Split::Rows);
    }
    sink.add(Kind::Linear, "mamba.out_proj", hidden, it.inner, Split::Cols);
}

fn conv(sink: &mut Sink<'_>, hidden: u64, it: &ShortConv) {
    sink.add(Kind::Linear, "conv.in_proj", it.width.saturating_mul(3), hidden, Split::Rows);
    sink.add(Kind::State, "conv.conv", it.width, it.conv, Split::Rows);
    sink.add(Kind::Linear, "conv.out_proj", hidden, it.width, Split::Cols);
}
