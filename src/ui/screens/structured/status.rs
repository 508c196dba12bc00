//! How it stands: what an engine will not do of a constraint before it is sent, and how it is with the answer.

use crate::app::screens::structured::state::Before;
use crate::app::screens::structured::watch::{Grade, Stage, Watch};
use crate::app::screens::structured::{Considered, State};
use crate::base::text::{clean_line, fit};
use crate::base::units::duration;
use crate::lab::structured::lint::{Effect, Finding};
use crate::ui::{Canvas, Role};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use std::time::Duration;

/// The mark and the role of a grade.
pub(super) fn mark(grade: Grade, canvas: &Canvas<'_>) -> (&'static str, Role) {
    match grade {
        Grade::Good => (canvas.glyph("✓", "+"), Role::Good),
        Grade::Note => (canvas.glyph("·", "."), Role::Info),
        Grade::Warn => ("!", Role::Warn),
        Grade::Bad => (canvas.glyph("✗", "x"), Role::Bad),
    }
}

/// What the run key would do, and what the engine will not do of it.
pub(super) fn before(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let columns = usize::from(area.width);
    let (role, said) = match (&state.resolved, &state.before) {
        (Err(_), _) => (Role::Dim, " r asks once there is somebody to ask".to_owned()),
        (_, None) => (Role::Dim, " n writes a constraint".to_owned()),
        (_, Some(Before { told: None, .. })) => (Role::Dim, " r asks; the constraint is being looked at".to_owned()),
        (_, Some(Before { told: Some(told), .. })) => ahead(told),
    };
    canvas.line(&Line::styled(fit(&clean_line(&said), columns).into_owned(), canvas.style(role)), area);
}

fn ahead(told: &Considered) -> (Role, String) {
    match &told.request {
        Err(problem) => (Role::Bad, format!(" it cannot be asked: {}; x says more", problem.what)),
        Ok(request) => {
            let field = request.fields.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
            match counted(&told.findings) {
                Some(said) => (Role::Warn, format!(" ! {said}: x shows them; r asks all the same")),
                None => (Role::Dim, format!(" r asks, by {field}; x shows the request")),
            }
        }
    }
}

/// How many keywords a back end will not do, by what becomes of them.
fn counted(findings: &[Finding]) -> Option<String> {
    let count = |effect| findings.iter().filter(|one| one.effect == effect).count();
    let all = [Effect::Refused, Effect::Ignored, Effect::Differs].map(|effect| (effect, count(effect)));
    let said: Vec<String> =
        all.into_iter().filter(|(_, n)| *n > 0).map(|(effect, n)| format!("{n} {}", effect.name())).collect();
    let mut backends: Vec<&str> = findings.iter().map(|one| one.backend.name()).collect();
    backends.dedup();
    let what = if findings.len() == 1 { "keyword" } else { "keywords" };
    (!said.is_empty()).then(|| format!("{what} of the schema {} by {}", said.join(", "), backends.join(" and ")))
}

/// How it is with the answer: the verdict, once it is there, and what was measured.
pub(super) fn draw(state: &State, canvas: &mut Canvas<'_>, area: Rect) {
    let Some(watch) = &state.watch else { return };
    let (sign, role, said) = stage(watch, canvas);
    let figures = figures(watch, canvas.env.uptime, canvas);
    // The verdict is said in full; the figures have what is left.
    let room = usize::from(area.width).saturating_sub(5);
    let line = Line::from(vec![
        Span::styled(format!(" {sign} {}  ", fit(&clean_line(&said), room.max(12))), canvas.style(role)),
        Span::styled(figures, canvas.style(Role::Dim)),
    ]);
    canvas.line(&line, area);
}

fn stage(watch: &Watch, canvas: &Canvas<'_>) -> (&'static str, Role, String) {
    let dots = canvas.glyph("…", "~");
    match &watch.stage {
        Stage::Asked => (dots, Role::Dim, "asked".to_owned()),
        Stage::Comes => {
            let impossible = matches!(&watch.follows, Some(Ok(follows)) if follows.impossible.is_some());
            match (impossible || !watch.wrong.is_empty(), watch.text().is_empty()) {
                (true, _) => (canvas.glyph("✗", "x"), Role::Bad, "leaves the constraint".to_owned()),
                (false, true) if !watch.reasoning().is_empty() => (dots, Role::Reasoning, "reasons".to_owned()),
                _ => (dots, Role::Info, "comes".to_owned()),
            }
        }
        Stage::Stopping => (dots, Role::Warn, "is stopped".to_owned()),
        Stage::Ended(ended) => {
            let (sign, role) = mark(ended.grade, canvas);
            (sign, role, ended.said.clone())
        }
        Stage::Failed(problem) => (canvas.glyph("✗", "x"), Role::Bad, format!("{}: {}", problem.what, problem.why)),
    }
}

/// Tokens, their rate, the time to the first.
fn figures(watch: &Watch, now: Duration, canvas: &Canvas<'_>) -> String {
    let dot = canvas.glyph("·", "-");
    // A piece may hold several tokens: where the server counts none, they are told as the least there can be.
    let least = if watch.figures.tokens.is_none() { canvas.glyph("≥", ">=") } else { "" };
    let tokens = watch.figures.tokens.unwrap_or(watch.figures.pieces);
    let mut parts = vec![format!("{least}{tokens} tokens")];
    parts.extend(watch.figures.per_second().map(|rate| format!("{least}{rate:.1} tok/s")));
    parts.extend(watch.figures.first.map(|first| format!("first {first:.2} s")));
    let took = watch.over.unwrap_or(now).saturating_sub(watch.begun);
    parts.push(duration(took));
    parts.join(&format!(" {dot} "))
}
