//! The state of the Chat screen and what every part of it shares.

use super::dialog::Dialog;
use super::effect::{Ask, Effect, Write};
use super::list::List;
use super::sampling::Sampling;
use super::storage::Storage;
use super::stream::Stream;
use super::talk::{Ground, Talk};
use super::target::{Resolved, Targets};
use crate::app::env::Env;
use crate::app::model::Shared;
use crate::app::seen::{Pane as Scrolling, Target as Anything};
use crate::base::Problem;
use crate::lab::chat::{ConversationId, Thumb};
use crate::lab::sampling::{Param, Support, support};
use crate::wire::Dialect;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The panes that can have the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The conversations.
    List,
    /// The conversation.
    Transcript,
    /// The message being written.
    #[default]
    Composer,
    /// The sampling settings.
    Sampling,
}

/// From this width on the sampling settings stand beside the transcript by themselves.
const WIDE: u16 = 100;
/// From this width on the conversations do, too.
const WIDEST: u16 = 150;
/// A draft is saved this long after it was begun to be changed.
const DRAFT_AFTER: Duration = Duration::from_secs(1);
/// Clocks on screen move this often.
const CLOCK: Duration = Duration::from_millis(250);

/// State of the Chat screen.
#[derive(Debug, Clone)]
pub struct State {
    /// The pane with the focus.
    pub focus: Pane,
    /// Whether the person wants the list; by width where they did not say.
    pub list_wanted: Option<bool>,
    /// Whether the person wants the sampling settings; by width where they did not say.
    pub sampling_wanted: Option<bool>,
    /// The conversation in front.
    pub front: Talk,
    /// Other open conversations; their answers go on.
    pub behind: BTreeMap<ConversationId, Talk>,
    /// The conversation that is being read to come in front.
    pub opening: Option<ConversationId>,
    /// All conversations, and the search.
    pub list: List,
    /// Places to talk to.
    pub targets: Targets,
    /// The sampling settings.
    pub sampling: Sampling,
    /// What lies on top.
    pub dialog: Option<Dialog>,
    /// What still has to be written.
    pub storage: Storage,
    /// Messages sent, oldest first.
    pub history: Vec<String>,
    /// Images as they are drawn, by the names they are kept under; none while one is read, or cannot be.
    pub previews: BTreeMap<String, Option<Arc<Thumb>>>,
    /// Whether what is needed at start was asked for.
    pub started: bool,
    /// Requests that leave when the write of this number is done.
    pub(super) asks: Vec<(u64, Ask)>,
    /// Number of the last request or search.
    pub(super) generation: u64,
    /// Uptime of the last update.
    pub uptime: Duration,
    /// Width of the terminal at the last update.
    pub(super) width: u16,
    /// When the draft began to differ from the saved one.
    pub(super) draft_since: Option<Duration>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            focus: Pane::default(),
            list_wanted: None,
            sampling_wanted: None,
            front: Talk::new(None),
            behind: BTreeMap::new(),
            opening: None,
            list: List::default(),
            targets: Targets::default(),
            sampling: Sampling::default(),
            dialog: None,
            storage: Storage::default(),
            history: Vec::new(),
            previews: BTreeMap::new(),
            started: false,
            asks: Vec::new(),
            generation: 0,
            uptime: Duration::ZERO,
            width: 80,
            draft_since: None,
        }
    }
}

/// What an update may use and fill.
pub struct Cx<'a> {
    /// What every screen may read.
    pub shared: &'a mut Shared,
    /// The time.
    pub env: &'a Env,
    /// What is to be done.
    pub out: Vec<crate::app::Effect>,
}

impl<'a> Cx<'a> {
    /// For one update.
    pub fn new(shared: &'a mut Shared, env: &'a Env) -> Self {
        Self { shared, env, out: Vec::new() }
    }

    /// Adds a wish of this screen.
    pub fn wish(&mut self, effect: Effect) {
        self.out.push(crate::app::Effect::Chat(effect));
    }

    /// Puts text on the clipboard.
    pub fn copy(&mut self, text: impl Into<String>) {
        self.out.push(crate::app::Effect::Copy(text.into()));
    }

    /// Says that something was done.
    pub fn info(&mut self, text: impl Into<String>) {
        self.shared.toasts.info(text, self.env.uptime);
    }

    /// Says that something failed.
    pub fn problem(&mut self, problem: Problem) {
        self.shared.toasts.problem(problem);
    }

    /// Seconds since the Unix epoch.
    pub fn now(&self) -> f64 {
        self.env.unix()
    }

    /// What the last frame showed of the transcript.
    pub fn ground(&self) -> Option<Ground> {
        self.shared.seen.hits.iter().find_map(|hit| match &hit.target {
            Anything::Chat(super::Target::Transcript(ground)) => Some(*ground),
            _ => None,
        })
    }

    /// Rows of a pane that can be seen, less one, for paging.
    pub fn page(&self, pane: Scrolling) -> i64 {
        (self.shared.seen.rows(pane) as i64 - 1).max(1)
    }
}

impl State {
    /// Whether the conversations are shown on a terminal of this width.
    pub fn shows_list(&self, width: u16) -> bool {
        self.list_wanted.unwrap_or(width >= WIDEST) || self.list.search.is_some()
    }

    /// Whether the sampling settings are shown on a terminal of this width.
    pub fn shows_sampling(&self, width: u16) -> bool {
        self.sampling_wanted.unwrap_or(width >= WIDE)
    }

    /// Whether panes at the sides lie over the transcript instead of beside it.
    pub fn narrow(width: u16) -> bool {
        width < WIDE
    }

    /// The open conversation of that identity.
    pub fn talk(&self, id: ConversationId) -> Option<&Talk> {
        if self.front.id() == id { Some(&self.front) } else { self.behind.get(&id) }
    }

    /// The open conversation of that identity.
    pub fn talk_mut(&mut self, id: ConversationId) -> Option<&mut Talk> {
        if self.front.id() == id { Some(&mut self.front) } else { self.behind.get_mut(&id) }
    }

    /// Whether and how the conversation in front can be talked to.
    ///
    /// # Errors
    /// When it cannot: why, and what to do.
    pub fn resolve(&self, shared: &Shared) -> Result<Resolved, Problem> {
        self.resolve_for(&self.front, shared)
    }

    /// The same for any open conversation.
    pub(super) fn resolve_for(&self, talk: &Talk, shared: &Shared) -> Result<Resolved, Problem> {
        match &talk.target {
            Some(target) => self.targets.resolve(target, shared),
            None => Err(Problem::usage(
                "there is nobody to talk to yet",
                "no engine is ready and no endpoint was chosen",
                "start an engine on Engines, or choose or add an endpoint with Ctrl+T",
            )),
        }
    }

    /// The dialect the sliders are for: that of the target, or the plain API where there is none.
    pub fn dialect(&self, shared: &Shared) -> Dialect {
        self.resolve(shared).map_or(Dialect::OpenAi, |resolved| resolved.dialect)
    }

    /// Why a parameter is of no use with the engine and the model that are talked to, as probes found; `None` where it is, or nothing
    /// is known. What is emulated here needs no engine.
    pub fn probed_off(&self, param: Param, shared: &Shared) -> Option<String> {
        let target = self.resolve(shared).ok()?;
        let Support::Yes { .. } = support(param, target.dialect) else { return None };
        shared.probed.card(target.dialect, &target.model, &target.base_url)?.why_off(param.name())
    }

    /// Ends every update: saves what is to be saved, lets requests leave, notes time and width.
    pub(super) fn settle(&mut self, cx: &mut Cx<'_>) {
        (self.uptime, self.width) = (cx.env.uptime, cx.shared.size.0);
        if !self.started {
            self.started = true;
            cx.wish(Effect::Start);
        }
        if self.front.target.is_none() && !self.front.begun() {
            self.front.target = Targets::first(cx.shared);
        }
        if self.sampling.unsaved {
            self.sampling.unsaved = false;
            let value = serde_json::to_string(&self.sampling.settings).unwrap_or_default();
            self.storage.push(Write::Value { key: "sampling", value });
        }
        self.settle_pieces();
        self.settle_draft();
        self.settle_previews(cx);
        self.list.settle(&mut self.generation, cx);
        if let Some(effect) = self.storage.flush(self.uptime) {
            cx.wish(effect);
        }
    }

    /// Hands to the store what came of answers and has waited long enough, also when nothing more comes.
    fn settle_pieces(&mut self) {
        let now = self.uptime;
        let talks = std::iter::once(&mut self.front).chain(self.behind.values_mut());
        for talk in talks {
            let conversation = talk.tree.id.0;
            let due = |stream: &&mut Stream| stream.pieces.due(now.saturating_sub(stream.asked).as_secs_f64());
            let Some(stream) = talk.stream.as_mut().filter(due) else { continue };
            let (turn, pieces) = (stream.turn.0, stream.pieces.take());
            self.storage.push(Write::Pieces { conversation, turn, pieces });
        }
    }

    fn settle_draft(&mut self) {
        if !self.front.composer.unsaved {
            self.draft_since = None;
            return;
        }
        let since = *self.draft_since.get_or_insert(self.uptime);
        if self.uptime >= since + DRAFT_AFTER {
            self.save_draft();
        }
    }

    /// Hands the draft to the store now.
    pub(super) fn save_draft(&mut self) {
        if !std::mem::take(&mut self.front.composer.unsaved) {
            return;
        }
        self.draft_since = None;
        let conversation = self.front.id().0;
        // What is written in place of an old message is no draft: the conversation would come back half edited.
        let text = if self.front.editing.is_some() { String::new() } else { self.front.composer.text() };
        self.storage.push(Write::Draft { conversation, text });
    }

    /// What must still be written before the program ends.
    pub fn closing(&mut self) -> Vec<Effect> {
        self.save_draft();
        for talk in std::iter::once(&mut self.front).chain(self.behind.values_mut()) {
            if let Some(stream) = &mut talk.stream {
                let pieces = stream.pieces.take();
                if !pieces.is_empty() {
                    let (conversation, turn) = (talk.tree.id.0, stream.turn.0);
                    self.storage.push(Write::Pieces { conversation, turn, pieces });
                }
            }
        }
        self.storage.drain().into_iter().collect()
    }

    /// When the screen next needs a tick.
    pub(super) fn wants_tick(&self, env: &Env) -> Option<Duration> {
        let clock = self.front.busy().then(|| self.uptime.max(env.uptime.saturating_sub(CLOCK)) + CLOCK);
        [clock, self.list.due()].into_iter().flatten().min()
    }

    /// When something has to be asked of the store or handed to it, whatever screen is in front.
    pub(super) fn wants_storage(&self) -> Option<Duration> {
        let start = (!self.started).then_some(Duration::ZERO);
        let draft = self.front.composer.unsaved.then(|| self.draft_since.unwrap_or(self.uptime) + DRAFT_AFTER);
        let talks = std::iter::once(&self.front).chain(self.behind.values());
        let pieces = talks.filter_map(|talk| {
            let stream = talk.stream.as_ref()?;
            Some(stream.asked + Duration::try_from_secs_f64(stream.pieces.due_at()?).ok()?)
        });
        [start, draft, self.storage.due()].into_iter().flatten().chain(pieces).min()
    }
}
