//! The sum over all tensors.

use super::blocks::Blocks;
use super::stored::{Card, Padding, Tensor, tensors};
use super::{Weights, gib};
use crate::models::fit::answer::PartBasis;
use crate::models::fit::ask::{Ask, Version};
use crate::models::geometry::{Geometry, Layer, Mixer};
use crate::models::quant::{Quant, Scheme};
use crate::models::tensors::Kind;
use crate::models::{Exact, Facts};

/// Bytes by kind.
#[derive(Default)]
struct Tally {
    all: u64,
    ends: u64,
    tower: u64,
    experts: u64,
}

impl Tally {
    /// Adds up tensors; `cost` says what one of so many bytes takes.
    fn of(tensors: &[Tensor], mut cost: impl FnMut(u64) -> u64) -> Self {
        let mut found = Self::default();
        for tensor in tensors {
            let parts = [tensor.parts.numbers, tensor.parts.scales, tensor.parts.zeros];
            let bytes = parts.into_iter().filter(|part| *part > 0).map(&mut cost).fold(0, u64::saturating_add);
            found.all = found.all.saturating_add(bytes);
            match tensor.kind {
                Kind::Embedding | Kind::Head => found.ends = found.ends.saturating_add(bytes),
                Kind::Tower => found.tower = found.tower.saturating_add(bytes),
                Kind::Expert | Kind::ExpertBias => found.experts = found.experts.saturating_add(bytes),
                _ => {}
            }
        }
        found
    }
}

/// vLLM.
pub(super) fn vllm(facts: &Facts, ask: &Ask) -> Weights {
    let g = &facts.geometry;
    let word = ask.flags.quantization.as_deref();
    let quant = word.map_or_else(|| facts.quant.clone(), |word| facts.quant.with_flag(word));
    let wide = ask.flags.dtype.map_or_else(|| g.dtype.bytes().min(2), crate::models::geometry::Dtype::bytes);
    let card = Card {
        quant: &quant,
        cards: ask.flags.cards(),
        wide,
        head: g.head_quantised,
        text_only: ask.flags.language_model_only,
        padding: Some(padding(ask.version)),
    };
    let list = tensors(g, &card);
    let mut blocks = Blocks::new(ask.version.is_none_or(|version| version >= Version(0, 20)));
    let tally = Tally::of(&list, |size| blocks.take(size));
    let bare = list.iter().map(|tensor| tensor.parts.sum()).fold(0, u64::saturating_add);
    let slack = tally.all.saturating_sub(bare);
    let extra = [
        drafts(g, &card, ask.flags.speculative_tokens),
        second_head(g, &quant, &card),
        unpacked(g, &quant, &card),
        online(&quant, bare, tally.ends, ask.version),
    ]
    .into_iter()
    .fold(0, u64::saturating_add);
    if let (Scheme::Unknown(name), Exact::No) = (&quant.scheme, &facts.exact) {
        return bounds(g, &card, name, &tally);
    }
    let (loaded, basis, said) = known(facts, &quant, &card, bare);
    let rope = rope(g, wide);
    let bytes = [loaded, slack, extra, rope].into_iter().fold(0, u64::saturating_add);
    let mut why = format!("{} {said}, {} of rotary tables", gib(loaded), gib(rope));
    if slack.saturating_add(extra) >= 1 << 23 {
        why = format!("{why}, {} of the allocator's rounding and copies", gib(slack.saturating_add(extra)));
    }
    Weights {
        bytes,
        margin: margin(g, &quant, basis, bytes),
        basis,
        why,
        unquantised_head: tally.ends,
        tower: tally.tower,
        experts: tally.experts,
    }
}

/// An unknown quantisation: between 4 bits with a scale per 128, and the width of the model.
fn bounds(g: &Geometry, card: &Card<'_>, name: &str, high: &Tally) -> Weights {
    let least = Quant {
        scheme: Scheme::Packed { bits: 4, group: Some(128), zeros: false },
        method: String::new(),
        skips: card.quant.skips.clone(),
    };
    let list = tensors(g, &Card { quant: &least, padding: None, ..*card });
    let low = Tally::of(&list, |size| size);
    let rope = rope(g, card.wide);
    let middle = (low.all / 2).saturating_add(high.all / 2).saturating_add(rope);
    Weights {
        bytes: middle,
        margin: high.all.saturating_sub(low.all) / 2,
        basis: PartBasis::Assumed,
        why: format!("`{name}` is not known: between {} at 4 bits and {} unquantised", gib(low.all), gib(high.all)),
        unquantised_head: high.ends,
        tower: high.tower,
        experts: high.experts / 2,
    }
}

/// Latent attention over quantised weights keeps a second copy of the up-projection, as wide as the model computes.
fn unpacked(g: &Geometry, quant: &Quant, card: &Card<'_>) -> u64 {
    if quant.scheme == Scheme::Plain || (quant.scheme == Scheme::Mxfp4 && quant.method == "mxfp4") {
        return 0;
    }
    let copies = g.layers.iter().map(|layer| match layer.mixer {
        Mixer::Latent(it) => {
            let heads = it.heads.div_ceil(card.cards);
            let width = it.nope_dim.saturating_add(it.v_dim).saturating_mul(it.kv_rank);
            heads.saturating_mul(width).saturating_mul(card.wide)
        }
        _ => 0,
    });
    copies.fold(0, u64::saturating_add)
}

/// Which kernels pad MXFP4 experts: Marlin, but Triton on the large cards of 0.11 (v080) to 0.14 (vllm-project/vllm#33155).
fn padding(version: Option<Version>) -> Padding {
    match version {
        Some(version) if version >= Version(0, 11) && version <= Version(0, 14) => Padding::Triton,
        _ => Padding::Marlin,
    }
}

/// Multi-token prediction layers, loaded only to speculate: each a layer with attention, and a matrix that joins two widths.
fn drafts(g: &Geometry, card: &Card<'_>, speculative_tokens: u64) -> u64 {
    let attends = |layer: &&Layer| matches!(layer.mixer, Mixer::Attention(_) | Mixer::Latent(_));
    let (false, Some(layer)) = (speculative_tokens == 0 || g.mtp_layers == 0, g.layers.iter().rev().find(attends))
    else {
        return 0;
    };
    let alone = Geometry { hidden: g.hidden, layers: vec![*layer], tied: true, norms: g.norms, ..Geometry::default() };
    let one = tensors(&alone, card).iter().map(|tensor| tensor.parts.sum()).fold(0, u64::saturating_add);
    let joint = g.hidden.saturating_mul(g.hidden).saturating_mul(2).saturating_mul(card.wide);
    one.saturating_add(joint).saturating_mul(g.mtp_layers)
}

/// bitsandbytes: vLLM loads a head of its own even where it is tied.
fn second_head(g: &Geometry, quant: &Quant, card: &Card<'_>) -> u64 {
    if !matches!(quant.scheme, Scheme::Bnb { .. }) || !g.tied {
        return 0;
    }
    g.vocab.saturating_mul(g.hidden).div_ceil(card.cards).saturating_mul(card.wide)
}

/// Quantising while loading leaves holes in newer builds: about 3 % of what was quantised.
fn online(quant: &Quant, bare: u64, ends: u64, version: Option<Version>) -> u64 {
    let online = matches!(quant.scheme, Scheme::Fp8 { online: true, .. });
    if online && version.is_none_or(|version| version >= Version(0, 8)) { bare.saturating_sub(ends) / 32 } else { 0 }
}

/// Bytes of parameters: out of headers or a stated size where there is one, scaled by what loading changes; else `bare`.
fn known(facts: &Facts, quant: &Quant, card: &Card<'_>, bare: u64) -> (u64, PartBasis, String) {
    let (file, basis) = match &facts.exact {
        Exact::No => return (bare, PartBasis::Config, "of parameters".to_owned()),
        Exact::Total(total) => (*total, PartBasis::Stated),
        Exact::Headers(sums) => {
            let twice = if facts.geometry.tied { sums.head } else { 0 };
            let unread = sums.mtp.saturating_add(twice).saturating_add(if card.text_only { sums.tower } else { 0 });
            (sums.total.saturating_sub(unread), PartBasis::Headers)
        }
    };
    let text_only = card.text_only && matches!(facts.exact, Exact::Headers(_));
    let wide = facts.geometry.dtype.bytes();
    let as_filed =
        Card { quant: &facts.quant, cards: 1, wide, head: facts.geometry.head_quantised, text_only, padding: None };
    let filed = tensors(&facts.geometry, &as_filed).iter().map(|t| t.parts.sum()).fold(0, u64::saturating_add);
    let same = quant == &facts.quant || facts.quant.scheme == Scheme::Plain;
    if filed == 0 || !same {
        return (file / card.cards, basis, format!("of a file of {}", gib(file)));
    }
    let scaled = u128::from(file) * u128::from(bare) / u128::from(filed);
    (u64::try_from(scaled).unwrap_or(u64::MAX), basis, format!("of a file of {}", gib(file)))
}

/// How far the sum may be off.
fn margin(g: &Geometry, quant: &Quant, basis: PartBasis, bytes: u64) -> u64 {
    let grave = g.doubts.iter().any(|doubt| doubt.grave);
    let percent = match (&quant.scheme, basis) {
        _ if grave && basis == PartBasis::Config => 20,
        (Scheme::Bnb { .. } | Scheme::Fp8 { online: true, .. }, _) => 4,
        (Scheme::Mxfp4, _) => 3,
        (Scheme::Plain, _) => 1,
        _ => 2,
    };
    (bytes / 100).saturating_mul(percent).saturating_add(8 << 20)
}

fn rope(g: &Geometry, wide: u64) -> u64 {
    let said = g.max_context.unwrap_or(0).saturating_mul(g.rope_dim);
    let elements = if g.rope_elements > 0 { g.rope_elements } else { said };
    elements.saturating_mul(wide)
}

/// llama.cpp and Ollama: the tensors of the file, of which the embedding stays on the host unless it is the head too.
pub(super) fn file(facts: &Facts) -> Weights {
    let (bytes, basis, why) = match &facts.exact {
        Exact::Headers(sums) => {
            let host = if sums.head > 0 { sums.embedding } else { 0 };
            let text = format!("{} of tensors, less {} of embedding on the host", gib(sums.total), gib(host));
            (sums.total.saturating_sub(host), PartBasis::Headers, text)
        }
        Exact::Total(total) => (*total, PartBasis::Stated, format!("a file of {}", gib(*total))),
        Exact::No => {
            let card = Card { quant: &facts.quant, cards: 1, wide: 2, head: false, text_only: false, padding: None };
            let list = tensors(&facts.geometry, &card);
            (Tally::of(&list, |size| size).all, PartBasis::Config, "summed from the geometry".to_owned())
        }
    };
    Weights { bytes, margin: bytes / 100, basis, why, unquantised_head: 0, tower: 0, experts: 0 }
}
