//! A conversation as a tree of turns, of which one path is active.

use super::fold;
use super::image::Image;
use super::turn::*;
use crate::base::{Problem, text};
use crate::lab::sampling::Settings;
use crate::wire::{StreamEvent, Usage};
use std::collections::BTreeMap;

/// Columns of a title made from the first words.
const TITLE_COLUMNS: usize = 48;

/// A conversation. Turns are never removed: an edit or a new answer is a sibling of what it replaces. A child's id is
/// always greater than its parent's.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// Identity.
    pub id: ConversationId,
    /// Title; made from the first prompt until the person gives one.
    pub title: String,
    /// System prompt; empty for none.
    pub system_prompt: String,
    /// Model last used.
    pub model: Option<String>,
    /// Base URL last used.
    pub endpoint: Option<String>,
    /// Seconds since the Unix epoch.
    pub created_at: f64,
    /// Seconds since the Unix epoch of the last change.
    pub updated_at: f64,
    // Visible to this folder only for struct update; changed here alone.
    pub(super) turns: BTreeMap<TurnId, Turn>,
    pub(super) children: BTreeMap<Option<TurnId>, Vec<TurnId>>,
    pub(super) leaf: Option<TurnId>,
}

/// Which neighbour among the alternatives of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Neighbour {
    /// The one made before.
    Previous,
    /// The one made after.
    Next,
}

/// Place of a turn among its alternatives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BranchPosition {
    /// From 0, in the order made.
    pub index: usize,
    /// How many there are, at least one.
    pub count: usize,
}

/// Token counts of several turns, as the servers said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Sum over turns.
    pub usage: Usage,
    /// Assistant turns whose server said nothing: not in the sum.
    pub uncounted: usize,
}

impl Conversation {
    /// An empty conversation begun at `now` (seconds since the Unix epoch), which also gives its identity.
    pub fn new(now: f64) -> Self {
        Self {
            id: ConversationId(micros(now)),
            title: String::new(),
            system_prompt: String::new(),
            model: None,
            endpoint: None,
            created_at: now,
            updated_at: now,
            turns: BTreeMap::new(),
            children: BTreeMap::new(),
            leaf: None,
        }
    }

    /// Puts `turns` and the active leaf into an empty conversation. A leaf that is not there becomes the newest end.
    ///
    /// # Errors
    /// When the turns are no tree: a parent missing or younger than its child, an identity twice, a turn without
    /// answers or with a choice that is not there.
    pub fn with_turns(mut self, turns: Vec<Turn>, leaf: Option<TurnId>) -> Result<Self, Problem> {
        let mut turns = turns;
        turns.sort_by_key(|turn| turn.id);
        for turn in turns {
            let parent_fits = turn.parent.is_none_or(|parent| parent < turn.id && self.turns.contains_key(&parent));
            if self.turns.contains_key(&turn.id) || !parent_fits || turn.chosen >= turn.choices.len() {
                return Err(Problem::failed(
                    "the conversation cannot be read",
                    format!("its turn {} does not fit into a tree of turns", turn.id.0),
                    "the file was changed by hand or by another program; use the file as it was exported",
                ));
            }
            self.insert(turn);
        }
        self.leaf = leaf.filter(|leaf| self.turns.contains_key(leaf)).or_else(|| self.newest_end(None));
        Ok(self)
    }

    /// A turn by identity.
    pub fn turn(&self, id: TurnId) -> Option<&Turn> {
        self.turns.get(&id)
    }

    /// All turns, all branches, in the order made.
    pub fn turns(&self) -> impl ExactSizeIterator<Item = &Turn> {
        self.turns.values()
    }

    /// The turn that the active path ends with.
    pub fn leaf(&self) -> Option<TurnId> {
        self.leaf
    }

    /// The active path from the first turn to the leaf.
    pub fn path(&self) -> Vec<&Turn> {
        self.path_to(self.leaf)
    }

    /// The path from the first turn to `end`.
    pub fn path_to(&self, end: Option<TurnId>) -> Vec<&Turn> {
        let mut path = Vec::new();
        let mut at = end;
        while let Some(turn) = at.and_then(|id| self.turns.get(&id)) {
            path.push(turn);
            at = turn.parent;
        }
        path.reverse();
        path
    }

    /// The turn being written on the active path.
    pub fn streaming(&self) -> Option<TurnId> {
        self.leaf.filter(|leaf| self.turns.get(leaf).is_some_and(|turn| turn.end == TurnEnd::Streaming))
    }

    /// Adds what the person says after the leaf. The first prompt gives the title.
    pub fn add_user(&mut self, text: &str, now: f64) -> TurnId {
        if self.title.is_empty() {
            self.title = title_from(text);
        }
        let parent = self.leaf;
        self.add(plain_turn(Role::User, parent, text), now)
    }

    /// Says something else in place of a user turn: a sibling of it becomes the leaf. `None` for any other turn.
    pub fn edit_user(&mut self, id: TurnId, text: &str, now: f64) -> Option<TurnId> {
        let old = self.turns.get(&id).filter(|turn| turn.role == Role::User)?;
        let turn = plain_turn(Role::User, old.parent, text);
        Some(self.add(turn, now))
    }

    /// Puts images beside what a user turn says; the first of a conversation without words gives the title.
    pub fn attach(&mut self, id: TurnId, images: Vec<Image>) {
        let Some(turn) = self.turns.get_mut(&id).filter(|turn| turn.role == Role::User) else { return };
        if let (true, Some(first)) = (self.title.is_empty(), images.first()) {
            self.title = title_from(&first.name);
        }
        if let Some(choice) = turn.choices.first_mut() {
            choice.images = images;
        }
    }

    /// Adds the result of a tool call after the leaf. The call it answers is kept as the turn's only tool call.
    pub fn add_tool_result(&mut self, call: &ToolCall, result: &str, now: f64) -> TurnId {
        let mut turn = plain_turn(Role::Tool, self.leaf, result);
        if let Some(choice) = turn.choices.first_mut() {
            choice.tool_calls.push(call.clone());
        }
        self.add(turn, now)
    }

    /// Begins an answer after the leaf. `None` when there is nothing to answer, or an answer is being written.
    pub fn begin_answer(&mut self, settings: Settings, model: &str, now: f64) -> Option<TurnId> {
        let leaf = self.leaf?;
        if self.streaming().is_some() {
            return None;
        }
        Some(self.add_answer(Some(leaf), settings, model, now))
    }

    /// Begins another answer in place of an assistant turn. `None` for any other turn.
    pub fn regenerate(&mut self, id: TurnId, settings: Settings, model: &str, now: f64) -> Option<TurnId> {
        let parent = self.turns.get(&id).filter(|turn| turn.role == Role::Assistant)?.parent;
        Some(self.add_answer(parent, settings, model, now))
    }

    /// Puts an event of the stream into the turn being written; a turn that has ended stays as it is.
    pub fn apply(&mut self, id: TurnId, event: &StreamEvent) {
        if let Some(turn) = self.turns.get_mut(&id) {
            fold::apply(turn, event);
        }
    }

    /// Gives a turn its times; the token counts that the stream brought stay where `figures` has none.
    pub fn set_figures(&mut self, id: TurnId, figures: TurnFigures) {
        if let Some(turn) = self.turns.get_mut(&id) {
            let (usage, image_tokens) = (turn.figures.usage, turn.figures.image_tokens);
            let usage = figures.usage.or(usage);
            turn.figures = TurnFigures { usage, image_tokens: figures.image_tokens.or(image_tokens), ..figures };
        }
    }

    /// Ends a turn that the person stopped; what came is kept.
    pub fn cancel(&mut self, id: TurnId) {
        self.end(id, TurnEnd::Cancelled);
    }

    /// Ends a turn that was cut off; what came is kept.
    pub fn fail(&mut self, id: TurnId, why: &str) {
        self.end(id, TurnEnd::Failed { why: text::clean_line(why) });
    }

    /// Place of a turn among the alternatives with the same parent.
    pub fn position(&self, id: TurnId) -> Option<BranchPosition> {
        let siblings = self.siblings(id)?;
        let index = siblings.iter().position(|sibling| *sibling == id)?;
        Some(BranchPosition { index, count: siblings.len() })
    }

    /// Goes over to an alternative of a turn, and there to the newest end. False when there is none on that side.
    pub fn switch(&mut self, id: TurnId, to: Neighbour) -> bool {
        let sibling = self.siblings(id).and_then(|siblings| {
            let at = siblings.iter().position(|sibling| *sibling == id)?;
            let at = match to {
                Neighbour::Previous => at.checked_sub(1)?,
                Neighbour::Next => at + 1,
            };
            siblings.get(at).copied()
        });
        let Some(sibling) = sibling else { return false };
        self.go_to(sibling)
    }

    /// Makes the path through `id` active, on to the newest end below it. False when there is no such turn.
    pub fn go_to(&mut self, id: TurnId) -> bool {
        let known = self.turns.contains_key(&id);
        if known {
            self.leaf = self.newest_end(Some(id));
        }
        known
    }

    /// Makes one of the answers of a turn the one to go on with. False when it has no such answer.
    pub fn choose(&mut self, id: TurnId, choice: usize) -> bool {
        let turn = self.turns.get_mut(&id).filter(|turn| choice < turn.choices.len());
        turn.map(|turn| turn.chosen = choice).is_some()
    }

    /// Token counts of the assistant turns of the whole tree.
    pub fn tally(&self) -> Tally {
        let answers = self.turns.values().filter(|turn| turn.role == Role::Assistant);
        answers.fold(Tally::default(), |mut tally, turn| {
            match turn.figures.usage {
                Some(usage) => add_usage(&mut tally.usage, usage),
                None => tally.uncounted += 1,
            }
            tally
        })
    }

    fn siblings(&self, id: TurnId) -> Option<&Vec<TurnId>> {
        self.children.get(&self.turns.get(&id)?.parent)
    }

    fn add_answer(&mut self, parent: Option<TurnId>, settings: Settings, model: &str, now: f64) -> TurnId {
        let turn = Turn {
            end: TurnEnd::Streaming,
            settings: Some(settings),
            model: Some(model.to_owned()),
            ..plain_turn(Role::Assistant, parent, "")
        };
        self.model = Some(model.to_owned());
        self.add(turn, now)
    }

    /// Gives a turn its identity (microseconds since the epoch, so that two decks on one conversation do not meet) and
    /// makes it the leaf.
    fn add(&mut self, turn: Turn, now: f64) -> TurnId {
        let after_last = self.turns.last_key_value().map_or(i64::MIN, |(id, _)| id.0.saturating_add(1));
        let id = TurnId(micros(now).max(after_last));
        self.insert(Turn { id, created_at: now, ..turn });
        self.leaf = Some(id);
        self.updated_at = now;
        id
    }

    fn insert(&mut self, turn: Turn) {
        self.children.entry(turn.parent).or_default().push(turn.id);
        self.turns.insert(turn.id, turn);
    }

    fn end(&mut self, id: TurnId, end: TurnEnd) {
        if let Some(turn) = self.turns.get_mut(&id).filter(|turn| turn.end == TurnEnd::Streaming) {
            turn.end = end;
        }
    }

    fn newest_end(&self, from: Option<TurnId>) -> Option<TurnId> {
        let mut at = from;
        while let Some(child) = self.children.get(&at).and_then(|children| children.last()) {
            at = Some(*child);
        }
        at
    }
}

/// Microseconds since the epoch; exact in JSON numbers of any reader.
fn micros(now: f64) -> i64 {
    (now * 1e6) as i64
}

fn plain_turn(role: Role, parent: Option<TurnId>, text: &str) -> Turn {
    Turn {
        id: TurnId(0),
        parent,
        role,
        choices: vec![Choice { text: text.to_owned(), ..Choice::default() }],
        chosen: 0,
        end: TurnEnd::Finished { reason: String::new() },
        settings: None,
        model: None,
        figures: TurnFigures::default(),
        created_at: 0.0,
    }
}

fn add_usage(sum: &mut Usage, usage: Usage) {
    let add = |a: Option<u64>, b: Option<u64>| match (a, b) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or(0).saturating_add(b.unwrap_or(0))),
    };
    sum.prompt_tokens = sum.prompt_tokens.saturating_add(usage.prompt_tokens);
    sum.completion_tokens = sum.completion_tokens.saturating_add(usage.completion_tokens);
    sum.cached_tokens = add(sum.cached_tokens, usage.cached_tokens);
    sum.reasoning_tokens = add(sum.reasoning_tokens, usage.reasoning_tokens);
}

/// A title from the first words of a prompt.
fn title_from(prompt: &str) -> String {
    let line = prompt.lines().map(str::trim).find(|line| line.chars().any(char::is_alphanumeric)).unwrap_or("");
    let words: Vec<&str> = line.trim_start_matches(['#', '>', '*', '-', ' ']).split_whitespace().collect();
    text::fit(&text::clean_line(&words.join(" ")), TITLE_COLUMNS).into_owned()
}

#[cfg(test)]
#[path = "tree_tests.rs"]
mod tests;
