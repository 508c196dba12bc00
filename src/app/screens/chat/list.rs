//! The conversations: the list, opening, renaming, deleting; the search through all of them.

use super::effect::{Effect, Write};
use super::state::{Cx, Pane, State};
use super::talk::{Scroll, Talk};
use super::target::{Target, Targets};
use crate::app::field::Field;
use crate::base::Problem;
use crate::lab::chat::{Conversation, ConversationId, TurnId};
use crate::store::{ConversationSummary, Hit, LoadedConversation};
use std::time::Duration;

/// How long to wait for another letter before searching.
const PAUSE: Duration = Duration::from_millis(150);

/// One conversation in the list.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Which.
    pub id: ConversationId,
    /// Its title.
    pub title: String,
    /// Model last used.
    pub model: Option<String>,
    /// Turns, all branches counted.
    pub turns: u64,
    /// Seconds since the Unix epoch of the last change.
    pub updated_at: f64,
}

impl From<ConversationSummary> for Entry {
    fn from(summary: ConversationSummary) -> Self {
        Self {
            id: ConversationId(summary.row.id),
            title: summary.row.title,
            model: summary.row.model,
            turns: summary.turns,
            updated_at: summary.row.updated_at,
        }
    }
}

/// A search through all conversations.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Search {
    /// What is looked for.
    pub field: Field,
    /// What was found.
    pub hits: Vec<Hit>,
    /// Why nothing could be found.
    pub problem: Option<Problem>,
    /// Index of the selected place.
    pub selected: usize,
    /// What `hits` belong to; `None` before the first answer.
    pub answered: Option<String>,
    asked: String,
    generation: u64,
    due: Option<Duration>,
}

/// All conversations.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct List {
    /// Last changed first.
    pub entries: Vec<Entry>,
    /// Index of the selected one.
    pub selected: usize,
    /// The search, while it is open.
    pub search: Option<Search>,
    /// Where to go once the conversation that is being read is there.
    goal: Option<TurnId>,
}

impl List {
    /// Takes over how a conversation is now; puts the changed one on top.
    pub fn touch(&mut self, tree: &Conversation) {
        let selected = self.entries.get(self.selected).map(|entry| entry.id);
        self.entries.retain(|entry| entry.id != tree.id);
        let entry = Entry {
            id: tree.id,
            title: tree.title.clone(),
            model: tree.model.clone(),
            turns: tree.turns().len() as u64,
            updated_at: tree.updated_at,
        };
        let at = self.entries.partition_point(|other| other.updated_at > entry.updated_at);
        self.entries.insert(at, entry);
        self.keep_selected(selected);
    }

    fn keep_selected(&mut self, id: Option<ConversationId>) {
        let at = id.and_then(|id| self.entries.iter().position(|entry| entry.id == id));
        self.selected = at.unwrap_or(self.selected).min(self.entries.len().saturating_sub(1));
    }

    /// Moves the selection, in the search where it is open.
    pub fn walk(&mut self, rows: i64) {
        let (selected, count) = match &mut self.search {
            Some(search) => (&mut search.selected, search.hits.len()),
            None => (&mut self.selected, self.entries.len()),
        };
        *selected = usize::try_from((*selected as i64).saturating_add(rows)).unwrap_or(0).min(count.saturating_sub(1));
    }

    /// When the search wants to be asked.
    pub fn due(&self) -> Option<Duration> {
        let search = self.search.as_ref()?;
        (search.field.text() != search.asked).then(|| search.due.unwrap_or(Duration::ZERO))
    }

    /// Asks when the typing has paused.
    pub(super) fn settle(&mut self, generation: &mut u64, cx: &mut Cx<'_>) {
        let Some(search) = self.search.as_mut().filter(|search| search.field.text() != search.asked) else { return };
        let due = *search.due.get_or_insert(cx.env.uptime + PAUSE);
        if cx.env.uptime < due {
            return;
        }
        *generation += 1;
        search.generation = *generation;
        search.due = None;
        search.field.text().clone_into(&mut search.asked);
        cx.wish(Effect::Search { generation: *generation, query: search.asked.clone() });
    }

    /// Takes what was found; an answer to an older question is dropped.
    pub(super) fn found(&mut self, generation: u64, result: Result<Vec<Hit>, Problem>) {
        let Some(search) = self.search.as_mut().filter(|search| search.generation == generation) else { return };
        search.answered = Some(search.asked.clone());
        search.selected = 0;
        (search.hits, search.problem) = match result {
            Ok(hits) => (hits, None),
            Err(problem) => (Vec::new(), Some(problem)),
        };
    }
}

impl State {
    /// Begins a conversation; one not begun stays in front.
    pub(super) fn new_talk(&mut self, cx: &mut Cx<'_>) {
        self.focus = Pane::Composer;
        if !self.front.begun() {
            return;
        }
        let target = self.front.target.clone().or_else(|| Targets::first(cx.shared));
        self.bring(Talk::new(target));
    }

    /// Puts a conversation in front of the one that was.
    pub(super) fn bring(&mut self, talk: Talk) {
        self.save_draft();
        self.opening = None;
        let id = talk.id();
        let old = std::mem::replace(&mut self.front, talk);
        if old.begun() {
            self.behind.insert(old.id(), old);
        }
        self.front.unread = false;
        self.storage.push(Write::Value { key: "last", value: id.0.to_string() });
        if let Some(at) = self.list.entries.iter().position(|entry| entry.id == id) {
            self.list.selected = at;
        }
    }

    /// Opens the selected conversation, or the place that was found.
    pub(super) fn open_selected(&mut self, cx: &mut Cx<'_>) {
        let goal = match &self.list.search {
            Some(search) => match search.hits.get(search.selected) {
                Some(hit) => (ConversationId(hit.conversation), Some(TurnId(hit.turn))),
                None => return,
            },
            None => match self.list.entries.get(self.list.selected) {
                Some(entry) => (entry.id, None),
                None => return,
            },
        };
        self.open(goal.0, goal.1, cx);
    }

    /// Opens a conversation, at a turn where one is given.
    pub(super) fn open(&mut self, id: ConversationId, turn: Option<TurnId>, cx: &mut Cx<'_>) {
        self.list.goal = turn;
        if self.front.id() == id {
            self.opening = None;
            self.go_to_goal();
        } else if let Some(talk) = self.behind.remove(&id) {
            self.bring(talk);
            self.go_to_goal();
        } else {
            self.opening = Some(id);
            cx.wish(Effect::Load(id));
        }
        if Self::narrow(self.width) && self.list.search.is_none() {
            self.list_wanted = None;
        }
        self.focus = if turn.is_some() { Pane::Transcript } else { Pane::Composer };
    }

    /// Shows the turn that was looked for, on its branch.
    fn go_to_goal(&mut self) {
        let Some(turn) = self.list.goal.take() else { return };
        let talk = &mut self.front;
        if talk.tree.path().iter().any(|other| other.id == turn) || talk.tree.go_to(turn) {
            talk.selected = Some(turn);
            talk.scroll = Scroll::At { turn, row: -1 };
        }
    }

    /// A conversation was read.
    pub(super) fn loaded(
        &mut self,
        id: ConversationId,
        result: Result<Option<Box<LoadedConversation>>, Problem>,
        draft: &str,
        cx: &mut Cx<'_>,
    ) {
        if self.opening != Some(id) {
            return;
        }
        self.opening = None;
        match result {
            Ok(Some(loaded)) => {
                if let Some(talk) = read(*loaded, draft, cx) {
                    self.bring(talk);
                    self.go_to_goal();
                }
            }
            Ok(None) => {
                self.list.entries.retain(|entry| entry.id != id);
                cx.problem(Problem::failed(
                    "the conversation is not there",
                    "it was deleted meanwhile",
                    "choose another one",
                ));
            }
            Err(problem) => cx.problem(problem),
        }
    }

    /// The conversation that renaming and deleting are about: the selected one in the list, else the one in front.
    pub(super) fn conversation_in_hand(&self) -> Option<(ConversationId, String)> {
        if self.focus == Pane::List && self.list.search.is_none() {
            let entry = self.list.entries.get(self.list.selected)?;
            return Some((entry.id, entry.title.clone()));
        }
        self.front.begun().then(|| (self.front.id(), self.front.tree.title.clone()))
    }

    /// Gives a conversation another title.
    pub(super) fn rename(&mut self, id: ConversationId, title: &str, cx: &mut Cx<'_>) {
        let title = crate::base::text::clean_line(title.trim());
        if title.is_empty() {
            return;
        }
        if let Some(talk) = self.talk_mut(id) {
            talk.tree.title = title;
            let (batch, tree) = (talk.tree.batch_of(&[]), talk.tree.clone());
            self.storage.push(Write::Batch(batch));
            self.list.touch(&tree);
        } else {
            cx.info("open the conversation first, then rename it");
        }
    }

    /// Deletes a conversation; an answer on its way is stopped.
    pub(super) fn delete(&mut self, id: ConversationId, cx: &mut Cx<'_>) {
        self.asks.retain(|(_, ask)| ask.stream.conversation != id);
        if let Some(stream) = self.talk(id).and_then(|talk| talk.stream.as_ref()) {
            cx.wish(Effect::Cancel(stream.id));
        }
        self.behind.remove(&id);
        if self.front.id() == id {
            let target = self.front.target.take();
            self.front = Talk::new(target);
            self.storage.push(Write::Value { key: "last", value: "0".to_owned() });
        }
        self.list.entries.retain(|entry| entry.id != id);
        self.list.keep_selected(None);
        self.storage.push(Write::Delete(id.0));
        cx.info("the conversation is deleted");
    }
}

/// A talk from what was read; problems are said.
pub(super) fn read(loaded: LoadedConversation, draft: &str, cx: &mut Cx<'_>) -> Option<Talk> {
    match Conversation::from_rows(loaded) {
        Ok((tree, trouble)) => {
            trouble.into_iter().for_each(|problem| cx.problem(problem));
            let target = tree.endpoint.clone().zip(tree.model.clone()).map(|(base_url, model)| {
                let run = cx.shared.runs.iter().find(|run| {
                    run.phase.is_live() && run.endpoint.as_ref() == Some(&base_url) && run.served_name == model
                });
                Target { run: run.map(|run| run.run.clone()), base_url, model }
            });
            Some(Talk::of(tree, target, draft))
        }
        Err(problem) => {
            cx.problem(problem);
            None
        }
    }
}
