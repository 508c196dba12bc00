//! The pool in words.

use super::Paged;
use super::ask::PagedAsk;
use super::bucket::Kind;
use super::group::{Class, Cut};
use crate::models::fit::Version;
use crate::models::geometry::{Doubt, Geometry};

/// One line about the pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is about, a word or two.
    pub what: String,
    /// What there is to say, one clause with its numbers.
    pub text: String,
    /// Bytes of one pool block that hold nothing because of it, per card.
    pub waste: u64,
}

fn line(what: &str, text: String, waste: u64) -> Line {
    Line { what: what.to_owned(), text, waste }
}

/// What was approximated.
pub(super) fn doubts(geometry: &Geometry, cut: &Cut, ask: &PagedAsk) -> Vec<Doubt> {
    let mut found = Vec::new();
    let mut say = |what: &str, grave: bool| found.push(Doubt { what: what.to_owned(), grave });
    if cut.classes.iter().any(|c| matches!(c.kind, Kind::Cross(_))) {
        say("cross attention keeps 1500 encoder positions per request (as in Whisper)", false);
    }
    if geometry.is_recurrent() && ask.version.is_some_and(|v| v < Version(0, 10)) {
        say("before vLLM 0.10 recurrent states lay outside of the cache; counted as later releases do", true);
    }
    if cut.uneven {
        say("pages of two kinds of layers do not divide; padded as vLLM 0.32 does, earlier releases refuse", false);
    }
    if ask.speculative_tokens > 0 && geometry.mtp_layers == 0 {
        say("the cache of a separate draft model is not counted", false);
    }
    found
}

/// How the pool is cut, in words.
pub(super) fn layout(paged: &Paged) -> Vec<Line> {
    let cut = &paged.cut;
    if paged.is_empty() {
        return vec![line("cache", "the model keeps none".to_owned(), 0)];
    }
    let mut lines = vec![line("block", block(paged), 0)];
    lines.extend(cut.classes.iter().map(|class| group(cut, class)));
    lines.push(line("pool", pool(paged), 0));
    lines
}

fn block(paged: &Paged) -> String {
    let (block, asked) = (paged.cut.block, paged.cut.asked);
    if block > asked {
        return format!("{block} tokens instead of {asked}, so that a page of attention holds one recurrent state");
    }
    format!("{block} tokens")
}

fn group(cut: &Cut, class: &Class) -> Line {
    let (what, kept) = match class.kind {
        Kind::Full => ("full attention", format!("a block of {} tokens each", class.block)),
        Kind::Window(w) => ("sliding window", format!("the last {w} tokens, blocks of {}", class.block)),
        Kind::Chunk(c) => ("chunked attention", format!("the current {c} tokens, blocks of {}", class.block)),
        Kind::Cross(t) => ("cross attention", format!("{t} encoder positions, blocks of {}", class.block)),
        Kind::State(1) => ("recurrent state", "one state of fixed size a request".to_owned()),
        Kind::State(n) => ("recurrent state", format!("{n} states of fixed size a request")),
    };
    let slots = class.groups.saturating_mul(cut.width);
    let empty = slots.saturating_sub(class.layers);
    let padding = class.page.saturating_sub(class.used).saturating_mul(cut.width);
    let holes = empty.saturating_mul(class.page) / class.groups.max(1);
    let mut text = format!("{} layers in {} of {}, {kept}", class.layers, groups(class.groups), cut.width);
    if padding > 0 {
        text.push_str(&format!("; pages padded from {} to {} bytes", class.used, class.page));
    }
    if empty > 0 {
        text.push_str(&format!("; {empty} of {slots} places hold no layer"));
    }
    line(what, text, padding.saturating_add(holes))
}

fn groups(count: u64) -> String {
    if count == 1 { "1 group".to_owned() } else { format!("{count} groups") }
}

fn pool(paged: &Paged) -> String {
    let null = if paged.null_block() > 0 { "; one block is held back" } else { "" };
    format!("{} bytes a block, shared by all groups{null}", paged.cut.bytes)
}
