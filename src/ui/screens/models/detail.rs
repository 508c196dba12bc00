//! The detail: verdict and why, the sum, the trade, the flags, all ways to run it, and what is known of the model. Two of
//! them beside each other when two models are compared.

use super::page::Page;
use super::{about, steps, sum, trade, ways, words};
use crate::app::Model;
use crate::app::screens::models::examine::Detail;
use crate::app::screens::models::ranking::{Pick, Ranking};
use crate::app::screens::models::{Focus, State, Target as Here};
use crate::app::seen::{Pane, Target};
use crate::base::{Problem, text, units};
use crate::models::cards::{Spec, known};
use crate::models::fit::{Fit, Verdict};
use crate::models::rank::{Choice, Row};
use crate::models::solve::Point;
use crate::ui::widgets::panel;
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Draws the detail of the selected model.
pub(super) fn draw(model: &Model, ranking: &Ranking, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.models;
    let focused = state.focus == Focus::Detail;
    let Some(pick) = state.pick() else {
        let inner = panel(canvas, area, "detail", focused);
        return unjudged(state, ranking, canvas, inner);
    };
    one(state, ranking, &pick, focused, Some(Pane::ModelsDetail), canvas, area);
}

/// Draws two details beside each other, or one above the other where there is no room.
pub(super) fn pair(model: &Model, ranking: &Ranking, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.models;
    let Some(pair) = &state.pair else { return };
    let halves = [Constraint::Percentage(50), Constraint::Percentage(50)];
    let areas: [Rect; 2] = match area.width >= 100 {
        true => Layout::horizontal(halves).areas(area),
        false => Layout::vertical(halves).areas(area),
    };
    // Both scroll together, as far as the longer one goes.
    let pages = pair.each_ref().map(|pick| page(state, ranking, pick, areas[0].width.saturating_sub(4), canvas));
    let longest = usize::from(pages[1].lines.len() > pages[0].lines.len());
    for (at, (pick, area)) in pair.iter().zip(areas).enumerate() {
        let pane = (at == longest).then_some(Pane::ModelsDetail);
        one(state, ranking, pick, at == longest, pane, canvas, area);
    }
}

fn one(
    state: &State,
    ranking: &Ranking,
    pick: &Pick,
    focused: bool,
    pane: Option<Pane>,
    canvas: &mut Canvas<'_>,
    area: Rect,
) {
    let name = ranking.place(pick).map_or(pick.key.as_str(), |(row, _)| row.name.as_str());
    let dot = canvas.glyph("·", "-");
    let mut title = format!("{} {} {dot} {}", words::short_name(name), pick.way.label, pick.way.engine.name());
    if state.is_elsewhere() {
        title.push_str(&format!(" {dot} not this card"));
    }
    let title = text::fit(&text::clean_line(&title), area.width.saturating_sub(4).into()).into_owned();
    let inner = panel(canvas, area, &title, focused);
    canvas.hit(area, Target::Models(Here::Detail));
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    page(state, ranking, pick, inner.width, canvas).draw(state.offset, pane, canvas, inner);
}

/// Everything that is said of one model.
fn page(state: &State, ranking: &Ranking, pick: &Pick, width: u16, canvas: &Canvas<'_>) -> Page {
    let mut page = Page::new(width);
    let Some((row, choice)) = ranking.place(pick) else {
        page.say(Vec::new(), "it is not listed any more", Role::Dim, canvas);
        return page;
    };
    match state.detail(pick) {
        Some(detail) => add_detail(&mut page, state, ranking, (row, choice), detail, canvas),
        None => match &choice.refusal {
            Some(why) => page.say(refused(canvas), &text::clean_line(why), Role::Text, canvas),
            None => page.say(Vec::new(), "working it out…", Role::Dim, canvas),
        },
    }
    ways::add(&mut page, ranking, row, &pick.way, canvas);
    about::add(&mut page, state, ranking, (row, choice), canvas);
    about::add_legend(&mut page, canvas);
    page
}

/// What stands before the reason of a refusal.
fn refused(canvas: &Canvas<'_>) -> Vec<Span<'static>> {
    let (glyph, role) = words::mark(canvas, Some(Verdict::RefusedAtStart));
    vec![Span::styled(format!("{glyph} {}: ", words::verdict(Verdict::RefusedAtStart)), canvas.style(role))]
}

fn add_detail(
    page: &mut Page,
    state: &State,
    ranking: &Ranking,
    (row, choice): (&Row, &Choice),
    detail: &Detail,
    canvas: &Canvas<'_>,
) {
    match &detail.fit {
        Ok(fit) => {
            let (verdict, why) = headline(detail, choice, fit);
            let (glyph, role) = words::mark(canvas, Some(verdict));
            let said = format!("{glyph} {}: ", words::verdict(verdict));
            page.say(vec![Span::styled(said, canvas.style(role))], &why, Role::Text, canvas);
            // Two that are compared are told apart by their figures first.
            if state.focus == Focus::Compare {
                add_figures(page, fit, &detail.frontier, choice, canvas);
                page.gap();
                sum::add(page, fit, canvas);
            } else {
                page.gap();
                sum::add(page, fit, canvas);
                add_figures(page, fit, &detail.frontier, choice, canvas);
            }
        }
        Err(problem) if choice.sum.verdict == Verdict::Unknown => {
            let (glyph, role) = words::mark(canvas, Some(Verdict::Unknown));
            let said = format!("{glyph} {}: ", words::verdict(Verdict::Unknown));
            page.say(vec![Span::styled(said, canvas.style(role))], &problem.why, Role::Text, canvas);
            let said = format!("{} GiB of weights alone would leave room on the card", words::gib(choice.sum.weights));
            page.say(vec![Span::raw("  ")], &said, Role::Dim, canvas);
            return;
        }
        Err(problem) => add_problem(page, problem, canvas),
    }
    if !choice.sum.verdict.starts() {
        add_nearest(page, row, canvas);
    }
    trade::add(page, &detail.frontier, detail.length(), canvas);
    match &detail.solution {
        Ok(solution) => steps::add(page, solution, super::intent(ranking.situation.intent), canvas),
        Err(problem) => {
            page.title("no flags make it start", canvas);
            add_problem(page, problem, canvas);
        }
    }
    add_card(page, state, detail, canvas);
}

/// The verdict of the list, and why: what starts only with less than a request should have does not fit. What was chosen by
/// hand is judged as it is.
pub(super) fn headline(detail: &Detail, choice: &Choice, fit: &Fit) -> (Verdict, String) {
    let listed = choice.sum.verdict;
    if let Some(why) = &choice.refusal {
        return (listed, text::clean_line(why));
    }
    if detail.pick.trade.is_some() || listed.starts() || !fit.verdict.starts() {
        return (fit.verdict, fit.why.clone());
    }
    let why = match fit.offload.filter(|(on_card, all)| on_card < all) {
        Some((on_card, all)) => {
            format!("not whole: it starts, slowly, with {on_card} of {all} layers on the card and the rest in RAM")
        }
        None => {
            let (least, most) = (units::count(choice.sum.max_model_len), units::count(detail.length()));
            format!("not with {least} tokens for a request: it starts with {most}")
        }
    };
    (listed, why)
}

fn add_problem(page: &mut Page, problem: &Problem, canvas: &Canvas<'_>) {
    page.say(Vec::new(), &format!("{}: {}", problem.what, problem.why), Role::Bad, canvas);
    if !problem.hint.is_empty() {
        page.say(vec![Span::styled("try: ", canvas.style(Role::Accent))], &problem.hint, Role::Text, canvas);
    }
}

fn add_figures(page: &mut Page, fit: &Fit, frontier: &[Point], choice: &Choice, canvas: &Canvas<'_>) {
    page.gap();
    if fit.verdict.starts() {
        let asked = units::count(fit.max_model_len);
        let said = match fit.largest_max_model_len {
            longest if longest > fit.max_model_len => {
                format!("{asked} tokens asked, {} the longest that fits", units::count(longest))
            }
            _ => format!("{asked} tokens"),
        };
        page.fact("context", &said, Role::Text, canvas);
    }
    if fit.kv_per_token > 0 {
        let said = format!(
            "{} a token; {} tokens in {} GiB",
            super::bytes(fit.kv_per_token),
            units::count(fit.kv_tokens),
            words::gib(sum::cache(fit))
        );
        page.fact("cache", &said, Role::Text, canvas);
    }
    if fit.verdict.starts() && fit.kv_needed > 0 {
        // With the flags of the solution, and of the trade where one was chosen by hand.
        let of = |tokens: u64, listed: u64| match frontier {
            [] => listed,
            points => points.iter().find(|point| point.tokens == tokens).map_or(0, |point| point.requests),
        };
        let (two, eight) = (of(2048, choice.agents.0), of(8192, choice.agents.1));
        let said = format!("{} at 2k, {} at 8k each", words::agents(two), words::agents(eight));
        page.fact("agents", &said, Role::Text, canvas);
    }
    match &choice.rate {
        Ok(rate) => {
            let said = format!("{} tok/s for one stream", words::rate(rate));
            page.fact("speed", &said, Role::Estimate, canvas);
        }
        Err(why) => page.fact("speed", &format!("? {why}"), Role::Unknown, canvas),
    }
    if let Some((on_card, all)) = fit.offload.filter(|(on_card, all)| on_card < all) {
        page.fact("layers", &format!("{on_card} of {all} on the card, the rest in RAM: slow"), Role::Warn, canvas);
    }
    let margin = format!("{}{} GiB", canvas.glyph("±", "+-"), words::gib(fit.margin));
    let said = match (fit.learned.words(), fit.calibrated_from_runs) {
        (Some(words), _) => format!("{margin}; learned {words} on this machine"),
        (None, 0) => format!("{margin}; from no start on this card yet"),
        (None, runs) => format!("{margin}; rests on {runs} recorded starts, none of this machine"),
    };
    page.fact("margin", &said, Role::Dim, canvas);
    if fit.free_assumed {
        page.fact("free", "assumed, not read: all but a desktop's share", Role::Warn, canvas);
    }
}

/// What does start, where the way looked at does not.
fn add_nearest(page: &mut Page, row: &Row, canvas: &Canvas<'_>) {
    page.gap();
    let nearest = row.choices.iter().find(|choice| choice.sum.verdict.starts());
    match nearest {
        Some(choice) => {
            let said = format!(
                "{} on {}: {} GiB, {} tokens",
                choice.label,
                choice.engine.name(),
                words::gib(choice.sum.weights),
                units::count(choice.sum.largest_max_model_len)
            );
            page.fact("nearest", &said, Role::Good, canvas);
        }
        None => {
            let smallest = row.choices.iter().min_by_key(|choice| choice.sum.weights);
            let said = smallest.map_or_else(String::new, |choice| {
                format!(
                    "no variant fits; the smallest is {} with {} GiB of weights",
                    choice.label,
                    words::gib(choice.sum.weights)
                )
            });
            page.fact("nearest", &said, Role::Bad, canvas);
        }
    }
}

/// The card that this would need.
fn add_card(page: &mut Page, state: &State, detail: &Detail, canvas: &Canvas<'_>) {
    page.gap();
    match &detail.card {
        Ok((total, cards)) => {
            // Some names stand for cards with more and with less memory.
            let twins = |spec: &Spec| known().iter().filter(|other| other.name == spec.name).count() > 1;
            let name = |spec: &Spec| match twins(spec) {
                true => format!("{} {} GiB", spec.name, words::gib(spec.total)),
                false => spec.name.clone(),
            };
            let names: Vec<String> = cards.iter().take(3).map(name).collect();
            let which = match names.is_empty() {
                true => "; no known card has that much".to_owned(),
                false => format!(": {}", names.join(", ")),
            };
            page.fact("needs", &format!("a card of {} GiB{which}", words::gib(*total)), Role::Text, canvas);
        }
        Err(problem) => page.fact("needs", &format!("? {}", problem.why), Role::Unknown, canvas),
    }
    if let Some(stated) = &state.stated {
        page.fact("judged as", &super::stated_words(stated), Role::Warn, canvas);
    }
}

/// A model of which nothing is known that could run it.
fn unjudged(state: &State, ranking: &Ranking, canvas: &mut Canvas<'_>, area: Rect) {
    let row = state.list.selected.as_deref().and_then(|key| ranking.rows.get(ranking.find(key)?));
    let mut page = Page::new(area.width.saturating_sub(2));
    match row {
        None => page.say(Vec::new(), "no model is selected", Role::Dim, canvas),
        Some(row) => {
            let why = ranking.entry(row).and_then(|entry| entry.refused_by_vllm.clone());
            let why = why.unwrap_or_else(|| "no variant with known weights".to_owned());
            page.say(vec![Span::styled("? not judged: ", canvas.style(Role::Unknown))], &why, Role::Text, canvas);
        }
    }
    let place = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    for (line, y) in page.lines.iter().zip(place.y..place.bottom()) {
        canvas.line(&Line::clone(line), Rect { y, height: 1, ..place });
    }
}
