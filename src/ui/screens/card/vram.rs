//! The bar of a card's memory with its legend, and the way to the other cards.

use crate::app::screens::card::Target;
use crate::app::seen::Target as Any;
use crate::base::text;
use crate::gpu::holders::HolderKind;
use crate::gpu::{Card, Sample};
use crate::ui::theme::Role;
use crate::ui::widgets::bar::{self, Segment};
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the panel.
pub(super) fn draw(sample: &Sample, at: usize, card: &Card, canvas: &mut Canvas<'_>, area: Rect) {
    let title = match &card.memory {
        Ok(memory) => {
            let (used, total, free) = (memory.used.gib(), memory.total.gib(), memory.free.gib());
            let wide = format!("{total:.2}").len();
            format!("VRAM {used:wide$.2} of {total:.2} GiB used, {free:wide$.2} free")
        }
        Err(_) => "VRAM".to_owned(),
    };
    let inner = widgets::panel(canvas, area, &title, false);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    cards(sample, at, canvas, area);
    match bar::segments(card, sample) {
        Ok(segments) => {
            bar::draw(canvas, inner, &segments);
            let below = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
            legend(canvas, below, &segments);
        }
        Err(unknown) => {
            let said = format!("? {}", text::clean_line(&unknown.why));
            canvas.line(&Line::from(Span::styled(said, canvas.style(Role::Unknown))), inner);
        }
    }
}

/// The names of all cards on the border, where there are several; a click looks at one.
fn cards(sample: &Sample, at: usize, canvas: &mut Canvas<'_>, area: Rect) {
    if sample.cards.len() < 2 {
        return;
    }
    let names: Vec<String> =
        sample.cards.iter().map(|card| format!(" {} {} ", card.index, widgets::card_name(card))).collect();
    let wide: usize = names.iter().map(|name| text::width(name)).sum();
    let mut x = area.right().saturating_sub(wide as u16 + 2).max(area.x + area.width / 2);
    for (index, (name, card)) in names.iter().zip(&sample.cards).enumerate() {
        let place =
            Rect { x, width: (text::width(name) as u16).min((area.right() - 1).saturating_sub(x)), height: 1, ..area };
        let role = if index == at { Role::TabActive } else { Role::Tab };
        canvas.line(&Line::from(Span::styled(name.as_str(), canvas.style(role))), place);
        canvas.hit(place, Any::Card(Target::Card(card.key())));
        x += place.width;
    }
}

/// Every holder with its cell, name and GiB; what does not fit is counted.
fn legend(canvas: &mut Canvas<'_>, area: Rect, segments: &[Segment]) {
    // What is free stands in the title.
    let held = segments.iter().filter(|segment| segment.holder.kind != HolderKind::Free);
    let entries: Vec<Line<'static>> = held.map(|segment| entry(canvas, segment)).collect();
    let (mut x, mut y) = (area.x, area.y);
    for (index, entry) in entries.iter().enumerate() {
        let wide = entry.width() as u16;
        let last_row = y + 1 >= area.bottom();
        let rest = entries.len() - index - 1;
        // The last row keeps room to say how many are left out.
        let keep = if last_row && rest > 0 { 9 } else { 0 };
        if x + wide + keep > area.right() && x > area.x {
            if last_row {
                let more = format!("+{} more", rest + 1);
                let place = Rect { x, y, width: area.right().saturating_sub(x), height: 1 };
                canvas.line(&Line::from(Span::styled(more, canvas.style(Role::Dim))), place);
                return;
            }
            (x, y) = (area.x, y + 1);
        }
        let place = Rect { x, y, width: area.right().saturating_sub(x), height: 1 };
        canvas.line(entry, place);
        x += wide + 3;
    }
}

fn entry(canvas: &Canvas<'_>, segment: &Segment) -> Line<'static> {
    let cell = canvas.glyph(segment.look.glyph, segment.look.ascii);
    let label = match segment.holder.kind {
        HolderKind::Unattributed => "nobody named".to_owned(),
        _ => text::fit(&text::clean_line(&segment.holder.label), 24).into_owned(),
    };
    let size = match &segment.holder.bytes {
        Ok(bytes) => Span::styled(format!("{:.2}", bytes.gib()), canvas.style(Role::Text)),
        Err(_) => Span::styled("?", canvas.style(Role::Unknown)),
    };
    Line::from(vec![
        Span::styled(cell, canvas.style(segment.look.role)),
        Span::raw(" "),
        Span::styled(label, canvas.style(Role::Dim)),
        Span::raw(" "),
        size,
    ])
}
