//! One open conversation: its tree, its answer on the way, what waits, what is being written, what is in view.

use super::composer::Composer;
use super::stream::Stream;
use super::target::Target;
use crate::base::Problem;
use crate::lab::chat::{Conversation, ConversationId, Queue, Role, Turn, TurnId};
use std::collections::BTreeSet;

/// Which part of the transcript is in view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scroll {
    /// The end, also when more comes.
    #[default]
    Follow,
    /// This row is the first; it is counted from the first row of a turn and may lie outside of it.
    At {
        /// The turn.
        turn: TurnId,
        /// Rows below its first.
        row: i64,
    },
}

/// What the last frame showed of the transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ground {
    /// The scroll it was asked for.
    pub asked: Scroll,
    /// The same, by the row that was really the first.
    pub shown: Scroll,
    /// Rows below the last one shown.
    pub below: usize,
}

/// An open conversation.
#[derive(Debug, Clone)]
pub struct Talk {
    /// Its turns.
    pub tree: Conversation,
    /// The answer on its way.
    pub stream: Option<Stream>,
    /// Messages that wait for the answer to end.
    pub queue: Queue,
    /// What is being written.
    pub composer: Composer,
    /// The user turn that sending will replace.
    pub editing: Option<TurnId>,
    /// What is in view.
    pub scroll: Scroll,
    /// The selected turn.
    pub selected: Option<TurnId>,
    /// Turns whose reasoning is shown.
    pub unfolded: BTreeSet<TurnId>,
    /// Whether an answer ended here while another conversation was in front.
    pub unread: bool,
    /// Whom it talks to.
    pub target: Option<Target>,
    /// Why the last answer broke off.
    pub failure: Option<(TurnId, Problem)>,
}

impl Talk {
    /// A conversation not begun.
    pub fn new(target: Option<Target>) -> Self {
        Self::of(Conversation::new(0.0), target, "")
    }

    /// A conversation that was read, with its draft.
    pub fn of(tree: Conversation, target: Option<Target>, draft: &str) -> Self {
        Self {
            tree,
            stream: None,
            queue: Queue::default(),
            composer: Composer::with(draft),
            editing: None,
            scroll: Scroll::Follow,
            selected: None,
            unfolded: BTreeSet::new(),
            unread: false,
            target,
            failure: None,
        }
    }

    /// Its identity; that of all conversations not begun is 0.
    pub fn id(&self) -> ConversationId {
        self.tree.id
    }

    /// Whether anything was said.
    pub fn begun(&self) -> bool {
        self.tree.leaf().is_some()
    }

    /// Whether an answer is on its way.
    pub fn busy(&self) -> bool {
        self.stream.is_some()
    }

    /// The title, also of one that has none.
    pub fn title(&self) -> &str {
        if self.tree.title.is_empty() { "new conversation" } else { &self.tree.title }
    }

    /// The selected turn, where it is on the active path; else the last one.
    pub fn turn_in_hand(&self) -> Option<&Turn> {
        let path = self.tree.path();
        let selected = self.selected.and_then(|id| path.iter().find(|turn| turn.id == id));
        selected.or(path.last()).copied()
    }

    /// The selected turn, if it speaks in this role; else the last one of the path that does.
    pub fn turn_of(&self, role: Role) -> Option<&Turn> {
        let path = self.tree.path();
        let selected = self.selected.and_then(|id| path.iter().position(|turn| turn.id == id));
        let end = selected.map_or(path.len(), |at| at + 1);
        path[..end].iter().rev().find(|turn| turn.role == role).copied()
    }

    /// Tokens of the context in use after the last answer, as its server said, and characters written since.
    pub fn context_used(&self) -> (Option<u64>, u64) {
        let mut chars = 0;
        for turn in self.tree.path().iter().rev() {
            if let Some(usage) = turn.figures.usage {
                return (Some(usage.prompt_tokens + usage.completion_tokens), chars);
            }
            chars += turn.choices.get(turn.chosen).map_or(0, |choice| choice.text.len() as u64);
        }
        (None, chars + self.tree.system_prompt.len() as u64)
    }

    /// The same as one estimate of tokens: four characters a token for what no server counted.
    pub fn context_estimate(&self) -> u64 {
        let (said, chars) = self.context_used();
        said.unwrap_or(0) + chars.div_ceil(4)
    }

    /// Moves the view by rows, from what the last frame showed.
    pub fn scroll_by(&mut self, rows: i64, ground: Option<Ground>) {
        let ground = ground.filter(|ground| ground.asked == self.scroll);
        if rows > 0 && ground.is_some_and(|ground| ground.below as i64 <= rows) {
            self.scroll = Scroll::Follow;
            return;
        }
        let from = ground.map_or(self.scroll, |ground| ground.shown);
        if let Scroll::At { turn, row } = from {
            self.scroll = Scroll::At { turn, row: row.saturating_add(rows) };
        }
    }

    /// Shows the beginning.
    pub fn scroll_to_top(&mut self) {
        if let Some(turn) = self.tree.path().first() {
            self.scroll = Scroll::At { turn: turn.id, row: -1 };
        }
    }

    /// Selects the turn before or after the selected one; after the last, none, and the view follows again.
    pub fn select(&mut self, forward: bool) {
        let path = self.tree.path();
        let at = self.selected.and_then(|id| path.iter().position(|turn| turn.id == id));
        let next = match (at, forward) {
            (Some(at), true) => at + 1,
            (Some(at), false) => at.saturating_sub(1),
            (None, true) => path.len(),
            (None, false) => path.len().saturating_sub(1),
        };
        self.selected = path.get(next).map(|turn| turn.id);
        self.scroll = match self.selected {
            Some(turn) => Scroll::At { turn, row: -1 },
            None => Scroll::Follow,
        };
    }
}
