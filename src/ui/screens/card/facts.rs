//! What the card says of itself: the most telling beside the history, everything on a page of its own.

use super::values::{gb_s, label, value};
use crate::app::Model;
use crate::app::seen::Pane;
use crate::base::{Reading, text};
use crate::gpu::{Card, Driver, Partition, Sample};
use crate::ui::theme::Role;
use crate::ui::{Canvas, widgets};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The most telling facts, as many rows as there are; the rest is a key away.
pub(super) fn few(sample: &Sample, card: &Card, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = widgets::panel(canvas, area, &widgets::card_name(card), false);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let driver = sample.driver.as_ref().map_err(Clone::clone);
    let lines = [
        busy(canvas, card),
        heat(canvas, card),
        clocks(canvas, card),
        throttle(canvas, card),
        link(canvas, card),
        versions(canvas, card, &driver),
        one(canvas, "divided   ", &partition(card).map(|said| text::clean_line(&said))),
        one(canvas, "reserved  ", &reserved(card)),
        one(canvas, "driver    ", &driver.clone().map(|driver| text::clean_line(&driver.version))),
        one(canvas, "NVML      ", &driver.and_then(|driver| driver.nvml.clone())),
        one(canvas, "", &card.uuid),
    ];
    for (line, y) in lines.iter().zip(inner.y..inner.bottom()) {
        canvas.line(line, Rect { y, height: 1, ..inner });
    }
}

fn busy(canvas: &Canvas<'_>, card: &Card) -> Line<'static> {
    let state = card.performance_state.as_ref().map(|state| format!("P{state}")).map_err(Clone::clone);
    Line::from(vec![
        label(canvas, "GPU "),
        value(canvas, &card.utilization_gpu, 3, " %"),
        label(canvas, "  memory "),
        value(canvas, &card.utilization_memory, 3, " %"),
        label(canvas, "  state "),
        value(canvas, &state, 3, ""),
    ])
}

fn heat(canvas: &Canvas<'_>, card: &Card) -> Line<'static> {
    let whole = |reading: &Reading<f64>| reading.as_ref().map(|watts| format!("{watts:.0}")).map_err(Clone::clone);
    Line::from(vec![
        value(canvas, &whole(&card.power_watts), 3, ""),
        label(canvas, "/"),
        value(canvas, &whole(&card.power_limit_watts), 3, " W"),
        Span::raw("  "),
        value(canvas, &card.temperature, 3, if canvas.ascii { " C" } else { " °C" }),
        label(canvas, "  fan "),
        value(canvas, &card.fan_percent, 3, " %"),
    ])
}

fn clocks(canvas: &Canvas<'_>, card: &Card) -> Line<'static> {
    Line::from(vec![
        label(canvas, "clock "),
        value(canvas, &card.clock_graphics_mhz, 5, " MHz"),
        label(canvas, "  memory "),
        value(canvas, &card.clock_memory_mhz, 5, " MHz"),
    ])
}

fn throttle(canvas: &Canvas<'_>, card: &Card) -> Line<'static> {
    let said = match &card.throttle {
        Ok(reasons) if reasons.is_empty() => Span::styled("nothing", canvas.style(Role::Text)),
        Ok(reasons) => Span::styled(reasons.join(", "), canvas.style(Role::Warn)),
        Err(_) => Span::styled("?", canvas.style(Role::Unknown)),
    };
    Line::from(vec![label(canvas, "held back by "), said])
}

fn link(canvas: &Canvas<'_>, card: &Card) -> Line<'static> {
    let (down, up) = (canvas.glyph("↓", "rx "), canvas.glyph("↑", "tx "));
    Line::from(vec![
        label(canvas, "PCIe "),
        value(canvas, &card.pcie.generation, 1, ""),
        label(canvas, if canvas.ascii { "x" } else { "×" }),
        value(canvas, &card.pcie.width, 2, ""),
        label(canvas, "  "),
        label(canvas, down),
        value(canvas, &gb_s(&card.pcie.rx_kib_s), 4, ""),
        label(canvas, " "),
        label(canvas, up),
        value(canvas, &gb_s(&card.pcie.tx_kib_s), 4, " GB/s"),
    ])
}

fn versions(canvas: &Canvas<'_>, card: &Card, driver: &Reading<&Driver>) -> Line<'static> {
    let pair = |reading: &Reading<(u32, u32)>| reading.as_ref().map(|(a, b)| format!("{a}.{b}")).map_err(Clone::clone);
    let cuda = driver.clone().and_then(|driver| driver.cuda.clone());
    Line::from(vec![
        label(canvas, "compute "),
        value(canvas, &pair(&card.compute_capability), 4, ""),
        label(canvas, "  CUDA "),
        value(canvas, &pair(&cuda), 4, ""),
    ])
}

fn one(canvas: &Canvas<'_>, word: &'static str, reading: &Reading<String>) -> Line<'static> {
    let cleaned = reading.as_ref().map(|said| text::clean_line(said)).map_err(Clone::clone);
    Line::from(vec![label(canvas, word), value(canvas, &cleaned, 0, "")])
}

fn partition(card: &Card) -> Reading<String> {
    match &card.partition {
        Partition::Whole => Ok("no, one whole card".to_owned()),
        Partition::MigParent => Ok("MIG, into instances".to_owned()),
        Partition::MigInstance { parent } => Ok(format!("MIG instance of card {parent}")),
        Partition::Vgpu(mode) => Ok(format!("virtual GPU: {mode}")),
        Partition::Unknown(unknown) => Err(unknown.clone()),
    }
}

fn reserved(card: &Card) -> Reading<String> {
    let memory = card.memory.as_ref().map_err(Clone::clone)?;
    memory.reserved.clone().map(|bytes| bytes.to_string())
}

/// Every fact with its value, or the reason why there is none.
pub(super) fn whole(model: &Model, sample: &Sample, card: &Card, canvas: &mut Canvas<'_>, area: Rect) {
    let title = format!("every fact of {}", widgets::card_name(card));
    let inner = widgets::panel(canvas, area, &title, false);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let rows = everything(sample, card);
    let height = usize::from(inner.height);
    canvas.viewport(Pane::CardProcesses, height, rows.len());
    let first = model.card.offset.min(rows.len().saturating_sub(height));
    for ((name, reading), y) in rows.iter().skip(first).zip(inner.y..inner.bottom()) {
        let said = match reading {
            Ok(said) => Span::styled(text::clean_line(said), canvas.style(Role::Text)),
            Err(unknown) => Span::styled(format!("? {}", text::clean_line(&unknown.why)), canvas.style(Role::Unknown)),
        };
        let line = Line::from(vec![Span::styled(format!("{name:<24}"), canvas.style(Role::Dim)), said]);
        canvas.line(&line, Rect { y, height: 1, ..inner });
    }
}

fn everything(sample: &Sample, card: &Card) -> Vec<(&'static str, Reading<String>)> {
    fn with<T: std::fmt::Display>(reading: &Reading<T>, unit: &str) -> Reading<String> {
        reading.as_ref().map(|value| format!("{value}{unit}")).map_err(Clone::clone)
    }
    let pair = |reading: &Reading<(u32, u32)>| reading.as_ref().map(|(a, b)| format!("{a}.{b}")).map_err(Clone::clone);
    let watts = |reading: &Reading<f64>| reading.as_ref().map(|watts| format!("{watts:.1} W")).map_err(Clone::clone);
    let memory = card.memory.as_ref().map_err(Clone::clone);
    let driver = sample.driver.as_ref().map_err(Clone::clone);
    let held = card.throttle.as_ref().map_err(Clone::clone).map(|reasons| match reasons.len() {
        0 => "nothing".to_owned(),
        _ => reasons.join(", "),
    });
    vec![
        ("name", with(&card.name, "")),
        ("index", Ok(card.index.to_string())),
        ("UUID", with(&card.uuid, "")),
        ("divided", partition(card)),
        ("compute capability", pair(&card.compute_capability)),
        ("memory in all", memory.clone().map(|memory| memory.total.to_string())),
        ("memory used", memory.clone().map(|memory| memory.used.to_string())),
        ("memory free", memory.map(|memory| memory.free.to_string())),
        ("kept by the driver", reserved(card)),
        ("GPU busy", with(&card.utilization_gpu, " % of the time")),
        ("memory busy", with(&card.utilization_memory, " % of the time")),
        ("temperature", with(&card.temperature, " °C")),
        ("power", watts(&card.power_watts)),
        ("power limit", watts(&card.power_limit_watts)),
        ("fan", with(&card.fan_percent, " %")),
        ("graphics clock", with(&card.clock_graphics_mhz, " MHz")),
        ("memory clock", with(&card.clock_memory_mhz, " MHz")),
        ("clocks held back by", held),
        ("performance state", card.performance_state.as_ref().map(|state| format!("P{state}")).map_err(Clone::clone)),
        ("PCIe generation", with(&card.pcie.generation, "")),
        ("PCIe lanes", with(&card.pcie.width, "")),
        ("PCIe to the card", with(&gb_s(&card.pcie.rx_kib_s), " GB/s")),
        ("PCIe from the card", with(&gb_s(&card.pcie.tx_kib_s), " GB/s")),
        ("driver", driver.clone().map(|driver| driver.version.clone())),
        ("CUDA of the driver", driver.clone().and_then(|driver| pair(&driver.cuda))),
        ("NVML", driver.and_then(|driver| driver.nvml.clone())),
    ]
}
