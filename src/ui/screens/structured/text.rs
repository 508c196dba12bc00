//! Long texts beside the tree: what the model wrote, what it thought first, what is sent. Only the rows that are seen are built.

use crate::app::screens::structured::watch::{Follows, Watch};
use crate::app::screens::structured::{State, View};
use crate::app::seen::Pane;
use crate::base::text::{clean_line, fit};
use crate::lab::structured::lint::Finding;
use crate::ui::widgets::long_text::Breaks;
use crate::ui::{Canvas, Role};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Where the rows of the texts begin, kept between frames.
#[derive(Debug, Default)]
pub struct Cache {
    text: Breaks,
    reasoning: Breaks,
    request: Breaks,
}

/// Findings that are shown above a request.
const FINDINGS: usize = 40;
/// Columns of the mark before each row of a text.
const GUTTER: u16 = 2;

/// What the model wrote: how far it keeps to the constraint, the first byte that nothing could make good, what may come next.
pub(super) fn draw(state: &State, cache: &mut Cache, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(watch) = &state.watch else {
        let words = ["What the model writes stands here as it comes, with the place where it leaves the constraint."];
        return super::empty(canvas, area, &words);
    };
    let head = head(watch, canvas, area.width);
    let [above, body] = Layout::vertical([Constraint::Length(head.len() as u16), Constraint::Min(1)]).areas(area);
    super::rows(canvas, above, &head, 0);
    let text = watch.text();
    let follows = watch.follows.as_ref().and_then(|follows| follows.as_ref().ok());
    let impossible = follows.and_then(|follows| follows.impossible).filter(|at| *at < text.len());
    cache.text.update(watch.id, text, usize::from(body.width.saturating_sub(GUTTER)), impossible);
    let conforming = follows.map(|follows| if follows.order.is_some() { text.len() } else { follows.conforming });
    let first = state.offsets[View::Text.place()];
    let marked = Marked { text, conforming, impossible, base: Role::Text };
    long(&cache.text, &marked, first, canvas, body);
}

/// What is to be said of the text as a whole.
fn head(watch: &Watch, canvas: &Canvas<'_>, columns: u16) -> Vec<Line<'static>> {
    let (role, said) = match &watch.follows {
        None if watch.busy() => {
            (Role::Dim, "the constraint is being made ready; how far the text keeps to it follows".to_owned())
        }
        None => (Role::Unknown, "how far it keeps to the constraint is not known: it was not followed".to_owned()),
        Some(Err(unknown)) => (Role::Unknown, format!("how far it keeps to the constraint is not known: {unknown}")),
        Some(Ok(follows)) => followed(watch, follows, canvas),
    };
    let mut lines = super::paragraph(&clean_line(&said), role, columns, canvas);
    if let Some(Ok(follows)) = &watch.follows
        && follows.impossible.is_none()
        && follows.lost.is_none()
        && watch.busy()
    {
        let said = format!("next may come: {}", clean_line(&follows.expected));
        lines.push(Line::styled(fit(&said, usize::from(columns)).into_owned(), canvas.style(Role::Dim)));
    }
    lines.truncate(4);
    lines
}

fn followed(watch: &Watch, follows: &Follows, canvas: &Canvas<'_>) -> (Role, String) {
    let (bytes, text) = (follows.conforming, watch.text());
    if let Some(lost) = &follows.lost {
        return (
            Role::Unknown,
            format!("{bytes} of {} bytes keep to the constraint; then it could not be followed: {lost}", text.len()),
        );
    }
    let Some(at) = follows.impossible else {
        let (sign, all) = (canvas.glyph("✓", "+"), text.len());
        let said = match follows.order {
            None => format!("{sign} {bytes} of {all} bytes keep to the constraint"),
            Some(at) => format!(
                "{sign} all {all} bytes can obey; from byte {at} on in another order than the schema's: no fault"
            ),
        };
        return (Role::Good, said);
    };
    let found = text.get(at..).and_then(|rest| rest.chars().next());
    let found = found.map_or_else(|| "what came".to_owned(), |c| format!("`{}`", clean_line(&c.to_string())));
    let sign = canvas.glyph("✗", "x");
    let said = format!("{sign} byte {at} of {}: {found} cannot stand there; {}", text.len(), follows.expected);
    (Role::Bad, said)
}

/// A text with the part that keeps to a constraint.
struct Marked<'a> {
    text: &'a str,
    conforming: Option<usize>,
    impossible: Option<usize>,
    base: Role,
}

/// The rows that are seen of a long text.
fn long(breaks: &Breaks, marked: &Marked<'_>, first: usize, canvas: &mut Canvas<'_>, area: Rect) {
    let height = usize::from(area.height);
    canvas.viewport(Pane::StructuredText, height, breaks.rows());
    let first = first.min(breaks.rows().saturating_sub(height));
    for (row, y) in (first..breaks.rows()).zip(area.y..area.bottom()) {
        let bytes = breaks.row(row);
        let (sign, role) = match (marked.impossible, marked.conforming) {
            (Some(at), _) if bytes.start == at => (canvas.glyph("✗ ", "x "), Role::Bad),
            (Some(at), _) if bytes.start > at => (canvas.glyph("┆ ", ": "), Role::Bad),
            (_, Some(ok)) if bytes.end <= ok && bytes.start < ok => (canvas.glyph("│ ", "| "), Role::Good),
            _ => ("  ", marked.base),
        };
        let after = marked.impossible.is_some_and(|at| bytes.start >= at);
        let style = canvas.style(if after { Role::Bad } else { marked.base });
        let said = marked.text.get(bytes).unwrap_or_default();
        let broken = if said.ends_with('\n') { canvas.glyph("⏎", "$") } else { "" };
        let line = Line::from(vec![
            Span::styled(sign, canvas.style(role)),
            Span::styled(clean_line(said.trim_end_matches('\n')), style),
            Span::styled(broken, canvas.style(Role::Dim)),
        ]);
        canvas.line(&line, Rect { y, height: 1, ..area });
    }
}

/// What the model thought before it wrote.
pub(super) fn reasoning(state: &State, cache: &mut Cache, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(watch) = state.watch.as_ref().filter(|watch| !watch.reasoning().is_empty()) else {
        let said =
            "No reasoning came. Where a model reasons, the server tells it apart only with its reasoning parser on.";
        return super::empty(canvas, area, &[said]);
    };
    let text = watch.reasoning();
    cache.reasoning.update(watch.id, text, usize::from(area.width.saturating_sub(GUTTER)), None);
    let marked = Marked { text, conforming: None, impossible: None, base: Role::Reasoning };
    long(&cache.reasoning, &marked, state.offsets[View::Reasoning.place()], canvas, area);
}

/// What is sent, and what the engine will not do of it.
pub(super) fn request(state: &State, cache: &mut Cache, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(told) = state.before.as_ref().and_then(|before| before.told.as_ref()) else {
        return super::empty(canvas, area, &["What would be sent stands here once there is somebody to ask."]);
    };
    let say = |said: String, role| super::paragraph(&clean_line(&said), role, area.width, canvas);
    let mut head: Vec<Line<'static>> = Vec::new();
    head.extend(told.findings.iter().take(FINDINGS).flat_map(|one| say(finding(one), Role::Warn)));
    if told.findings.len() > FINDINGS {
        head.extend(say(format!("and {} more", told.findings.len() - FINDINGS), Role::Warn));
    }
    let body = match &told.request {
        Err(problem) => {
            head.extend(say(format!("{}: {}; {}", problem.what, problem.why, problem.hint), Role::Bad));
            ""
        }
        Ok(request) => {
            head.extend(request.notes.iter().flat_map(|note| say(note.clone(), Role::Info)));
            state.body.as_ref().map_or("", |body| &body.text)
        }
    };
    let id = state.body.as_ref().map_or(0, |body| body.id);
    cache.request.update(id, body, usize::from(area.width), None);
    let (height, total) = (usize::from(area.height), head.len() + cache.request.rows());
    canvas.viewport(Pane::StructuredText, height, total);
    let first = state.offsets[View::Request.place()].min(total.saturating_sub(height));
    for (row, y) in (first..total).zip(area.y..area.bottom()) {
        let place = Rect { y, height: 1, ..area };
        match head.get(row) {
            Some(line) => canvas.line(line, place),
            None => {
                let said = body.get(cache.request.row(row - head.len())).unwrap_or_default();
                let said = clean_line(said.trim_end_matches('\n'));
                canvas.line(&Line::styled(said, canvas.style(Role::Text)), place);
            }
        }
    }
}

/// A finding in words.
fn finding(one: &Finding) -> String {
    format!("! {} {} by {} at {}: {}", one.keyword, one.effect.name(), one.backend.name(), one.path, one.why)
}
