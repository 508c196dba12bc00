//! The byte sum: a bar over the whole card, and one line a part with what it rests on.

use super::page::Page;
use super::words;
use crate::models::fit::{Engine, Fit, Part, PartBasis, PartKind};
use crate::ui::widgets::bar::{Look, share_out};
use crate::ui::{Canvas, Role};
use ratatui::text::Span;

/// One piece of the bar.
struct Piece {
    name: &'static str,
    bytes: u64,
    look: Look,
    part: Option<Part>,
}

fn look(kind: PartKind) -> (&'static str, Look) {
    let look = |role, glyph, ascii| Look { role, glyph, ascii };
    match kind {
        PartKind::Outside => ("outside", look(Role::BarDesktop, "▒", "d")),
        PartKind::Weights => ("weights", look(Role::BarRun1, "█", "#")),
        PartKind::Kv => ("kv cache", look(Role::BarRun2, "▓", "=")),
        PartKind::State => ("state", look(Role::BarRun2, "▚", "%")),
        PartKind::Activation => ("activation", look(Role::BarRun3, "▙", "+")),
        PartKind::Compute => ("compute", look(Role::BarRun3, "▙", "+")),
        PartKind::Graphs => ("graphs", look(Role::BarRun4, "▟", "*")),
        PartKind::NonTorch => ("context", look(Role::BarForeign, "░", "o")),
    }
}

/// Columns from which on a part's reason stands in its own row.
const WIDE: u16 = 64;

const FREE: Look = Look { role: Role::BarFree, glyph: "·", ascii: "." };

/// The pieces in the order of the bar: what others hold, what the engine needs, the cache it gets, what stays free.
fn pieces(fit: &Fit) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let order = [
        PartKind::Outside,
        PartKind::Weights,
        PartKind::Activation,
        PartKind::Compute,
        PartKind::Graphs,
        PartKind::NonTorch,
        PartKind::State,
        PartKind::Kv,
    ];
    for kind in order {
        for part in fit.parts.iter().filter(|part| part.kind == kind) {
            let (name, look) = look(kind);
            let bytes = if kind == PartKind::Kv { cache(fit).max(part.bytes) } else { part.bytes };
            pieces.push(Piece { name, bytes, look, part: Some(part.clone()) });
        }
    }
    let held: u64 = pieces.iter().fold(0, |sum, piece| sum.saturating_add(piece.bytes));
    if held < fit.total {
        pieces.push(Piece { name: "free", bytes: fit.total - held, look: FREE, part: None });
    }
    pieces
}

/// Bytes that the engine takes for its cache: vLLM all that is left of its share, the others what was asked for.
pub(super) fn cache(fit: &Fit) -> u64 {
    match fit.engine {
        Engine::Vllm => u64::try_from(fit.kv_available).unwrap_or(0),
        Engine::LlamaCpp | Engine::Ollama => fit.kv_needed,
    }
}

/// Adds the bar and its lines.
pub(super) fn add(page: &mut Page, fit: &Fit, canvas: &Canvas<'_>) {
    let pieces = pieces(fit);
    add_bar(page, fit, &pieces, canvas);
    for piece in &pieces {
        add_piece(page, piece, canvas);
    }
    let held: u64 = pieces.iter().fold(0, |sum, piece| sum.saturating_add(piece.bytes));
    let over = held.saturating_sub(fit.total);
    if over > 0 {
        let said = format!("{:>7} GiB more than the card's {}", words::gib(over), words::gib(fit.total));
        page.push(vec![
            Span::styled(format!("{} over      ", canvas.glyph("✗", "x")), canvas.style(Role::Bad)),
            Span::styled(said, canvas.style(Role::Bad)),
        ]);
    }
}

/// The bar over the card, as wide as the page; what goes beyond the card is drawn in the colour of failure.
fn add_bar(page: &mut Page, fit: &Fit, pieces: &[Piece], canvas: &Canvas<'_>) {
    let sizes: Vec<u64> = pieces.iter().map(|piece| piece.bytes).collect();
    let held: u128 = sizes.iter().map(|size| u128::from(*size)).sum();
    let width = page.width;
    let card = if held > u128::from(fit.total) && held > 0 {
        (u128::from(fit.total) * u128::from(width) / held) as u16
    } else {
        width
    };
    let mut spans = Vec::new();
    let mut x = 0;
    for (piece, cells) in pieces.iter().zip(share_out(&sizes, width)) {
        let glyph = canvas.glyph(piece.look.glyph, piece.look.ascii);
        let within = cells.min(card.saturating_sub(x));
        spans.push(Span::styled(glyph.repeat(within.into()), canvas.style(piece.look.role)));
        spans.push(Span::styled(glyph.repeat((cells - within).into()), canvas.style(Role::Bad)));
        x += cells;
    }
    page.push(spans);
}

/// Name, GiB, margin, what it rests on, and why, as far as there is room in a line; the why goes on below.
fn add_piece(page: &mut Page, piece: &Piece, canvas: &Canvas<'_>) {
    let mut spans = vec![
        Span::styled(format!("{} ", canvas.glyph(piece.look.glyph, piece.look.ascii)), canvas.style(piece.look.role)),
        Span::styled(format!("{:<10}", piece.name), canvas.style(Role::Dim)),
    ];
    let Some(part) = &piece.part else {
        spans.push(Span::styled(format!("{:>7}", words::gib(piece.bytes)), canvas.style(Role::Text)));
        return page.push(spans);
    };
    let known = matches!(part.basis, PartBasis::Measured | PartBasis::Headers);
    let role = if known { Role::Text } else { Role::Dim };
    spans.push(Span::styled(format!("{:>7}", words::gib(piece.bytes)), canvas.style(role)));
    let margin = match part.margin {
        0 => String::new(),
        margin => format!("{}{}", canvas.glyph("±", "+-"), words::gib(margin)),
    };
    let assumed = matches!(part.basis, PartBasis::Assumed | PartBasis::Stated);
    let basis = if assumed { Role::Warn } else { Role::Dim };
    spans.push(Span::styled(format!(" {margin:<6}"), canvas.style(Role::Estimate)));
    spans.push(Span::styled(format!(" {:<14} ", part.basis.words()), canvas.style(basis)));
    // A narrow page has the whole row below for the reason.
    if page.width >= WIDE || part.why.is_empty() {
        return page.say(spans, &part.why, Role::Dim, canvas);
    }
    page.push(spans);
    page.say(vec![Span::raw("  ")], &part.why, Role::Dim, canvas);
}
