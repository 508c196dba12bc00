//! The Lab's view Pooling: what is asked above or on the left, what came back beside it.

mod given;

use crate::app::Model;
use crate::app::screens::lab::Target as Lab;
use crate::app::screens::lab::pooling::{Focus, State, Target as Here};
use crate::app::seen::Target;
use crate::base::text::{clean_line, fit, width};
use crate::base::units;
use crate::ui::widgets::{field, panel, text_area, wrap};
use crate::ui::{Canvas, Role};
use crate::wire::pooling::Task;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// From this width on the texts stand beside the answer.
const WIDE: u16 = 120;

/// Draws the view.
pub(super) fn draw(model: &Model, canvas: &mut Canvas<'_>, area: Rect) {
    let state = &model.lab.pooling;
    let [whom, tasks, body] =
        Layout::vertical([Constraint::Length(1), Constraint::Length(1), Constraint::Min(0)]).areas(area);
    self::whom(state, canvas, whom);
    self::tasks(state, canvas, tasks);
    if state.focus == Focus::Targets {
        return offers(state, canvas, body);
    }
    let query = if state.task.pairs() { 3 } else { 0 };
    let lines = state.texts.area().lines().len() as u16;
    let (asked, answer) = if area.width >= WIDE {
        let [left, right] = Layout::horizontal([Constraint::Length(50), Constraint::Min(0)]).areas(body);
        (left, right)
    } else {
        let rows = query + (lines + 2).clamp(3, 8).min(body.height / 2);
        let [above, below] = Layout::vertical([Constraint::Length(rows), Constraint::Min(0)]).areas(body);
        (above, below)
    };
    let [question, texts] = Layout::vertical([Constraint::Length(query), Constraint::Min(0)]).areas(asked);
    if query > 0 {
        self::query(state, canvas, question);
    }
    self::texts(state, canvas, texts);
    self::answer(state, canvas, answer);
}

fn hit(canvas: &mut Canvas<'_>, place: Rect, target: Here) {
    canvas.hit(place, Target::Lab(Lab::Pooling(target)));
}

/// Whom the question goes to, and which tasks it serves; or why nobody can be asked.
fn whom(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let line = match &state.resolved {
        Ok(to) => {
            let serves = match state.known.as_ref().map(|known| &known.serves) {
                None | Some(None) => (Role::Dim, "asking which tasks it serves".to_owned()),
                Some(Some(Ok(serves))) if serves.tasks.is_empty() => {
                    (Role::Warn, format!("serves no pooling task ({})", serves.basis))
                }
                Some(Some(Ok(serves))) => {
                    let names: Vec<&str> = serves.tasks.iter().map(|task| task.name()).collect();
                    (Role::Good, format!("serves {} ({})", names.join(", "), serves.basis))
                }
                Some(Some(Err(unknown))) => (Role::Unknown, format!("its tasks are unknown: {}", unknown.why)),
            };
            let name = short(&to.model);
            let room = usize::from(area.width).saturating_sub(width(&name) + width(to.dialect.name()) + 12);
            Line::from(vec![
                Span::styled(" asks ", canvas.style(Role::Dim)),
                Span::styled(name, canvas.style(Role::Strong)),
                Span::styled(format!(" · {} · ", to.dialect.name()), canvas.style(Role::Dim)),
                Span::styled(fit(&clean_line(&serves.1), room).into_owned(), canvas.style(serves.0)),
            ])
        }
        Err(problem) => Line::from(vec![
            Span::styled(format!(" {}", clean_line(&problem.what)), canvas.style(Role::Warn)),
            Span::styled(clean_line(&format!(": {}", problem.hint)), canvas.style(Role::Dim)),
        ]),
    };
    canvas.line(&line, area);
    hit(canvas, area, Here::Whom);
}

/// A model's name without the folders of a path; `owner/name` stays.
fn short(model: &str) -> String {
    let name = if model.matches('/').count() > 1 { model.rsplit('/').next().unwrap_or(model) } else { model };
    clean_line(name)
}

fn tasks(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let mut x = area.x + 1;
    for task in Task::ALL {
        let role = match (task == state.task, state.lacks(task)) {
            (true, _) => Role::TabActive,
            (false, true) => Role::Unavailable,
            (false, false) => Role::Tab,
        };
        let name = format!(" {} ", task.name());
        let columns = (width(&name) as u16).min(area.right().saturating_sub(x));
        let place = Rect { x, width: columns, ..area };
        canvas.line(&Line::from(Span::styled(name, canvas.style(role))), place);
        hit(canvas, place, Here::Task(task));
        x = place.right();
    }
    let mut said = format!("  {}", state.task.gives());
    if state.raw && state.task != Task::Embed {
        said.push_str(", before softmax or sigmoid");
    }
    let place = Rect { x, width: area.right().saturating_sub(x), ..area };
    canvas.line(&Line::from(Span::styled(said, canvas.style(Role::Dim))), place);
}

fn query(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let focused = state.focus == Focus::Query;
    let inner = panel(canvas, area, "query", focused);
    hit(canvas, area, Here::Pane(Focus::Query));
    let look = field::Look { placeholder: "what the texts are held against", focused, masked: false };
    field::draw(canvas, &state.query, look, inner);
}

fn texts(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let focused = state.focus == Focus::Texts;
    let count = state.ask().texts.len();
    let inner = panel(canvas, area, &format!("texts, one a line: {count}"), focused);
    hit(canvas, area, Here::Pane(Focus::Texts));
    text_area::draw(canvas, &state.texts, inner, focused);
}

fn answer(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let title = match (&state.flying, &state.told) {
        (Some((_, since)), _) => {
            format!("waiting {:.1} s", canvas.env.uptime.saturating_sub(*since).as_secs_f64())
        }
        (None, Some(Ok(told))) => {
            let tokens = match &told.tokens {
                Ok(tokens) => format!("{} tokens", units::count(*tokens)),
                Err(_) => "tokens unknown".to_owned(),
            };
            let texts = told.ask.texts.len();
            format!("{}: {texts} texts, {tokens}, {:.2} s", told.ask.task.name(), told.seconds)
        }
        (None, Some(Err(_))) => "no answer".to_owned(),
        (None, None) => "answer".to_owned(),
    };
    let inner = panel(canvas, area, &title, state.focus == Focus::Result);
    hit(canvas, area, Here::Pane(Focus::Result));
    let lines = match &state.told {
        Some(Ok(told)) => given::lines(told, state.column, inner.width, canvas),
        Some(Err(problem)) => {
            let mut lines = said(canvas, &format!("{}: {}", problem.what, problem.why), Role::Bad, inner.width);
            problem.detail.iter().for_each(|line| lines.extend(said(canvas, line, Role::Dim, inner.width)));
            lines.extend(said(canvas, &format!("try: {}", problem.hint), Role::Hint, inner.width));
            lines
        }
        None => said(canvas, "Nothing was asked yet.", Role::Dim, inner.width),
    };
    let last = lines.len().saturating_sub(usize::from(inner.height));
    for (line, y) in lines.iter().skip(state.row.min(last)).zip(inner.y..inner.bottom()) {
        canvas.line(line, Rect { y, height: 1, ..inner });
    }
}

/// A paragraph in one role, wrapped.
fn said(canvas: &Canvas<'_>, words: &str, role: Role, columns: u16) -> Vec<Line<'static>> {
    let style = canvas.style(role);
    wrap(&clean_line(words), columns.into()).into_iter().map(|row| Line::styled(row, style)).collect()
}

fn offers(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let inner = panel(canvas, area, "whom to ask", true);
    if state.offers.is_empty() {
        let words = "No run is ready. Start one on Engines; endpoints are added on Chat (Ctrl+T).";
        for (line, y) in said(canvas, words, Role::Dim, inner.width).iter().zip(inner.y..inner.bottom()) {
            canvas.line(line, Rect { y, height: 1, ..inner });
        }
        return;
    }
    let height = usize::from(inner.height.max(1));
    let first = (state.offer + 1).saturating_sub(height);
    for (at, offer) in state.offers.iter().enumerate().skip(first).take(height) {
        let place = Rect { y: inner.y + (at - first) as u16, height: 1, ..inner };
        let role = if offer.target.is_some() { Role::Strong } else { Role::Unavailable };
        let detail = clean_line(&format!("  {}  {}", offer.place, offer.detail));
        let line = Line::from(vec![
            Span::styled(fit(&short(&offer.model), 40).into_owned(), canvas.style(role)),
            Span::styled(detail, canvas.style(Role::Dim)),
        ]);
        canvas.line(&line, place);
        if at == state.offer {
            canvas.buf.set_style(place.intersection(canvas.buf.area), canvas.style(Role::Selection));
        }
        hit(canvas, place, Here::Offer(at));
    }
}
