//! What the selected run says of itself while it serves.

use crate::app::model::Shared;
use crate::base::text;
use crate::engines::{Phase, RunState};
use crate::ui::widgets::gauges::{self, Fact};
use crate::ui::{Canvas, Role};
use ratatui::text::Span;

/// The figures, or why there are none; nothing while the run is not ready.
pub(super) fn facts(run: &RunState, shared: &Shared, canvas: &Canvas<'_>) -> Vec<Fact> {
    if run.phase != Phase::Ready {
        return Vec::new();
    }
    let because = |why: &str| {
        let why = Span::styled(text::clean_line(why), canvas.style(Role::Unknown));
        [Span::styled("? ", canvas.style(Role::Unknown)), why]
    };
    match shared.live(run) {
        Ok(live) => {
            let mut facts = gauges::facts(live, canvas, false);
            facts.extend(gauges::more(live, canvas));
            facts.extend(gauges::reasons(live).iter().map(|why| because(why)));
            facts
        }
        Err(unknown) => vec![because(&unknown.why)],
    }
}
