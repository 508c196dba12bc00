//! Scores of suites of answers under constraints, on this screen.

use super::Action;
use super::state::{Focus, State};
use crate::app::Effect as Root;
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::app::seen::Pane;

/// What a key does about scores, wherever one is.
pub(super) fn act(state: &mut State, action: Action, shared: &mut Shared, env: &Env) -> Vec<Root> {
    state.focus = Focus::Scores;
    let suite = match action {
        Action::SuiteStop => return state.scores.stop(),
        Action::Quick => "quick",
        Action::Full => "full",
        _ => return state.scores.open(),
    };
    state.scores.run(suite, &state.resolved, shared, env).unwrap_or_else(|problem| {
        shared.toasts.problem(problem);
        Vec::new()
    })
}

/// What a key does while scores are in front; `None` where it means the same as elsewhere.
pub(super) fn held(state: &mut State, action: Action, shared: &Shared) -> Option<Vec<Root>> {
    use Action as A;
    let scores = &mut state.scores;
    let rows = shared.seen.viewport(Pane::StructuredText).map_or((1, 0), |seen| (seen.rows, seen.total));
    let (page, most) = (rows.0.saturating_sub(1).max(1), rows.1.saturating_sub(rows.0));
    let to = |at: usize, last: usize| match action {
        A::Down => at.saturating_add(1).min(last),
        A::Up => at.saturating_sub(1),
        A::PageDown => at.saturating_add(page).min(last),
        A::PageUp => at.saturating_sub(page),
        A::First => 0,
        _ => last,
    };
    match action {
        A::Down | A::Up | A::First | A::Last => Some(scores.go(to, false, most)),
        A::PageDown | A::PageUp => Some(scores.go(to, true, most)),
        A::Mark | A::Accept => {
            scores.mark();
            Some(Vec::new())
        }
        A::Copy => Some(scores.text().map(Root::Copy).into_iter().collect()),
        _ => None,
    }
}
