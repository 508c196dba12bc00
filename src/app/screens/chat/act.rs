//! What the actions, the keys and the messages of the Chat screen do.

use super::action::Action;
use super::dialog::{Dialog, EndpointForm};
use super::effect::{Msg, Started};
use super::list::{Search, read};
use super::state::{Cx, Pane, State};
use super::talk::Scroll;
use super::target::Target;
use crate::app::field::Field;
use crate::app::key::Key;
use crate::app::seen::Pane as Scrolling;
use crate::engines::RunId;
use crate::lab::chat::Neighbour::{Next, Previous};
use crate::lab::chat::image::pasted_path;

impl State {
    /// Carries out an action.
    pub(super) fn act(&mut self, action: Action, cx: &mut Cx<'_>) {
        use Action as A;
        match action {
            A::Up | A::Down | A::PageUp | A::PageDown | A::Top | A::Bottom => self.walk(action, cx),
            A::Accept if self.dialog.is_some() => self.dialog_accept(cx),
            A::Accept => self.sampling.accept(self.dialect(cx.shared)),
            A::Dismiss => self.dismiss(),
            A::Less | A::More | A::MuchLess | A::MuchMore | A::Unset | A::EditValue => self.slide(action, cx),
            A::PresetLoad => self.dialog = Some(Dialog::Presets { selected: 0 }),
            A::PresetSave => {
                let name = self.sampling.preset.clone().unwrap_or_default();
                self.dialog = Some(Dialog::SavePreset { field: Field::with(name), wrong: None });
            }
            A::PresetDelete => self.delete_preset(cx),
            A::Target => self.choose_target(cx),
            A::EndpointAdd => self.dialog = Some(Dialog::Endpoint(EndpointForm::default())),
            A::EndpointRemove => self.remove_endpoint(cx),
            A::System => {
                let editor = crate::app::editor::Editor::with(&self.front.tree.system_prompt);
                self.dialog = Some(Dialog::System(Box::new(editor)));
            }
            A::Attach => self.dialog = Some(Dialog::Attach { field: Field::default(), wrong: None }),
            A::Rename => {
                if let Some((id, title)) = self.conversation_in_hand() {
                    self.dialog = Some(Dialog::Rename { id, field: Field::with(title) });
                }
            }
            A::Delete => {
                if let Some((id, title)) = self.conversation_in_hand() {
                    self.dialog = Some(Dialog::Delete { id, title, yes: false });
                }
            }
            A::List => self.toggle(Pane::List, cx),
            A::Sampling => self.toggle(Pane::Sampling, cx),
            A::Search => {
                self.list.search = Some(Search::default());
                self.focus = Pane::List;
            }
            _ => self.converse(action, cx),
        }
    }

    /// Actions on the conversation in front.
    fn converse(&mut self, action: Action, cx: &mut Cx<'_>) {
        use Action as A;
        match action {
            A::Send => self.send(cx),
            A::Newline => self.newline(),
            A::Compose => self.focus = Pane::Composer,
            A::Back => self.back(cx),
            A::Cancel => self.cancel(cx),
            A::Retry => self.retry(cx),
            A::TurnPrevious | A::TurnNext => {
                self.front.select(action == A::TurnNext);
                self.focus = Pane::Transcript;
            }
            A::Edit => self.edit(),
            A::BranchPrevious => self.branch(None, Previous),
            A::BranchNext => self.branch(None, Next),
            A::ChoicePrevious => self.choose(None, Previous),
            A::ChoiceNext => self.choose(None, Next),
            A::Fold => self.fold(None),
            A::CopyTurn => self.copy_turn(cx),
            A::CopyCode => self.copy_code(cx),
            A::CopyCurl => self.copy_curl(cx),
            A::ExportMarkdown => self.export(true, cx),
            A::ExportJson => self.export(false, cx),
            A::New => self.new_talk(cx),
            A::Open => self.open_selected(cx),
            A::HistoryPrevious => self.front.composer.previous(&self.history),
            A::HistoryNext => self.front.composer.next(&self.history),
            A::QueueEdit => self.unqueue(false),
            A::QueueDrop => self.unqueue(true),
            _ => {}
        }
    }

    fn newline(&mut self) {
        match &mut self.dialog {
            Some(Dialog::System(editor)) => editor.newline(),
            _ => {
                self.front.composer.editor.newline();
                self.front.composer.unsaved = true;
            }
        }
    }

    /// Moves within what has the focus.
    fn walk(&mut self, action: Action, cx: &mut Cx<'_>) {
        use Action as A;
        const FAR: i64 = 1 << 40;
        let pane = match self.focus {
            _ if self.dialog.is_some() => Scrolling::Overlay,
            Pane::List => Scrolling::ChatList,
            Pane::Sampling => Scrolling::ChatSampling,
            Pane::Transcript | Pane::Composer => Scrolling::ChatTranscript,
        };
        let rows = match action {
            A::Up => -1,
            A::Down => 1,
            A::PageUp => -cx.page(pane),
            A::PageDown => cx.page(pane),
            A::Top => -FAR,
            _ => FAR,
        };
        match pane {
            Scrolling::Overlay => self.dialog_walk(rows, cx),
            Scrolling::ChatList => self.list.walk(rows),
            Scrolling::ChatSampling => {
                if self.sampling.editing.is_some() {
                    self.sampling.accept(self.dialect(cx.shared));
                }
                self.sampling.walk(rows as isize);
            }
            _ if rows == -FAR => self.front.scroll_to_top(),
            _ if rows == FAR => (self.front.scroll, self.front.selected) = (Scroll::Follow, None),
            _ => self.front.scroll_by(rows, cx.ground()),
        }
    }

    fn slide(&mut self, action: Action, cx: &mut Cx<'_>) {
        use Action as A;
        let dialect = self.dialect(cx.shared);
        if action != A::Unset
            && let Some(why) = self.probed_off(self.sampling.param(), cx.shared)
        {
            return cx.shared.toasts.info(why, cx.env.uptime);
        }
        match action {
            A::Less => self.sampling.nudge(-1, dialect),
            A::More => self.sampling.nudge(1, dialect),
            A::MuchLess => self.sampling.nudge(-10, dialect),
            A::MuchMore => self.sampling.nudge(10, dialect),
            A::Unset => self.sampling.set(self.sampling.param(), None),
            _ => self.sampling.edit(dialect),
        }
    }

    /// Shows a side pane and goes there; from there, hides it.
    fn toggle(&mut self, pane: Pane, cx: &Cx<'_>) {
        let width = cx.shared.size.0;
        let shown = if pane == Pane::List { self.shows_list(width) } else { self.shows_sampling(width) };
        let hide = shown && self.focus == pane;
        let other = if pane == Pane::List {
            self.list_wanted = Some(!hide);
            self.list.search = None;
            &mut self.sampling_wanted
        } else {
            self.sampling_wanted = Some(!hide);
            &mut self.list_wanted
        };
        if !hide && Self::narrow(width) {
            *other = None;
        }
        self.focus = if hide { Pane::Composer } else { pane };
    }

    /// Escape: out of a side pane to the composer, out of the composer to the transcript, there to its end.
    fn back(&mut self, cx: &mut Cx<'_>) {
        match self.focus {
            Pane::List | Pane::Sampling => {
                if Self::narrow(self.width) {
                    let wanted =
                        if self.focus == Pane::List { &mut self.list_wanted } else { &mut self.sampling_wanted };
                    *wanted = None;
                }
                self.focus = Pane::Composer;
            }
            Pane::Composer => {
                if !self.give_up_edit() {
                    self.focus = Pane::Transcript;
                }
            }
            Pane::Transcript if self.front.scroll == Scroll::Follow && self.front.selected.is_none() => {
                cx.shared.toasts.dismiss_newest();
            }
            Pane::Transcript => (self.front.scroll, self.front.selected) = (Scroll::Follow, None),
        }
    }

    fn dismiss(&mut self) {
        if self.dialog.take().is_some() {
            return;
        }
        if self.sampling.editing.is_some() {
            self.sampling.give_up();
        } else if self.list.search.take().is_some() {
            self.focus = Pane::Composer;
        }
    }

    /// Moves the focus to the next or previous pane that is shown.
    pub(super) fn next_focus(&mut self, forward: bool) {
        if self.dialog.is_some() {
            return self.dialog_next_field();
        }
        let panes: Vec<Pane> = [Pane::List, Pane::Transcript, Pane::Composer, Pane::Sampling]
            .into_iter()
            .filter(|pane| match pane {
                Pane::List => self.shows_list(self.width),
                Pane::Sampling => self.shows_sampling(self.width),
                _ => true,
            })
            .collect();
        let at = panes.iter().position(|pane| *pane == self.focus).unwrap_or(0);
        let next = if forward { at + 1 } else { at + panes.len() - 1 };
        self.focus = panes[next % panes.len()];
    }

    /// A key for the text field that has the focus.
    pub(super) fn type_key(&mut self, key: Key) {
        match (&mut self.dialog, self.focus) {
            (Some(Dialog::System(editor)), _) => {
                editor.key(key);
            }
            (Some(dialog), _) => {
                if let Some(field) = dialog.field() {
                    field.key(key);
                }
            }
            (None, Pane::Composer) => {
                self.front.composer.key(key);
            }
            (None, Pane::List) => {
                if let Some(search) = &mut self.list.search {
                    search.field.key(key);
                }
            }
            (None, Pane::Sampling) => self.type_value(key),
            (None, Pane::Transcript) => {}
        }
    }

    /// A digit begins a value by itself.
    fn type_value(&mut self, key: Key) {
        if self.sampling.editing.is_none() && key.typed().is_some_and(|c| c.is_ascii_digit() || "-.\"".contains(c)) {
            self.sampling.editing = Some(Field::default());
        }
        if let Some(field) = &mut self.sampling.editing {
            field.key(key);
            self.sampling.wrong = None;
        }
    }

    /// Pasted text goes into the field that has the focus; from the transcript, into the composer.
    pub(super) fn paste(&mut self, text: &str, cx: &mut Cx<'_>) {
        match (&mut self.dialog, self.focus) {
            (Some(Dialog::System(editor)), _) => editor.insert(text),
            (Some(dialog), _) => {
                if let Some(field) = dialog.field() {
                    field.insert(text.trim());
                }
            }
            (None, Pane::List) => {
                if let Some(search) = &mut self.list.search {
                    search.field.insert(text.trim());
                }
            }
            (None, Pane::Sampling) => {
                if let Some(field) = &mut self.sampling.editing {
                    field.insert(text);
                }
            }
            (None, Pane::Composer | Pane::Transcript) => {
                self.focus = Pane::Composer;
                match pasted_path(text) {
                    Some(path) => self.take_image(path, true, cx),
                    None => self.front.composer.paste(text),
                }
            }
        }
    }

    /// Takes a message in.
    pub(super) fn receive(&mut self, msg: Msg, cx: &mut Cx<'_>) {
        match msg {
            Msg::Started(started) => self.take_start(*started, cx),
            Msg::Loaded { conversation, result, draft } => self.loaded(conversation, result, &draft, cx),
            Msg::Written { ticket, result } => self.written(ticket, result, cx),
            Msg::SearchFound { generation, result } => self.list.found(generation, result),
            Msg::Streamed { stream, events, over } => self.streamed(stream, &events, over, cx),
            Msg::Detected { base_url, result } => self.detected(base_url, result, cx),
            Msg::Presets(Ok(presets)) => {
                self.sampling.presets = presets;
                self.dialog_walk(0, cx);
            }
            Msg::Attached { asked, result } => self.attached(*asked, result, cx),
            Msg::Previewed { file, thumb } => {
                self.previews.insert(file, thumb);
            }
            Msg::ImageTokens { conversation, turn, tokens } => self.counted_images(conversation, turn, tokens),
            Msg::Exported(Ok(path)) => cx.info(format!("written to {}", path.display())),
            Msg::Presets(Err(problem)) | Msg::Exported(Err(problem)) => cx.problem(problem),
        }
    }

    /// What was read at start. What the person did meanwhile is kept.
    fn take_start(&mut self, started: Started, cx: &mut Cx<'_>) {
        started.problems.into_iter().for_each(|problem| cx.problem(problem));
        self.list.entries = started.conversations.into_iter().map(Into::into).collect();
        self.history = started.inputs;
        self.targets.added = started.endpoints;
        self.sampling.presets = started.presets;
        if let Some(settings) = started.sampling.and_then(|text| serde_json::from_str(&text).ok())
            && self.sampling.settings.0.is_empty()
        {
            self.sampling.settings = settings;
            self.sampling.unsaved = false;
        }
        for added in &self.targets.added {
            cx.wish(super::Effect::Detect { base_url: added.base_url.clone(), key: added.key.clone() });
        }
        if self.front.begun() || !self.front.composer.is_blank() {
            return;
        }
        match started.last {
            Some(loaded) => {
                if let Some(talk) = read(loaded, &started.draft, cx) {
                    self.front = talk;
                }
            }
            None => self.front.composer = super::composer::Composer::with(&started.draft),
        }
    }

    /// Makes a run the target of the conversation in front when that is not begun, else of a new one.
    pub(super) fn talk_to(&mut self, run: &RunId, cx: &mut Cx<'_>) {
        self.focus = Pane::Composer;
        let Some(state) = cx.shared.runs.iter().find(|state| state.run == *run) else { return };
        let target = Target {
            run: Some(run.clone()),
            base_url: state.endpoint.clone().unwrap_or_default(),
            model: state.served_name.clone(),
        };
        if self.front.target.as_ref() != Some(&target) {
            self.new_talk(cx);
        }
        self.front.target = Some(target);
    }
}
