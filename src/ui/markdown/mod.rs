//! Markdown as it streams in: finished blocks are parsed and wrapped once, only the open block again.
//!
//! Text → `scan` (lines to blocks) → `flow` (a block's Markdown to styled pieces) or `code` (a fence, line by line,
//! highlighted) → `wrap` (rows of the asked width). What a block looks like depends on its own text alone, so any
//! cut of a stream ends in the same rows.

mod block;
mod code;
mod flow;
pub mod highlight;
pub mod roles;
mod scan;
mod table;
mod wrap;

pub use roles::Roles;

use crate::base::text;
use block::Block;
use ratatui::text::Line;
use scan::{Placed, Scan};
use std::ops::Range;

/// A text that grows, and its rows.
#[derive(Debug, Default)]
pub struct Stream {
    text: String,
    /// Carriage returns at the end of a piece wait for what follows.
    held_returns: String,
    /// Blocks of whole lines, then those that the unfinished last line adds.
    blocks: Vec<Block>,
    /// How many blocks whole lines made, and where the last of them ends.
    settled: usize,
    settled_end: usize,
    scan: Scan,
    scanned: usize,
    /// First row after each block at `laid_out`.
    ends: Vec<usize>,
    laid_out: Option<(usize, Roles)>,
}

impl Stream {
    /// A stream that holds `raw` already and is finished.
    pub fn whole(raw: &str) -> Self {
        let mut stream = Self::default();
        stream.push(raw);
        stream.finish();
        stream
    }

    /// Adds text as it came, cut anywhere between characters. It is made safe for the terminal here.
    pub fn push(&mut self, raw: &str) {
        let joined = std::mem::take(&mut self.held_returns) + raw;
        let whole = joined.trim_end_matches('\r');
        joined[whole.len()..].clone_into(&mut self.held_returns);
        self.text.push_str(&text::clean(whole));
        self.scan_new_text();
    }

    /// Says that nothing more comes: a last line without a line end is then read as it stands.
    pub fn finish(&mut self) {
        let held = std::mem::take(&mut self.held_returns);
        if !held.is_empty() || !(self.text.is_empty() || self.text.ends_with('\n')) {
            self.text.push_str(&text::clean(&held));
            self.text.push('\n');
            self.scan_new_text();
        }
    }

    /// The text so far, safe for the terminal.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Lays the text out at `width` columns (at least one) and says how many rows it takes. Only what changed since the
    /// last call is done again; another width or other roles do all of it again.
    pub fn rows(&mut self, width: u16, roles: &Roles) -> usize {
        let width = usize::from(width.max(1));
        if self.laid_out.as_ref().is_none_or(|(was, with)| *was != width || with != roles) {
            self.laid_out = Some((width, roles.clone()));
            self.ends.clear();
            self.blocks.iter_mut().for_each(Block::forget_rows);
        }
        let fresh = |block: &Block| block.is_laid_out();
        let kept = self.blocks.iter().take(self.ends.len()).position(|block| !fresh(block)).unwrap_or(self.ends.len());
        self.ends.truncate(kept.min(self.blocks.len()));
        for block in self.blocks.iter_mut().skip(self.ends.len()) {
            let before = self.ends.last().copied().unwrap_or(0);
            self.ends.push(before + block.lay_out(&self.text, width, roles));
        }
        self.ends.last().copied().unwrap_or(0)
    }

    /// The rows in `range` as last laid out by [`Stream::rows`]; fewer where the range goes past the end.
    pub fn visible(&self, range: Range<usize>) -> impl Iterator<Item = &Line<'static>> {
        let first = self.ends.partition_point(|end| *end <= range.start);
        let start = first.checked_sub(1).map_or(0, |before| self.ends[before]);
        let laid_out = &self.blocks[first.min(self.ends.len())..self.ends.len()];
        let skipped = range.start.saturating_sub(start);
        laid_out.iter().flat_map(Block::rows).skip(skipped).take(range.len())
    }

    /// Reads whole new lines for good and the unfinished last line for now.
    fn scan_new_text(&mut self) {
        self.blocks.truncate(self.settled);
        if let Some(last) = self.blocks.last_mut() {
            last.end_at(self.settled_end);
        }
        while let Some(length) = self.text[self.scanned..].find('\n') {
            let line = self.scanned..self.scanned + length;
            let placed = self.scan.place(&self.text[line.clone()]);
            self.scanned = line.end + 1;
            self.put(placed, line);
        }
        self.settled = self.blocks.len();
        self.settled_end = self.blocks.last().map_or(0, Block::end);
        let rest = self.scanned..self.text.len();
        let open = &self.text[rest.clone()];
        if !open.is_empty() && !scan::undecided(open) {
            let placed = self.scan.clone().place(open);
            self.put(placed, rest);
        }
    }

    fn put(&mut self, placed: Placed, line: Range<usize>) {
        match placed {
            Placed::Blank => {}
            Placed::Continues => {
                if let Some(last) = self.blocks.last_mut() {
                    last.end_at(line.end);
                }
            }
            Placed::Begins { kind, gap } => {
                let gap = gap && !self.blocks.is_empty();
                self.blocks.push(Block::new(line, kind, gap));
            }
        }
    }
}

#[cfg(test)]
mod tests;
