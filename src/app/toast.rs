//! Notices in the corner: short, dismissible, problems stay until seen.

use crate::base::Problem;
use std::time::Duration;

/// One notice.
#[derive(Debug, Clone, PartialEq)]
pub struct Toast {
    /// Identity.
    pub id: u64,
    /// What it says.
    pub notice: Notice,
    /// When it goes by itself, as uptime; problems stay.
    pub until: Option<Duration>,
}

/// What a toast says.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// Something was done.
    Info(String),
    /// Something failed.
    Problem(Problem),
}

/// The notices on screen, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Toasts {
    items: Vec<Toast>,
    next: u64,
}

/// How long an information stays.
const STAY: Duration = Duration::from_secs(4);
/// How many are shown at once; others wait behind them.
pub const SHOWN: usize = 4;
/// How many are kept.
const KEPT: usize = 32;

impl Toasts {
    /// Says that something was done.
    pub fn info(&mut self, text: impl Into<String>, uptime: Duration) {
        self.push(Notice::Info(text.into()), Some(uptime + STAY));
    }

    /// Says that something failed. The same problem is not shown twice.
    pub fn problem(&mut self, problem: Problem) {
        let notice = Notice::Problem(problem);
        if !self.items.iter().any(|toast| toast.notice == notice) {
            self.push(notice, None);
        }
    }

    fn push(&mut self, notice: Notice, until: Option<Duration>) {
        if self.items.len() >= SHOWN {
            // What was done may go unread, what failed may not.
            let done = self.items.iter().position(|toast| matches!(toast.notice, Notice::Info(_)));
            if let Some(gone) = done.or((self.items.len() >= KEPT).then_some(0)) {
                self.items.remove(gone);
            }
        }
        self.items.push(Toast { id: self.next, notice, until });
        self.next += 1;
    }

    /// Removes those whose time is over; tells whether any went.
    pub fn expire(&mut self, uptime: Duration) -> bool {
        let before = self.items.len();
        self.items.retain(|toast| toast.until.is_none_or(|until| until > uptime));
        self.items.len() != before
    }

    /// When the next one goes.
    pub fn next_expiry(&self) -> Option<Duration> {
        self.items.iter().filter_map(|toast| toast.until).min()
    }

    /// Removes one by its identity.
    pub fn dismiss(&mut self, id: u64) {
        self.items.retain(|toast| toast.id != id);
    }

    /// Removes the newest; tells whether there was one.
    pub fn dismiss_newest(&mut self) -> bool {
        self.items.pop().is_some()
    }

    /// The newest problem on screen.
    pub fn newest_problem(&self) -> Option<&Problem> {
        self.items.iter().rev().find_map(|toast| match &toast.notice {
            Notice::Problem(problem) => Some(problem),
            Notice::Info(_) => None,
        })
    }

    /// Oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Toast> {
        self.items.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_outlast_what_was_done() {
        let mut toasts = Toasts::default();
        toasts.info("done", Duration::ZERO);
        for number in 0..2 * KEPT {
            toasts.problem(Problem::failed(format!("problem {number}"), "", ""));
            assert!(toasts.iter().count() <= KEPT);
        }
        assert!(toasts.iter().all(|toast| matches!(toast.notice, Notice::Problem(_))));
        assert_eq!(toasts.iter().count(), KEPT);
        toasts.info("done", Duration::ZERO);
        assert_eq!(
            toasts.newest_problem().map(|problem| problem.what.clone()),
            Some(format!("problem {}", 2 * KEPT - 1))
        );
    }
}
