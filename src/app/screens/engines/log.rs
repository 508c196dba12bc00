//! A run's log on screen: follow, search, level filter.

use super::list::Step;
use crate::app::field::Field;
use crate::app::model::Shared;
use crate::app::seen::Pane;
use crate::base::Ring;
use crate::engines::logfacts::Level;
use crate::engines::{LogLine, RunId};

/// Lines kept of one run's log; the file on disk has more.
pub const KEPT: usize = 20_000;

/// The log in view.
#[derive(Debug, Clone, PartialEq)]
pub struct LogView {
    /// Whose log it is.
    pub run: Option<RunId>,
    /// The newest lines, cleaned.
    pub lines: Ring<LogLine>,
    /// Whether the view stays at the end.
    pub follow: bool,
    /// First row shown when it does not follow, counted in lines that pass the filter.
    offset: usize,
    /// Quietest level shown; lines that state none belong to the line before them.
    pub least: Level,
    /// The text searched for.
    pub search: Field,
    /// Whether the search is being typed.
    pub typing: bool,
    /// Index among the shown lines of the match in focus.
    pub at_match: Option<usize>,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// Indices of the lines that pass the level filter; kept in step by this module.
    shown: Vec<usize>,
}

impl Default for LogView {
    fn default() -> Self {
        Self {
            run: None,
            lines: Ring::new(KEPT),
            follow: true,
            offset: 0,
            least: Level::Debug,
            search: Field::default(),
            typing: false,
            at_match: None,
            wrap: false,
            shown: Vec::new(),
        }
    }
}

impl LogView {
    /// Shows another run's log, empty until its lines come.
    pub fn open(&mut self, run: Option<RunId>) {
        let (least, wrap) = (self.least, self.wrap);
        *self = Self { run, least, wrap, ..Self::default() };
    }

    /// Takes new lines in.
    pub fn push(&mut self, lines: Vec<LogLine>) {
        let dropped = self.lines.dropped();
        for line in lines {
            self.lines.push(line);
        }
        if self.lines.dropped() == dropped {
            self.extend_shown();
        } else {
            self.filter();
        }
    }

    /// The first row shown in a pane of this height.
    pub fn first(&self, height: usize) -> usize {
        let last = self.last_offset(height);
        if self.follow { last } else { self.offset.min(last) }
    }

    fn passes(&self, line: &LogLine) -> bool {
        line.level.unwrap_or(Level::Info) >= self.least
    }

    fn extend_shown(&mut self) {
        let from = self.shown.last().map_or(0, |last| last + 1);
        let more: Vec<usize> =
            (from..self.lines.len()).filter(|at| self.lines.get(*at).is_some_and(|line| self.passes(line))).collect();
        self.shown.extend(more);
    }

    fn filter(&mut self) {
        self.shown.clear();
        self.extend_shown();
        self.offset = self.offset.min(self.shown.len().saturating_sub(1));
    }

    /// How many lines pass the filter.
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// Whether nothing passes the filter.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// The shown line at an index.
    pub fn line(&self, index: usize) -> Option<&LogLine> {
        self.lines.get(*self.shown.get(index)?)
    }

    fn last_offset(&self, height: usize) -> usize {
        self.shown.len().saturating_sub(height)
    }

    /// Scrolls; reaching the end follows again, leaving it stops following.
    pub fn scroll(&mut self, step: Step, shared: &Shared) {
        let height = shared.seen.rows(Pane::EnginesLog);
        let last = self.last_offset(height);
        self.offset = match step {
            Step::First => 0,
            Step::Last => last,
            Step::Rows(by) => self.first(height).saturating_add_signed(by).min(last),
        };
        self.follow = self.offset == last;
    }

    /// Shows the next louder class of lines only, then all again.
    pub fn cycle_level(&mut self, shared: &Shared) {
        self.least = match self.least {
            Level::Debug => Level::Info,
            Level::Info => Level::Warning,
            Level::Warning => Level::Error,
            Level::Error => Level::Debug,
        };
        self.filter();
        self.at_match = None;
        self.scroll(Step::Last, shared);
    }

    /// Whether a line holds what is searched for; upper and lower case are the same.
    pub fn is_match(&self, line: &LogLine) -> bool {
        let wanted = self.search.text();
        !wanted.is_empty() && line.text.to_lowercase().contains(&wanted.to_lowercase())
    }

    /// How many shown lines match.
    pub fn matches(&self) -> usize {
        if self.search.text().is_empty() {
            return 0;
        }
        (0..self.len()).filter(|at| self.line(*at).is_some_and(|line| self.is_match(line))).count()
    }

    /// Goes to the next (or previous) match, around the end.
    pub fn find(&mut self, forward: bool, shared: &Shared) {
        let count = self.len();
        if count == 0 || self.search.text().is_empty() {
            return;
        }
        let height = shared.seen.rows(Pane::EnginesLog);
        let start = self.at_match.unwrap_or(if forward { count - 1 } else { 0 });
        let order =
            (1..=count).map(|step| if forward { (start + step) % count } else { (start + count - step) % count });
        let found = order.into_iter().find(|at| self.line(*at).is_some_and(|line| self.is_match(line)));
        self.at_match = found;
        if let Some(at) = found {
            self.offset = at.saturating_sub(height / 2).min(self.last_offset(height));
            self.follow = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(levels: &[Option<Level>]) -> LogView {
        let mut view = LogView::default();
        let lines = levels
            .iter()
            .enumerate()
            .map(|(n, level)| LogLine { text: format!("line {n}"), level: *level, at: None })
            .collect();
        view.push(lines);
        view
    }

    #[test]
    fn follows_until_scrolled_and_filters_by_level() {
        let shared = crate::app::model::Shared::empty();
        let mut log = view(&[Some(Level::Info), Some(Level::Error), None, Some(Level::Warning), Some(Level::Info)]);
        assert_eq!((log.len(), log.first(3), log.first(4), log.follow), (5, 2, 1, true));
        log.scroll(Step::Rows(-1), &shared);
        assert!(!log.follow);
        log.cycle_level(&shared);
        log.cycle_level(&shared);
        assert_eq!((log.least, log.len()), (Level::Warning, 2));
        assert_eq!(log.line(0).map(|line| line.text.as_str()), Some("line 1"));
    }

    #[test]
    fn search_goes_round() {
        let shared = crate::app::model::Shared::empty();
        let mut log = view(&[Some(Level::Info); 6]);
        log.search = Field::with("LINE 4");
        assert_eq!(log.matches(), 1);
        log.find(true, &shared);
        assert_eq!(log.at_match, Some(4));
        log.search = Field::with("line");
        log.find(true, &shared);
        log.find(true, &shared);
        assert_eq!(log.at_match, Some(0));
        log.find(false, &shared);
        assert_eq!(log.at_match, Some(5));
    }

    #[test]
    fn old_lines_go_and_indices_stay_right() {
        let mut log = LogView { lines: Ring::new(3), ..LogView::default() };
        for n in 0..7 {
            log.push(vec![LogLine { text: format!("line {n}"), level: None, at: None }]);
        }
        assert_eq!((log.len(), log.line(0).map(|line| line.text.as_str())), (3, Some("line 4")));
    }
}
