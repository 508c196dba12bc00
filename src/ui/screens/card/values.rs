//! Readings as text: the value, or `?` in the style of the unknown.

use crate::base::Reading;
use crate::ui::Canvas;
use crate::ui::theme::Role;
use ratatui::text::Span;
use std::fmt::Display;

/// A value of steady width with its unit, or `?` in its place.
pub(super) fn value<T: Display>(canvas: &Canvas<'_>, reading: &Reading<T>, width: usize, unit: &str) -> Span<'static> {
    match reading {
        Ok(value) => Span::styled(format!("{value:>width$}{unit}"), canvas.style(Role::Text)),
        Err(_) => Span::styled(format!("{:>width$}{unit}", "?"), canvas.style(Role::Unknown)),
    }
}

/// A word before a value.
pub(super) fn label(canvas: &Canvas<'_>, word: &'static str) -> Span<'static> {
    Span::styled(word, canvas.style(Role::Dim))
}

/// KiB a second as GB a second (10⁹ bytes), as link speeds are given.
pub(super) fn gb_s(reading: &Reading<u32>) -> Reading<String> {
    reading.as_ref().map(|kib| format!("{:.1}", f64::from(*kib) * 1024.0 / 1e9)).map_err(Clone::clone)
}
