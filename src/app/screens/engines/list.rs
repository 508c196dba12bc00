//! The list of runs: selection that follows its run, whatever the order.

use crate::app::model::Shared;
use crate::app::seen::Pane;
use crate::engines::{Phase, RunId, RunState};

/// Which run is selected and which row comes first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct List {
    /// The selected run.
    pub selected: Option<RunId>,
    /// A run that was just launched: selected as soon as its record is read.
    pub awaited: Option<RunId>,
    /// First row shown.
    pub offset: usize,
    /// Whether runs that are over are listed too; those that failed lately are listed in any case.
    pub show_finished: bool,
}

/// A failure stays in the list while no run was started this many seconds after it.
const FRESH: f64 = 3600.0;

/// Where to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Rows down (negative: up).
    Rows(isize),
    /// To the first.
    First,
    /// To the last.
    Last,
}

impl List {
    /// The runs in the order shown: live ones first, each group by start, newest first.
    pub fn rows<'a>(&self, shared: &'a Shared) -> Vec<&'a RunState> {
        let newest = shared.runs.iter().map(|run| run.started_at).fold(0.0, f64::max);
        let fresh_failure = |run: &RunState| {
            matches!(run.phase, Phase::Failed { .. }) && (newest - run.started_at < FRESH || self.is_selected(run))
        };
        let shown = |run: &&RunState| self.show_finished || run.phase.is_live() || fresh_failure(run);
        let mut rows: Vec<&RunState> = shared.runs.iter().filter(shown).collect();
        rows.sort_by(|a, b| b.phase.is_live().cmp(&a.phase.is_live()).then(b.started_at.total_cmp(&a.started_at)));
        rows
    }

    fn is_selected(&self, run: &RunState) -> bool {
        self.selected.as_ref() == Some(&run.run)
    }

    /// The selected run.
    pub fn current<'a>(&self, shared: &'a Shared) -> Option<&'a RunState> {
        let selected = self.selected.as_ref()?;
        shared.runs.iter().find(|run| run.run == *selected)
    }

    /// Moves the selection.
    pub fn step(&mut self, step: Step, shared: &Shared) {
        let rows = self.rows(shared);
        let Some(last) = rows.len().checked_sub(1) else {
            self.selected = None;
            return;
        };
        let at = rows.iter().position(|run| Some(&run.run) == self.selected.as_ref());
        let to = match step {
            Step::First => 0,
            Step::Last => last,
            Step::Rows(by) => at.map_or(0, |at| at.saturating_add_signed(by).min(last)),
        };
        self.selected = rows.get(to).map(|run| run.run.clone());
        self.keep_in_view(to, shared.seen.rows(Pane::EnginesRuns));
    }

    /// Keeps the selection on a run that is there, or on the first.
    pub fn refresh(&mut self, shared: &Shared) {
        if self.awaited.as_ref().is_some_and(|run| shared.runs.iter().any(|one| one.run == *run)) {
            self.selected = self.awaited.take();
        }
        let rows = self.rows(shared);
        if !rows.iter().any(|run| Some(&run.run) == self.selected.as_ref()) {
            self.selected = rows.first().map(|run| run.run.clone());
        }
        let at = rows.iter().position(|run| Some(&run.run) == self.selected.as_ref()).unwrap_or(0);
        let height = shared.seen.rows(Pane::EnginesRuns);
        self.offset = self.offset.min(rows.len().saturating_sub(height));
        self.keep_in_view(at, height);
    }

    fn keep_in_view(&mut self, at: usize, rows: usize) {
        self.offset = self.offset.min(at).max((at + 1).saturating_sub(rows));
    }
}
