//! Pages of one size and groups of one count of layers.

use super::ask::PagedAsk;
use super::bucket::{Bucket, Kind};
use super::rules::Rules;

/// Tokens of a block where nothing asks for more.
const BLOCK: u64 = 16;
/// The same for sparse latent attention.
const SPARSE_BLOCK: u64 = 64;
/// The same for latent attention beside recurrent layers.
const LATENT_BLOCK: u64 = 128;

/// Groups of layers of one kind: each draws its blocks from the common pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class {
    /// What a request keeps.
    pub kind: Kind,
    /// Tokens of one block; 0 for states.
    pub block: u64,
    /// Bytes of a page that hold something.
    pub used: u64,
    /// Bytes of a page.
    pub page: u64,
    /// Layers in all.
    pub layers: u64,
    /// Groups.
    pub groups: u64,
}

/// How the pool is cut.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Cut {
    /// The groups by kind.
    pub classes: Vec<Class>,
    /// Bytes of one block of the pool: a page of each layer of a group.
    pub bytes: u64,
    /// Layers of a group.
    pub width: u64,
    /// Tokens of the attention block.
    pub block: u64,
    /// Tokens that the block would have had without recurrent layers.
    pub asked: u64,
    /// Layers of two kinds whose pages could not be made equal by whole blocks.
    pub uneven: bool,
}

/// Cuts the pool for `buckets`.
pub(super) fn cut(mut buckets: Vec<Bucket>, ask: &PagedAsk, rules: Rules) -> Cut {
    let usual = if buckets.iter().any(Bucket::is_index) { SPARSE_BLOCK } else { BLOCK };
    let asked = ask.block_size.unwrap_or(usual).max(1);
    let block = attention_block(&buckets, asked);
    let padded = buckets.iter().filter(|b| !b.kind.is_state()).map(|b| b.unit.saturating_mul(block)).max();
    for bucket in &mut buckets {
        if bucket.kind.is_state() {
            bucket.page = bucket.unit.max(padded.unwrap_or(0));
        } else {
            bucket.block = block;
            bucket.page = bucket.unit.saturating_mul(block);
        }
    }
    buckets.retain(|b| b.page > 0 && b.layers > 0);
    let mut cut = if alike(&buckets) { one_group(&buckets) } else { groups(buckets, rules) };
    cut.block = block;
    cut.asked = asked;
    cut
}

/// Tokens of the attention block: grown until a page of it holds a state.
fn attention_block(buckets: &[Bucket], asked: u64) -> u64 {
    let state = buckets.iter().filter(|b| b.kind.is_state()).map(|b| b.unit).max().unwrap_or(0);
    let Some(token) = buckets.iter().filter(|b| !b.kind.is_state()).map(|b| b.unit).max().filter(|b| *b > 0) else {
        return asked;
    };
    if state == 0 {
        return asked;
    }
    let latent = buckets.iter().any(|b| b.latent);
    let step = if latent { asked.max(LATENT_BLOCK) } else { asked.max(BLOCK) };
    let grown = step.saturating_mul(state.div_ceil(step.saturating_mul(token)));
    asked.max(grown.div_ceil(BLOCK).saturating_mul(BLOCK))
}

/// Whether every layer needs the same count of blocks for a request.
fn alike(buckets: &[Bucket]) -> bool {
    let Some(first) = buckets.first() else { return true };
    buckets.iter().all(|b| b.kind == first.kind && (!b.kind.is_state() || b.page == first.page))
}

/// All layers in one group, each with a page of its own size.
fn one_group(buckets: &[Bucket]) -> Cut {
    let Some(first) = buckets.first() else { return Cut::default() };
    let sum = |f: fn(&Bucket) -> u64| buckets.iter().fold(0u64, |s, b| s.saturating_add(f(b)));
    let bytes = sum(|b| b.page.saturating_mul(b.layers));
    let layers = sum(|b| b.layers);
    let class = Class { kind: first.kind, block: first.block, used: first.page, page: first.page, layers, groups: 1 };
    Cut { classes: vec![class], bytes, width: layers, ..Cut::default() }
}

/// Groups of equal width over pages of equal size.
fn groups(mut buckets: Vec<Bucket>, rules: Rules) -> Cut {
    let page = buckets.iter().map(|b| b.page).max().unwrap_or(0);
    let mut uneven = false;
    for bucket in buckets.iter_mut().filter(|b| b.page < page && !b.kind.is_state()) {
        if page.is_multiple_of(bucket.page) {
            bucket.block = bucket.block.saturating_mul(page / bucket.page);
        } else {
            uneven = true;
        }
    }
    let fewest = buckets.iter().map(|b| b.layers).min().unwrap_or(1).max(1);
    let most = buckets.iter().map(|b| b.layers).max().unwrap_or(1);
    let width = if most.saturating_mul(4) < fewest.saturating_mul(rules.quarters) { most } else { fewest };
    let classes = buckets.iter().map(|b| Class {
        kind: b.kind,
        block: b.block,
        used: b.unit.saturating_mul(b.block.max(1)),
        page,
        layers: b.layers,
        groups: b.layers.div_ceil(width),
    });
    Cut { classes: classes.collect(), bytes: page.saturating_mul(width), width, uneven, ..Cut::default() }
}
