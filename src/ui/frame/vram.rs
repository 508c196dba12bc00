//! The VRAM line at the foot of every screen but Card.

use crate::app::Model;
use crate::app::ScreenId;
use crate::app::seen::Target;
use crate::base::text;
use crate::gpu::holders::HolderKind;
use crate::gpu::{Card, Memory, Sample};
use crate::ui::theme::Role;
use crate::ui::widgets::bar::{self, Segment};
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the line; a click on it goes to the Card screen.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    canvas.hit(area, Target::Tab(ScreenId::Card));
    let place = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let Some(sample) = model.shared.sample.as_deref() else {
        return say(canvas, place, "VRAM: reading the card", Role::Dim);
    };
    let Some((_, card)) = model.card.card(&model.shared) else {
        return say(canvas, place, "VRAM: no card", Role::Unknown);
    };
    let name = name(card, sample);
    match (&card.memory, &bar::segments(card, sample)) {
        (Ok(memory), Ok(segments)) => line(canvas, place, &name, memory, segments),
        (Err(unknown), _) | (_, Err(unknown)) => say(canvas, place, &format!("{name} ? {unknown}"), Role::Unknown),
    }
}

/// The card's name, and how many others there are.
fn name(card: &Card, sample: &Sample) -> String {
    match sample.cards.len() {
        0 | 1 => widgets::card_name(card),
        cards => format!("{} +{}", widgets::card_name(card), cards - 1),
    }
}

fn say(canvas: &mut Canvas<'_>, area: Rect, said: &str, role: Role) {
    let said = text::fit(&text::clean_line(said), area.width.into()).into_owned();
    canvas.line(&Line::from(Span::styled(said, canvas.style(role))), area);
}

fn line(canvas: &mut Canvas<'_>, area: Rect, name: &str, memory: &Memory, segments: &[Segment]) {
    let total = format!("{:.1}", memory.total.gib());
    let sum = format!(" {:>wide$.1}/{total} GiB", memory.used.gib(), wide = total.len());
    let (name_wide, sum_wide) = (text::width(name) as u16, text::width(&sum) as u16);
    let bar_wide = (area.width / 3).clamp(16, 72);
    say(canvas, area, name, Role::Strong);
    let mut x = area.x + name_wide + 1;
    bar::draw(canvas, Rect { x, width: bar_wide, ..area }, segments);
    x += bar_wide;
    say(canvas, Rect { x, width: sum_wide, ..area }, &sum, Role::Text);
    x += sum_wide + 2;
    for (label, role) in labels(segments, canvas.ascii) {
        let wide = text::width(&label) as u16;
        if x + wide > area.right() {
            break;
        }
        say(canvas, Rect { x, width: wide, ..area }, &label, role);
        x += wide + 2;
    }
}

/// The runs first, then the others, the largest first; each with its cell, so that it is found in the bar.
fn labels(segments: &[Segment], ascii: bool) -> Vec<(String, Role)> {
    let mut named: Vec<&Segment> =
        segments.iter().filter(|s| !matches!(s.holder.kind, HolderKind::Free | HolderKind::Driver)).collect();
    let size = |segment: &Segment| segment.holder.bytes.clone().ok();
    named.sort_by_key(|segment| (segment.holder.kind != HolderKind::Run, std::cmp::Reverse(size(segment))));
    named
        .into_iter()
        .map(|segment| {
            let cell = if ascii { segment.look.ascii } else { segment.look.glyph };
            let label = match segment.holder.kind {
                HolderKind::Unattributed => "not explained".to_owned(),
                _ => text::fit(&text::clean_line(&segment.holder.label), 20).into_owned(),
            };
            let size = segment.holder.bytes.as_ref().map_or_else(|_| "?".to_owned(), |b| format!("{:.1}", b.gib()));
            (format!("{cell} {label} {size}"), segment.look.role)
        })
        .collect()
}
