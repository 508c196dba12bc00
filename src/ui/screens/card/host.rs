//! The machine around the card, in one row.

use super::values::{label, value};
use crate::base::{Bytes, Reading, text};
use crate::gpu::Host;
use crate::ui::Canvas;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Draws the row; disks as far as there is room.
pub(super) fn draw(host: &Host, canvas: &mut Canvas<'_>, area: Rect) {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let cpu = host.cpu_percent.as_ref().map(|percent| format!("{percent:.0}")).map_err(Clone::clone);
    let mut spans = vec![label(canvas, "CPU "), value(canvas, &cpu, 3, " %")];
    spans.push(label(canvas, "   RAM "));
    share(canvas, &mut spans, &host.ram_used, &host.ram_total);
    if host.swap_total != Ok(Bytes(0)) {
        spans.push(label(canvas, "   swap "));
        share(canvas, &mut spans, &host.swap_used, &host.swap_total);
    }
    for (path, free) in &host.disks {
        let name = text::clean_line(path);
        let part = [
            label(canvas, "   free on "),
            Span::styled(format!("{name} "), canvas.style(crate::ui::Role::Dim)),
            value(canvas, &free.clone().map(|free| format!("{:.0}", free.gib())), 0, " GiB"),
        ];
        let wide = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
        if wide(&spans) + wide(&part) > usize::from(area.width) {
            break;
        }
        spans.extend(part);
    }
    canvas.line(&Line::from(spans), area);
}

fn share(canvas: &Canvas<'_>, spans: &mut Vec<Span<'static>>, used: &Reading<Bytes>, total: &Reading<Bytes>) {
    let gib = |reading: &Reading<Bytes>| reading.clone().map(|bytes| format!("{:.1}", bytes.gib()));
    let total = gib(total);
    let width = total.as_ref().map_or(1, String::len);
    spans.extend([value(canvas, &gib(used), width, ""), label(canvas, "/"), value(canvas, &total, 0, " GiB")]);
}
