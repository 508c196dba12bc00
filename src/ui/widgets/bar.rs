//! The stacked bar of a card's memory: who holds how much, told by glyph and by colour.

use crate::base::{Basis, Bytes, Reading};
use crate::gpu::holders::{Holder, HolderKind, holders};
use crate::gpu::ledger::{Entry, Ledger, Part};
use crate::gpu::{Card, Sample, Source};
use crate::ui::Canvas;
use crate::ui::theme::Role;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// How a holder is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Its colour.
    pub role: Role,
    /// Its cell.
    pub glyph: &'static str,
    /// Its cell where only ASCII may be drawn.
    pub ascii: &'static str,
}

const RUNS: [Look; 4] = [
    Look { role: Role::BarRun1, glyph: "█", ascii: "#" },
    Look { role: Role::BarRun2, glyph: "▓", ascii: "=" },
    Look { role: Role::BarRun3, glyph: "▙", ascii: "+" },
    Look { role: Role::BarRun4, glyph: "▟", ascii: "*" },
];

/// A holder and its look.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Who holds it.
    pub holder: Holder,
    /// How it is drawn.
    pub look: Look,
}

/// The segments of a card, in the order of the bar.
///
/// # Errors
/// When the card's memory is unknown.
pub fn segments(card: &Card, sample: &Sample) -> Reading<Vec<Segment>> {
    let basis = match sample.source {
        Source::Simulated(_) => Basis::Simulated,
        Source::Nvml | Source::None => Basis::Measured,
    };
    let mut runs = 0;
    let held = holders(card, basis)?;
    Ok(held
        .into_iter()
        .map(|holder| {
            let look = look(holder.kind, runs);
            runs += usize::from(holder.kind == HolderKind::Run);
            Segment { holder, look }
        })
        .collect())
}

fn look(kind: HolderKind, run: usize) -> Look {
    match kind {
        HolderKind::Driver => Look { role: Role::BarDriver, glyph: "▚", ascii: "%" },
        HolderKind::Desktop => Look { role: Role::BarDesktop, glyph: "▒", ascii: "d" },
        HolderKind::Run => RUNS[run % RUNS.len()],
        HolderKind::Process => Look { role: Role::BarForeign, glyph: "░", ascii: "o" },
        HolderKind::Unattributed => Look { role: Role::BarUnknown, glyph: "?", ascii: "?" },
        HolderKind::Free => Look { role: Role::BarFree, glyph: "·", ascii: "." },
    }
}

/// An entry of a ledger and its look: the colour is the holder's, the cell that of the part.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Who holds how much for what.
    pub entry: Entry,
    /// How it is drawn.
    pub look: Look,
    /// Which of the card's runs it is, counted from 1.
    pub run: usize,
}

/// The entries of a ledger with their looks, in the order of the bar.
pub fn pieces(ledger: Ledger) -> Vec<Piece> {
    let (mut runs, mut last) = (0_usize, None);
    let piece = |entry: Entry| {
        if entry.kind == HolderKind::Run && last.as_ref() != Some(&entry.holder) {
            runs += 1;
            last = Some(entry.holder.clone());
        }
        let run = if entry.kind == HolderKind::Run { runs } else { 0 };
        let look = part_look(look(entry.kind, run.saturating_sub(1)), entry.part);
        Piece { entry, look, run }
    };
    ledger.entries.into_iter().map(piece).collect()
}

/// A vessel that is filled as far as it is in use; what is not divided keeps its holder's cell.
fn part_look(whole: Look, part: Part) -> Look {
    let (glyph, ascii) = match part {
        Part::Whole => (whole.glyph, whole.ascii),
        Part::Weights => ("█", "#"),
        Part::KvInUse => ("▆", "="),
        Part::KvReserved => ("▂", "_"),
        Part::Graphs => ("▞", "g"),
        Part::Activations => ("▓", "a"),
        Part::Other => ("▌", "x"),
    };
    Look { glyph, ascii, ..whole }
}

/// Draws a ledger over the first row of an area, all of its width. Of several runs each begins with its number.
pub fn draw_pieces(canvas: &mut Canvas<'_>, area: Rect, pieces: &[Piece]) {
    let sizes: Vec<u64> =
        pieces.iter().map(|piece| piece.entry.bytes.as_ref().map_or(0, |Bytes(bytes)| *bytes)).collect();
    let several = pieces.iter().any(|piece| piece.run > 1);
    let mut named = 0;
    let mut spans = Vec::with_capacity(pieces.len() + 4);
    for (piece, cells) in pieces.iter().zip(share_out(&sizes, area.width)) {
        let (mut cells, style) = (usize::from(cells), canvas.style(piece.look.role));
        if several && piece.run > named && cells > 1 && piece.run < 10 {
            named = piece.run;
            cells -= 1;
            spans.push(Span::styled(piece.run.to_string(), style));
        }
        spans.push(Span::styled(canvas.glyph(piece.look.glyph, piece.look.ascii).repeat(cells), style));
    }
    canvas.line(&Line::from(spans), area);
}

/// Draws the bar over the first row of an area, all of its width.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, segments: &[Segment]) {
    let sizes: Vec<u64> =
        segments.iter().map(|segment| segment.holder.bytes.as_ref().map_or(0, |Bytes(bytes)| *bytes)).collect();
    let cells = share_out(&sizes, area.width);
    let spans = segments.iter().zip(cells).map(|(segment, cells)| {
        let glyph = canvas.glyph(segment.look.glyph, segment.look.ascii);
        Span::styled(glyph.repeat(cells.into()), canvas.style(segment.look.role))
    });
    let line = Line::from(spans.collect::<Vec<_>>());
    canvas.line(&line, area);
}

/// Shares cells out by size: all of them, at least one for whatever holds anything while there are enough, the rest by
/// largest remainder.
pub fn share_out(sizes: &[u64], cells: u16) -> Vec<u16> {
    let total: u128 = sizes.iter().map(|size| u128::from(*size)).sum();
    if total == 0 {
        return vec![0; sizes.len()];
    }
    let exact = |size: u64| u128::from(size) * u128::from(cells);
    let mut shares: Vec<u16> = sizes.iter().map(|size| (exact(*size) / total) as u16).collect();
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(exact(sizes[*at]) % total));
    let left = usize::from(cells - shares.iter().sum::<u16>());
    for at in order.into_iter().take(left) {
        shares[at] += 1;
    }
    for at in 0..sizes.len() {
        let largest = (0..shares.len()).max_by_key(|at| shares[*at]).unwrap_or(at);
        if sizes[at] > 0 && shares[at] == 0 && shares[largest] > 1 {
            shares[largest] -= 1;
            shares[at] = 1;
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cells_follow_sizes_and_nobody_vanishes() {
        for (sizes, cells, shares) in [
            (&[1, 1][..], 10, &[5, 5][..]),
            (&[1, 2], 10, &[3, 7]),
            (&[1, 999], 10, &[1, 9]),
            (&[0, 5], 4, &[0, 4]),
            (&[0, 0], 4, &[0, 0]),
            (&[u64::MAX, u64::MAX], 3, &[2, 1]),
        ] {
            assert_eq!(share_out(sizes, cells), shares, "{sizes:?}");
        }
    }

    proptest! {
        #[test]
        fn all_cells_are_used(sizes in prop::collection::vec(0u64..1 << 40, 1..12), cells in 0u16..300) {
            let shares = share_out(&sizes, cells);
            let used: u16 = shares.iter().sum();
            prop_assert_eq!(used, if sizes.iter().sum::<u64>() == 0 { 0 } else { cells });
            if usize::from(cells) >= sizes.len() {
                prop_assert!(sizes.iter().zip(&shares).all(|(size, share)| *size == 0 || *share > 0));
            }
        }
    }
}
