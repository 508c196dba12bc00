//! The sampling settings: a slider a parameter, what it means below, the preset in the border.

use super::{hit, row, status::cut, styled};
use crate::app::Model;
use crate::app::screens::chat::{Pane, Target};
use crate::app::seen;
use crate::base::text;
use crate::lab::sampling::{self, Kind, Param, Setting, Support, value};
use crate::ui::widgets::{field, panel};
use crate::ui::{Canvas, Role};
use crate::wire::Dialect;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Columns of a parameter's label.
const LABEL: u16 = 13;
/// Columns of a value.
const VALUE: u16 = 9;
/// Rows that explain the selected parameter.
const DETAIL: u16 = 4;

/// Draws the pane.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.chat;
    let focused = state.dialog.is_none() && state.focus == Pane::Sampling;
    let dialect = state.dialect(&model.shared);
    let title = format!("sampling · {}", dialect.name());
    let inner = panel(canvas, area, &title, focused);
    hit(canvas, inner, Target::Sampling);
    preset(model, canvas, area);
    let detail_rows = if inner.height >= 14 { DETAIL } else { inner.height.min(2) };
    let list = Rect { height: inner.height.saturating_sub(detail_rows), ..inner };
    let rows = usize::from(list.height);
    canvas.viewport(seen::Pane::ChatSampling, rows, Param::ALL.len());
    let selected = state.sampling.selected.min(Param::ALL.len() - 1);
    let top = if rows == 0 { return } else { (selected + 1).saturating_sub(rows) };
    for (index, param) in Param::ALL.iter().enumerate().skip(top).take(rows) {
        let place = row(list, (index - top) as u16);
        one(model, canvas, place, *param, index, dialect);
    }
    let place = Rect { y: list.bottom(), height: detail_rows, ..inner };
    detail(model, canvas, place, Param::ALL[selected], dialect);
}

fn preset(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let line = match model.chat.sampling.preset() {
        Some((name, true)) => format!(" preset: {} · changed ", text::clean_line(name)),
        Some((name, false)) => format!(" preset: {} ", text::clean_line(name)),
        None if model.chat.sampling.settings.0.is_empty() => " all unset ".to_owned(),
        None => " no preset ".to_owned(),
    };
    let line = text::fit(&line, area.width.saturating_sub(4).into()).into_owned();
    let place = Rect { x: area.x + 2, y: area.bottom().saturating_sub(1), width: text::width(&line) as u16, height: 1 };
    canvas.line(&Line::styled(line, canvas.style(Role::Dim)), place);
}

/// The word for a parameter.
fn label(param: Param) -> &'static str {
    match param {
        Param::PresencePenalty => "presence",
        Param::FrequencyPenalty => "frequency",
        Param::RepetitionPenalty => "repetition",
        Param::MaxTokens => "max tokens",
        Param::MinTokens => "min tokens",
        Param::IgnoreEos => "ignore eos",
        Param::UseBeamSearch => "beam search",
        Param::LengthPenalty => "len. penalty",
        param => param.name(),
    }
}

/// Why a parameter cannot be set: the engine has it not, or a probe found that it does nothing.
fn why_not(model: &Model, param: Param, dialect: Dialect) -> Option<String> {
    let lacking = sampling::support(param, dialect).why_not().map(str::to_owned);
    lacking.or_else(|| model.chat.probed_off(param, &model.shared))
}

fn one(model: &Model, canvas: &mut Canvas<'_>, area: Rect, param: Param, index: usize, dialect: Dialect) {
    let state = &model.chat;
    let why = why_not(model, param, dialect);
    let selected = index == state.sampling.selected && state.focus == Pane::Sampling;
    hit(canvas, area, Target::Param(index));
    let role = match (selected, why.is_some()) {
        (_, true) => Role::Unavailable,
        (true, _) => Role::Accent,
        (false, _) => Role::Text,
    };
    let mark = if selected { canvas.glyph("▸", ">") } else { " " };
    let head = format!("{mark}{:<width$}", label(param), width = usize::from(LABEL));
    canvas.line(&Line::styled(head, canvas.style(role)), area);
    let rest = Rect { x: area.x + LABEL + 2, width: area.width.saturating_sub(LABEL + 2), ..area };
    if let Some(why) = why {
        canvas.line(&Line::from(styled(canvas, &format!("n/a: {why}"), Role::Unavailable, rest.width.into())), rest);
        return;
    }
    if let Some(typed) = state.sampling.editing.as_ref().filter(|_| selected) {
        let look = field::Look { placeholder: "unset", focused: state.dialog.is_none(), masked: false };
        field::draw(canvas, typed, look, rest);
        return;
    }
    let setting = state.sampling.settings.0.get(&param);
    match param.kind() {
        Kind::Whole | Kind::Real => slider(canvas, rest, param, setting, index, dialect),
        Kind::Switch | Kind::Strings => words(canvas, rest, param, setting, dialect),
    }
}

/// A switch or a list of strings.
fn words(canvas: &mut Canvas<'_>, area: Rect, param: Param, setting: Option<&Setting>, dialect: Dialect) {
    let line = match setting {
        Some(Setting::Switch(on)) => Span::styled(if *on { "[x] on" } else { "[ ] off" }, canvas.style(Role::Text)),
        Some(other) => styled(canvas, &value::format(other), Role::Text, area.width.into()),
        None => styled(canvas, &unset(param, dialect), Role::Unset, area.width.into()),
    };
    canvas.line(&Line::from(line), area);
}

/// What stands in for a value that is not sent.
fn unset(param: Param, dialect: Dialect) -> String {
    match (sampling::support(param, dialect), sampling::default_of(param, dialect)) {
        (Support::Emulated { how, .. }, _) => format!("unset · emulated: {how}"),
        (_, Some(default)) => format!("unset (engine: {})", value::format(&default)),
        (_, None) => "unset (the engine decides)".to_owned(),
    }
}

/// The bar: its first cell is the position "unset", left of the least value.
fn slider(
    canvas: &mut Canvas<'_>,
    area: Rect,
    param: Param,
    setting: Option<&Setting>,
    index: usize,
    dialect: Dialect,
) {
    let bar = Rect { width: area.width.saturating_sub(VALUE + 1), ..area };
    if bar.width < 4 {
        return;
    }
    hit(canvas, bar, Target::Bar(index));
    let cells = usize::from(bar.width) - 1;
    let (knob, full, empty) = if canvas.ascii { ("O", "=", "-") } else { ("●", "━", "─") };
    let Some(setting) = setting else {
        let words = format!(" {}", unset(param, dialect));
        let spans = vec![
            Span::styled(knob, canvas.style(Role::Unset)),
            styled(canvas, &words, Role::Unset, usize::from(area.width).saturating_sub(1)),
        ];
        canvas.line(&Line::from(spans), area);
        return;
    };
    let fraction = sampling::fraction(param, setting, dialect).unwrap_or(0.0);
    let at = ((cells - 1) as f64 * fraction).round() as usize;
    let spans = vec![
        Span::styled(" ", canvas.style(Role::SliderEmpty)),
        Span::styled(full.repeat(at), canvas.style(Role::SliderFill)),
        Span::styled(knob, canvas.style(Role::SliderKnob)),
        Span::styled(empty.repeat(cells - 1 - at), canvas.style(Role::SliderEmpty)),
    ];
    canvas.line(&Line::from(spans), bar);
    let shown = text::fit(&value::format(setting), VALUE.into()).into_owned();
    let place = Rect { x: bar.right() + 1, width: VALUE.min(area.right().saturating_sub(bar.right() + 1)), ..area };
    let line = format!("{shown:>width$}", width = usize::from(place.width));
    canvas.line(&Line::styled(line, canvas.style(Role::Text)), place);
}

/// What the selected parameter does, its range, what the engine takes when nothing is sent, or why it cannot be set.
fn detail(model: &Model, canvas: &mut Canvas<'_>, area: Rect, param: Param, dialect: Dialect) {
    let support = sampling::support(param, dialect);
    let mut lines: Vec<(String, Role)> = Vec::new();
    if let Some(wrong) = &model.chat.sampling.wrong {
        lines.push((format!("{}: {}", wrong.what, wrong.why), Role::Bad));
    }
    match support {
        Support::No { why } => lines.push((format!("not available here: {why}"), Role::Warn)),
        Support::Yes { .. } if let Some(why) = model.chat.probed_off(param, &model.shared) => {
            lines.push((format!("of no use here: {why}"), Role::Warn));
        }
        Support::Emulated { how, .. } => lines.push((format!("emulated: {how}"), Role::Warn)),
        Support::Yes { .. } => {}
    }
    lines.push((format!("{}: {}", param.name(), param.help()), Role::Dim));
    if let Some(range) = support.range().filter(|_| matches!(param.kind(), Kind::Whole | Kind::Real)) {
        let default = match sampling::default_of(param, dialect) {
            Some(default) => format!("; engine's own {}", value::format(&default)),
            None => String::new(),
        };
        lines.push((format!("{}{default}", range.words(param.kind())), Role::Dim));
    }
    let mut at = 0;
    for (line, role) in lines {
        for part in wrap(&line, area.width.into()) {
            if at >= area.height {
                return;
            }
            let spans = vec![Span::styled(part, canvas.style(role))];
            canvas.line(&cut(spans, area.width.into()), row(area, at));
            at += 1;
        }
    }
}

/// Words into lines of at most so many columns; a word that is longer is cut.
pub(super) fn wrap(content: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in content.split_whitespace() {
        let last = lines.last_mut().map_or(0, |line| text::width(line));
        if last > 0 && last + 1 + text::width(word) > columns {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
