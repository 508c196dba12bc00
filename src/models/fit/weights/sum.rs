//! The sum over all groups of parameters.

use super::{Weights, gib, scheme};
use crate::models::fit::answer::PartBasis;
use crate::models::fit::ask::Ask;
use crate::models::geometry::Geometry;
use crate::models::quant::{Quant, Scheme, Skips};
use crate::models::tensors::{Group, Kind, Split, groups};
use crate::models::{Exact, Facts};

/// Bytes by kind.
#[derive(Default)]
struct Tally {
    all: u64,
    ends: u64,
    tower: u64,
    experts: u64,
}

/// vLLM.
pub(super) fn vllm(facts: &Facts, ask: &Ask) -> Weights {
    let g = &facts.geometry;
    let cards = ask.flags.cards();
    let quant =
        ask.flags.quantization.as_deref().map_or_else(|| facts.quant.clone(), |word| facts.quant.with_flag(word));
    let wide = ask.flags.dtype.unwrap_or(g.dtype).bytes().min(if ask.flags.dtype.is_none() { 2 } else { 4 });
    let tally = tally(g, &quant, cards, wide, ask.flags.language_model_only);
    let rope = rope(g, wide);
    let bytes = tally.all.saturating_add(rope);
    let grave = g.doubts.iter().any(|doubt| doubt.grave);
    let margin = bytes / if grave { 5 } else { 100 };
    let why = format!("{} of parameters, {} of rotary tables", gib(tally.all), gib(rope));
    Weights {
        bytes,
        margin,
        basis: PartBasis::Config,
        why,
        unquantised_head: tally.ends,
        tower: tally.tower,
        experts: tally.experts,
    }
}

fn tally(g: &Geometry, quant: &Quant, cards: u64, wide: u64, text_only: bool) -> Tally {
    let skips = Skips::of(quant);
    let mut found = Tally::default();
    for group in groups(g) {
        if text_only && group.kind == Kind::Tower {
            continue;
        }
        let bytes = bytes(&group, quant, &skips, cards, wide);
        found.all = found.all.saturating_add(bytes);
        match group.kind {
            Kind::Embedding | Kind::Head => found.ends = found.ends.saturating_add(bytes),
            Kind::Tower => found.tower = found.tower.saturating_add(bytes),
            Kind::Expert | Kind::ExpertBias => found.experts = found.experts.saturating_add(bytes),
            _ => {}
        }
    }
    found
}

fn bytes(group: &Group, quant: &Quant, skips: &Skips, cards: u64, wide: u64) -> u64 {
    let (rows, cols) = share(group, cards);
    let quantised = match group.kind {
        Kind::Linear | Kind::Mlp => quant.scheme != Scheme::Mxfp4 && !skips.skip(&group.module),
        Kind::Expert => !skips.skip(&group.module),
        _ => false,
    };
    let plain = Scheme::Plain;
    let scheme = if quantised { &quant.scheme } else { &plain };
    let (rows, cols) = if *scheme == Scheme::Mxfp4 { (padded(rows, 256), padded(cols, 128)) } else { (rows, cols) };
    scheme::matrix(scheme, rows, cols, wide).saturating_mul(group.count)
}

fn padded(size: u64, to: u64) -> u64 {
    size.div_ceil(to).saturating_mul(to)
}

/// Rows and columns on one card.
fn share(group: &Group, cards: u64) -> (u64, u64) {
    let rows = match group.kind {
        Kind::Embedding | Kind::Head => padded(group.rows, 64),
        _ => group.rows,
    };
    match group.split {
        Split::Whole => (rows, group.cols),
        Split::Rows => (rows.div_ceil(cards), group.cols),
        Split::Cols => (rows, group.cols.div_ceil(cards)),
        Split::Heads(heads) => (rows.div_ceil(cards.min(heads).max(1)), group.cols),
    }
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
            let all = tally(&facts.geometry, &facts.quant, 1, 2, false).all;
            (all, PartBasis::Config, "summed from the geometry".to_owned())
        }
    };
    Weights { bytes, margin: bytes / 100, basis, why, unquantised_head: 0, tower: 0, experts: 0 }
}
