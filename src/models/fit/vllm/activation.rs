//! The peak of one profiling pass: the sampler, the decoder or the tower, whichever is widest; they do not overlap.

use super::rules::{Rules, Sampling};
use crate::base::Bytes;
use crate::models::Geometry;
use crate::models::fit::{Ask, Part, PartBasis, PartKind};
use crate::models::geometry::{DeltaNet, Feed, Layer, Mixer, Runner, Tower};

/// Bytes per sequence and vocabulary entry at the sampler's peak, where it sorts (up to 0.16). Fitted to the five logged
/// peaks of v079, v081, v083, v084, v085 and v086 (0.11, 1024 sequences, vocabularies 128 k to 201 k) once the hidden
/// states were taken off: 38.19 to 38.29; v003, v009 and v107 (256 sequences) then agree within 0.03 GiB.
const SORTING: f64 = 38.25;
/// The same without sorting (since 0.17): the 16-bit logits and five 32-bit copies, 2 + 5 × 4 bytes. v088 and v038
/// (0.19, 256 sequences) leave 22.1 and 22.4 for it.
const SORTLESS: f64 = 22.0;
/// With the second runner: the 16-bit logits alone (source of 0.32), and a second copy where they are gathered.
const BARE: f64 = 2.0;
/// How far [`BARE`] may be off, share: releases before 0.32 may have copied them to 32 bits.
const BARE_OFF: f64 = 2.0;
/// Rows of width `hidden` that one forward pass holds per token besides three of the feed-forward width: v103, v104 and
/// v116 (10 k to 29 k tokens in one pass) agree within 0.05 GiB.
const RESIDUALS: u64 = 3;
/// Rows of width `hidden` per patch in a tower while its feed-forward part runs: what goes in, its norm, what comes out.
/// v002 (65,536 patches, 2.36 GiB, three rows of the feed-forward width) and v064 (1.39 GiB, two rows) agree within 1 %.
const TOWER_ROWS: u64 = 3;
/// How far a sampler's peak may be off, share: sorting to a hundredth, without sorting the two rows of one release.
const SORTING_OFF: f64 = 0.02;
/// See above.
const SORTLESS_OFF: f64 = 0.15;
/// How far the decoder's peak may be off, share: v116 lies 5 % above, v103 16 % below.
const FORWARD_OFF: f64 = 0.16;
/// How far the tower's peak may be off, share: how large an image the processor makes up is read for few families.
const TOWER_OFF: f64 = 0.35;
/// What autotuning of gated delta nets took in 0.17 to 0.20 beyond the sum: v037 shows 1.2 GiB more than its parts.
const SCRATCH: u64 = 5 << 28;

/// The peak as a line of the sum.
pub(super) fn part(geometry: &Geometry, ask: &Ask, rules: &Rules) -> Part {
    let cards = ask.flags.cards();
    let candidates = [sampler(geometry, rules, cards), forward(geometry, rules, cards), tower(geometry, ask, rules)];
    let mut peak = candidates.into_iter().max_by_key(|peak| peak.bytes).unwrap_or_default();
    if rules.scratch && geometry.layers.iter().any(|layer| matches!(layer.mixer, Mixer::DeltaNet(_))) {
        peak.margin = peak.margin.saturating_add(SCRATCH);
        peak.why.push_str("; this release also autotunes its delta net kernels with scratch that varies");
    }
    if rules.either && !peak.tower {
        let pass = forward(geometry, rules, cards).bytes;
        peak.margin =
            peak.margin.saturating_add(if rules.batched > 2048 { pass / 4 * 3 } else { pass.saturating_mul(3) });
        peak.why.push_str("; logs of this release show passes of 2,048 and of 8,192 tokens");
    }
    if rules.guessed && peak.sampler {
        // The other family would have four times or a quarter of the sequences; the guess is right more often than not.
        let other = Rules { seqs: if rules.seqs > 256 { 256 } else { 1024 }, ..*rules };
        let apart = sampler(geometry, &other, cards).bytes.abs_diff(peak.bytes);
        peak.margin = peak.margin.saturating_add(apart / 4);
        peak.why.push_str(match rules.seqs {
            0..=256 => "; guessed from the total: 256 sequences as on an A100, an H100 takes 1,024",
            _ => "; guessed from the total: 1,024 sequences as on an H100, an A100 takes 256",
        });
    }
    Part { kind: PartKind::Activation, bytes: peak.bytes, margin: peak.margin, basis: PartBasis::Fitted, why: peak.why }
}

#[derive(Default)]
struct Peak {
    bytes: u64,
    margin: u64,
    why: String,
    sampler: bool,
    tower: bool,
}

fn share(bytes: u64, of: f64) -> u64 {
    (bytes as f64 * of) as u64
}

/// The sampler's warm-up with every sequence, the hidden states of the pass still held. The first engine leaves it out
/// where prompts are split (v105, v108 peak below its logits); poolers have none.
fn sampler(geometry: &Geometry, rules: &Rules, cards: u64) -> Peak {
    if geometry.runner != Runner::Generate || (rules.first_engine && rules.chunked) {
        return Peak::default();
    }
    let (each, off) = match rules.sampling {
        Sampling::Sorted => (SORTING, SORTING_OFF),
        Sampling::Unsorted => (SORTLESS, SORTLESS_OFF),
        Sampling::Bare if cards > 1 => (BARE * 2.0, BARE_OFF),
        Sampling::Bare => (BARE, BARE_OFF),
    };
    let logits = (rules.seqs as f64 * geometry.vocab as f64 * each) as u64;
    let rows = rules.batched.saturating_add(rules.seqs.saturating_mul(2));
    let hidden = rows.saturating_mul(geometry.hidden).saturating_mul(2);
    let bytes = logits.saturating_add(hidden);
    let why = format!(
        "the sampler: {} sequences × {} tokens of vocabulary × {each} B, and {} of hidden states",
        rules.seqs,
        geometry.vocab,
        Bytes(hidden)
    );
    Peak { bytes, margin: share(bytes, off), why, sampler: true, tower: false }
}

/// One pass of `max_num_batched_tokens` through the widest layer.
fn forward(geometry: &Geometry, rules: &Rules, cards: u64) -> Peak {
    let width = geometry.dtype.bytes();
    let widest = geometry.layers.iter().map(|layer| per_token(layer, geometry.hidden, cards)).max().unwrap_or(0);
    let elements = widest.saturating_add(geometry.hidden.saturating_mul(RESIDUALS));
    let scratch = geometry.layers.iter().map(|layer| delta_scratch(layer, rules.batched, cards)).max().unwrap_or(0);
    let bytes = rules.batched.saturating_mul(elements).saturating_mul(width.min(2)).saturating_add(scratch);
    let why = format!("one pass of {} tokens × {elements} numbers × 2 B", rules.batched);
    Peak { bytes, margin: share(bytes, FORWARD_OFF), why, ..Peak::default() }
}

/// Numbers that the feed-forward part of a layer holds per token on one card.
fn per_token(layer: &Layer, hidden: u64, cards: u64) -> u64 {
    let dense = |inner: u64, gated: bool| inner.saturating_mul(if gated { 3 } else { 2 }) / cards;
    match layer.feed {
        Feed::Dense { inner, gated, .. } => dense(inner, gated),
        Feed::Experts { active, inner, gated, shared, .. } => {
            let routed = dense(inner, gated).saturating_add(hidden).saturating_mul(active);
            routed.max(dense(shared, gated))
        }
        Feed::None => 0,
    }
}

/// Chunk states and the two operands that gated delta nets keep in 16-bit during one pass.
fn delta_scratch(layer: &Layer, batched: u64, cards: u64) -> u64 {
    let Mixer::DeltaNet(DeltaNet { v_heads, k_dim, v_dim, .. }) = layer.mixer else { return 0 };
    let heads = (v_heads / cards).max(1);
    let states = (batched / 64).saturating_mul(heads).saturating_mul(k_dim).saturating_mul(v_dim).saturating_mul(2);
    let operands = batched.saturating_mul(heads).saturating_mul(v_dim).saturating_mul(4);
    states.saturating_add(operands)
}

/// One image of the largest size through the tower; not sharded among cards by default. The first engine profiles a
/// video beside it (one unit 2.47 GiB, both 4.93 in a log of Qwen2.5-VL-7B).
fn tower(geometry: &Geometry, ask: &Ask, rules: &Rules) -> Peak {
    let Some(tower) = geometry.tower.filter(|_| !ask.flags.language_model_only) else { return Peak::default() };
    let units = if rules.first_engine && geometry.model_type.contains("vl") { 2 } else { 1 };
    let patches = patches(geometry, &tower).saturating_mul(units);
    let row = tower.inner.saturating_mul(inner_rows(geometry)).saturating_add(tower.hidden.saturating_mul(TOWER_ROWS));
    let bytes = patches.saturating_mul(row).saturating_mul(2);
    let why = format!("an image of {patches} patches × {row} numbers × 2 B; --language-model-only saves it");
    Peak { bytes, margin: share(bytes, TOWER_OFF), why, tower: true, ..Peak::default() }
}

/// Rows of the feed-forward width that live together: into and out of the activation, and one more where that is
/// QuickGELU (Qwen2-VL, LLaVA's CLIP) or a gate doubles what goes in (Qwen2.5-VL, Pixtral).
fn inner_rows(geometry: &Geometry) -> u64 {
    let family = |part: &str| geometry.model_type.contains(part);
    if ["qwen2", "llava", "mistral", "pixtral"].into_iter().any(family) { 3 } else { 2 }
}

/// Patches of the largest image that the processor of a family lets through: 12,845,056 pixels in patches of 14
/// (Qwen2-VL, 2.5-VL), 16,777,216 in patches of 16 (Qwen3-VL and later), 1,540 pixels a side (Pixtral), 896 (Gemma 3).
fn patches(geometry: &Geometry, tower: &Tower) -> u64 {
    if tower.max_patches > 0 {
        return tower.max_patches;
    }
    let family = |part: &str| geometry.model_type.contains(part) || geometry.architecture.to_lowercase().contains(part);
    match () {
        () if family("qwen") => 65_536,
        () if family("mistral") || family("pixtral") => 12_100,
        () if family("gemma") => 4_096,
        () if family("next") || family("onevision") => 5 * 577,
        () if family("llava") => 577,
        () => 4_096,
    }
}
