//! Tensors as they lie on one card: merged, shared, padded, quantised.

use super::scheme::{Parts, parts};
use crate::models::geometry::Geometry;
use crate::models::quant::{Quant, Scheme, Skips};
use crate::models::tensors::{Group, Kind, Split, groups};

/// What decides the shape of tensors on a card.
pub(super) struct Card<'a> {
    pub(super) quant: &'a Quant,
    /// Cards that share the tensors.
    pub(super) cards: u64,
    /// Bytes of an unquantised number.
    pub(super) wide: u64,
    /// Whether the head is quantised too.
    pub(super) head: bool,
    /// Without the part that sees.
    pub(super) text_only: bool,
    /// Rows and columns of MXFP4 experts are padded to these.
    pub(super) padding: Option<Padding>,
}

/// How the kernels for MXFP4 experts pad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Padding {
    /// Marlin: the hidden width to 256, the inner to 128.
    Marlin,
    /// Triton on Hopper: rows to 256, columns to 128.
    Triton,
}

/// One tensor, or several that an engine keeps as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tensor {
    pub(super) kind: Kind,
    pub(super) parts: Parts,
}

/// All tensors in the order in which they are made.
pub(super) fn tensors(g: &Geometry, card: &Card<'_>) -> Vec<Tensor> {
    let skips = Skips::of(card.quant);
    let mut found: Vec<Tensor> = Vec::new();
    let mut open = "";
    let all = groups(g);
    for group in all.iter().filter(|group| !(card.text_only && group.kind == Kind::Tower)) {
        let made = tensor(group, card, &skips);
        let merged = merged(&group.module);
        match found.last_mut().filter(|last| !merged.is_empty() && merged == open && last.kind == made.kind) {
            Some(last) => last.parts.add(&made.parts),
            None => found.push(made),
        }
        open = merged;
    }
    found
}

/// Modules that vLLM keeps as one tensor have one word here; empty for those that stand alone.
fn merged(module: &str) -> &'static str {
    const TOGETHER: [(&str, &str); 8] = [
        (".q_proj", "qkv"),
        (".k_proj", "qkv"),
        (".v_proj", "qkv"),
        (".gate_proj", "gate_up"),
        (".up_proj", "gate_up"),
        (".in_proj_qkv", "qkvz"),
        (".in_proj_z", "qkvz"),
        (".in_proj_a", "ba"),
    ];
    if module.ends_with(".in_proj_b") {
        return "ba";
    }
    TOGETHER.iter().find(|(end, _)| module.ends_with(end)).map_or("", |(_, word)| word)
}

fn tensor(group: &Group, card: &Card<'_>, skips: &Skips) -> Tensor {
    let (rows, cols) = share(group, card.cards);
    let quantised = match group.kind {
        Kind::Linear | Kind::Mlp => card.quant.scheme != Scheme::Mxfp4 || card.quant.method != "mxfp4",
        Kind::Expert => true,
        Kind::Head => card.head,
        _ => false,
    };
    let plain = Scheme::Plain;
    let scheme = if quantised && !skips.skip(&group.module) { &card.quant.scheme } else { &plain };
    let (rows, cols) = match card.padding {
        Some(padding) if group.kind == Kind::Expert && *scheme == Scheme::Mxfp4 => {
            pad(padding, group.split == Split::Cols, rows, cols)
        }
        _ => (rows, cols),
    };
    Tensor { kind: group.kind, parts: parts(scheme, rows, cols, card.wide).times(group.count) }
}

fn pad(padding: Padding, down: bool, rows: u64, cols: u64) -> (u64, u64) {
    match (padding, down) {
        (Padding::Triton, _) => (up(rows, 256), up(cols, 128)),
        // The two halves of gate and up are padded each.
        (Padding::Marlin, false) => (up(rows.div_ceil(2), 128).saturating_mul(2), up(cols, 256)),
        (Padding::Marlin, true) => (up(rows, 256), up(cols, 128)),
    }
}

fn up(size: u64, to: u64) -> u64 {
    size.div_ceil(to).saturating_mul(to)
}

/// Rows and columns on one card.
fn share(group: &Group, cards: u64) -> (u64, u64) {
    let rows = match group.kind {
        // Vocabularies are padded to 64 and then to the number of cards.
        Kind::Embedding | Kind::Head => up(group.rows, 64),
        _ => group.rows,
    };
    match group.split {
        Split::Whole => (rows, group.cols),
        Split::Rows => (rows.div_ceil(cards), group.cols),
        Split::Cols => (rows, group.cols.div_ceil(cards)),
        Split::Heads(heads) => (rows.div_ceil(cards.min(heads).max(1)), group.cols),
    }
}
