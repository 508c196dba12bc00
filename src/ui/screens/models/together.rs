//! The plan for several models on one card.

use super::page::Page;
use super::words;
use crate::app::Model;
use crate::app::screens::models::ranking::Pick;
use crate::app::screens::models::together::Planned;
use crate::app::seen::Pane;
use crate::base::units::MIB;
use crate::base::{text, units};
use crate::models::together::{Asleep, Placed, Rest, Role as Place, Together};
use crate::ui::widgets::panel;
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::Span;

/// Draws the plan.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.models;
    let inner = panel(canvas, area, &format!("{} models on one card", state.seats.len()), true);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let mut page = Page::new(inner.width);
    match &state.planned {
        Some(planned) if planned.picks == state.seats => add(&mut page, planned, canvas),
        _ => page.say(Vec::new(), "working it out…", Role::Dim, canvas),
    }
    page.draw(state.offset, Some(Pane::ModelsDetail), canvas, inner);
}

fn add(page: &mut Page, planned: &Planned, canvas: &Canvas<'_>) {
    match &planned.result {
        Err(problem) => {
            page.say(
                vec![Span::styled(format!("{} ", canvas.glyph("✗", "x")), canvas.style(Role::Bad))],
                &problem.what,
                Role::Bad,
                canvas,
            );
            page.say(Vec::new(), &problem.why, Role::Text, canvas);
            page.say(vec![Span::styled("try: ", canvas.style(Role::Dim))], &problem.hint, Role::Text, canvas);
        }
        Ok(plan) => {
            bar(page, plan, canvas);
            for (place, one) in plan.placed.iter().enumerate() {
                page.gap();
                add_one(page, planned, one, place, canvas);
            }
            page.gap();
            let spare = if plan.spare < MIB { "nothing".to_owned() } else { super::bytes(plan.spare) };
            let spare = format!("{spare} of the {} that are free", super::bytes(plan.free));
            page.fact("left over", &spare, Role::Estimate, canvas);
            page.fact("start", ORDER, Role::Dim, canvas);
        }
    }
}

const ORDER: &str = "Enter starts them in this order, each once the one before it is ready: an engine measures what is free while it \
                     starts. Of those that take turns one is awake at a time.";

/// The card's free memory as it is dealt out: one digit a model, those that take turns in one place.
fn bar(page: &mut Page, plan: &Together, canvas: &Canvas<'_>) {
    let width = usize::from(page.width);
    let cells = |bytes: u64| (bytes as f64 / plan.free.max(1) as f64 * width as f64).round() as usize;
    let mut drawn = String::new();
    for (place, one) in plan.placed.iter().enumerate().filter(|(_, one)| one.role == Place::Awake) {
        let digit = char::from_digit(place as u32 + 1, 10).unwrap_or('#');
        drawn.extend(std::iter::repeat_n(digit, cells(one.given).max(1)));
    }
    let turns = plan.placed.iter().filter(|one| one.role == Place::Turns).map(|one| one.given).max();
    drawn.extend(std::iter::repeat_n('~', turns.map_or(0, |bytes| cells(bytes).max(1))));
    let dot = canvas.glyph("·", ".");
    let rest = width.saturating_sub(drawn.chars().count());
    let drawn: String = drawn.chars().take(width).collect();
    page.push(vec![
        Span::styled(drawn, canvas.style(Role::Accent)),
        Span::styled(dot.repeat(rest), canvas.style(Role::Dim)),
    ]);
    page.say(Vec::new(), "each digit: that model's part; ~ the one whose turn it is", Role::Dim, canvas);
}

fn add_one(page: &mut Page, planned: &Planned, one: &Placed, place: usize, canvas: &Canvas<'_>) {
    let Some(pick) = planned.picks.get(one.guest) else { return };
    let (role, said) = match one.role {
        Place::Awake => (Role::Good, "always ready"),
        Place::Turns => (Role::Warn, "takes turns"),
        Place::LeftOut => (Role::Bad, "left out"),
    };
    let number = if one.role == Place::LeftOut { canvas.glyph("✗", "x").to_owned() } else { (place + 1).to_string() };
    page.push(vec![
        Span::styled(format!("{number} "), canvas.style(role)),
        Span::styled(name(pick), canvas.style(Role::Title)),
        Span::styled(format!("  {said}"), canvas.style(role)),
    ]);
    let Some(solution) = &one.solution else { return page.say(vec![Span::raw("  ")], &one.why, Role::Text, canvas) };
    let tokens = units::count(solution.context());
    let requests =
        if solution.requests == 1 { "one request".to_owned() } else { format!("{} requests", solution.requests) };
    let (takes, given) = (super::bytes(one.takes), super::bytes(one.given));
    let words = format!("{takes} of the card, {given} set aside for it; {requests} of {tokens} tokens");
    page.say(vec![Span::raw("  ")], &words, Role::Estimate, canvas);
    if let Some(asleep) = &one.asleep {
        page.say(vec![Span::raw("  ")], &resting(asleep), Role::Dim, canvas);
    }
}

fn name(pick: &Pick) -> String {
    let name = pick.key.split(" (").next().unwrap_or(&pick.key);
    text::clean_line(&format!("{} {} · {}", words::short_name(name), pick.way.label, pick.way.engine.name()))
}

fn resting(asleep: &Asleep) -> String {
    let wake = match &asleep.wake {
        Ok((low, high)) => format!("awake again in {low:.1}–{high:.1} s, computed from the link"),
        Err(unknown) => unknown.why.to_string(),
    };
    match asleep.rest {
        Rest::Sleeps => {
            let (card, ram) = (super::bytes(asleep.holds), super::bytes(asleep.ram));
            format!("asleep it keeps about {card} of the card and {ram} of RAM; {wake}")
        }
        Rest::Unloads => format!("unloaded it keeps nothing; {wake}"),
        Rest::Stops => format!("stopped it keeps nothing; {wake}"),
    }
}
