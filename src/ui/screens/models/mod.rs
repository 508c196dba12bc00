//! The Models screen: the ranked list, the detail beside it, two details compared, the menu of cards.

mod about;
mod columns;
mod detail;
mod list;
mod menu;
mod page;
mod steps;
mod sum;
mod together;
mod trade;
mod ways;
mod words;

use crate::app::Model;
use crate::app::screens::models::cards::Stated;
use crate::app::screens::models::{Focus, State};
use crate::base::{Bytes, text, units};
use crate::models::rank::{Intent, Situation};
use crate::ui::{Canvas, Role, widgets};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use std::time::Duration;

/// The least columns for list and detail beside each other.
const BESIDE: u16 = 110;

/// Draws the screen.
pub fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.models;
    let mut body = area;
    if let Some(stated) = &state.stated {
        let [banner, rest] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
        draw_banner(state, stated, canvas, banner);
        body = rest;
    }
    match (&state.ranking, state.focus) {
        (None, Focus::Cards) => {}
        (None, _) => nothing_yet(model, canvas, body),
        (Some(_), Focus::Together) => together::draw(model, canvas, body),
        (Some(ranking), Focus::Compare) => detail::pair(model, ranking, canvas, body),
        (Some(ranking), focus) => {
            let beside = body.width >= BESIDE;
            match (beside, focus) {
                (true, _) => {
                    let right = (body.width * 2 / 5).clamp(48, 84);
                    let [left, right] = Layout::horizontal([Constraint::Min(0), Constraint::Length(right)]).areas(body);
                    list::draw(model, ranking, canvas, left, true);
                    detail::draw(model, ranking, canvas, right);
                }
                (false, Focus::Detail) => detail::draw(model, ranking, canvas, body),
                (false, _) => list::draw(model, ranking, canvas, body, false),
            }
        }
    }
    if state.focus == Focus::Cards {
        menu::draw(state, canvas, area);
    }
}

/// Says that the figures are not for the card at hand.
fn draw_banner(state: &State, stated: &Stated, canvas: &mut Canvas<'_>, area: Rect) {
    let sign = canvas.glyph("▲", "!");
    let hand = match &state.hand {
        Some(hand) => format!("at hand is {}", hand.spec.name),
        None => "no card is at hand".to_owned(),
    };
    let said = format!(" {sign} not the card at hand: as on {}", stated_words(stated));
    let long = format!("{said} {sign} {hand} {sign} g chooses another");
    let said = if text::width(&long) <= area.width.into() { long } else { said };
    canvas.fill(area, Role::Banner);
    let said = text::fit(&text::clean_line(&said), area.width.into()).into_owned();
    canvas.line(&Line::from(Span::styled(said, canvas.style(Role::Banner))), area);
}

fn stated_words(stated: &Stated) -> String {
    format!(
        "{} {} GiB, all free but {} GiB",
        stated.spec.name,
        words::gib(stated.spec.total),
        words::gib(stated.reserve)
    )
}

/// What figures are for, in a few words: the card, its free memory, how old they are.
fn situation(state: &State, situation: &Situation, uptime: Duration) -> String {
    let age = units::age(uptime.saturating_sub(state.asked.at));
    match &state.stated {
        Some(stated) => format!("as on {} {} GiB", stated.spec.name, words::gib(stated.spec.total)),
        None => {
            let free = situation.room.free.unwrap_or(situation.room.total);
            let kept = match state.hand.as_ref().map(|hand| hand.kept.0).filter(|kept| *kept > 0) {
                Some(kept) => format!(" beside {} kept for the desktop", words::gib(kept)),
                None => String::new(),
            };
            format!("{}, {} GiB free{kept}, {age}", situation.card.name, words::gib(free))
        }
    }
}

/// What a card is meant for, in words.
fn intent(intent: Intent) -> &'static str {
    match intent {
        Intent::Chat => "one chat",
        Intent::LongContext => "long context",
        Intent::Agents => "many agents",
    }
}

/// Nothing is judged: why, and what to do next.
fn nothing_yet(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = widgets::panel(canvas, area, "models", true);
    let state = &model.models;
    let waiting = state.hand.is_some() || state.stated.is_some() || model.shared.sample.is_none();
    let rows: Vec<(Role, &str)> = if waiting {
        vec![(Role::Dim, "judging the models for this card…")]
    } else {
        vec![
            (Role::Strong, "No card can be read, so nothing can be judged for it."),
            (Role::Text, ""),
            (Role::Text, "Press g to choose a card to judge for: one that is known, or any size in GiB."),
            (Role::Dim, "F2 says why no card can be read."),
        ]
    };
    let mut y = inner.y + inner.height.saturating_sub(rows.len() as u16) / 2;
    for (role, said) in rows {
        for row in widgets::wrap(said, inner.width.saturating_sub(4).into()) {
            if y < inner.bottom() {
                let place = Rect { x: inner.x + 2, width: inner.width.saturating_sub(2), y, height: 1 };
                canvas.line(&Line::from(Span::styled(row, canvas.style(role))), place);
            }
            y += 1;
        }
    }
}

/// Bytes with their unit, for sentences.
fn bytes(bytes: u64) -> String {
    Bytes(bytes).to_string()
}
