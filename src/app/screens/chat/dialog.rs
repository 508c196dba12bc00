//! What lies on top of the Chat screen: whom to talk to, an endpoint to add, names, presets, the system prompt.

use super::effect::{Effect, Write};
use super::state::{Cx, State};
use super::target::{Added, KeyFrom, Lookup};
use crate::app::editor::Editor;
use crate::app::field::Field;
use crate::base::Problem;
use crate::lab::chat::ConversationId;
use crate::wire::{DetectedEngine, Dialect, base_url};

/// Something on top.
#[derive(Debug, Clone)]
pub enum Dialog {
    /// Whom to talk to.
    Targets {
        /// Index of the selected offer.
        selected: usize,
    },
    /// An endpoint to add.
    Endpoint(EndpointForm),
    /// A new title.
    Rename {
        /// Of which conversation.
        id: ConversationId,
        /// The title.
        field: Field,
    },
    /// A name for the settings.
    SavePreset {
        /// The name.
        field: Field,
        /// Why it cannot be used.
        wrong: Option<Problem>,
    },
    /// Presets to load or delete.
    Presets {
        /// Index of the selected one.
        selected: usize,
    },
    /// The system prompt.
    System(Box<Editor>),
    /// An image to attach.
    Attach {
        /// Its path.
        field: Field,
        /// Why it cannot be attached.
        wrong: Option<Problem>,
    },
    /// Really delete?
    Delete {
        /// Which conversation.
        id: ConversationId,
        /// Its title.
        title: String,
        /// Whether yes is selected.
        yes: bool,
    },
}

/// The fields of an endpoint to add.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EndpointForm {
    /// Its URL.
    pub url: Field,
    /// Its key, or `$NAME` of an environment variable.
    pub key: Field,
    /// Whether the key's field has the cursor.
    pub on_key: bool,
    /// The address that is being asked.
    pub asking: Option<String>,
    /// Why it cannot be added.
    pub wrong: Option<Problem>,
}

impl Dialog {
    /// Keymap contexts, innermost first.
    pub fn contexts(&self) -> Vec<&'static str> {
        match self {
            Self::Targets { .. } | Self::Presets { .. } | Self::Delete { .. } => vec!["chat.dialog"],
            Self::Endpoint(_) | Self::Rename { .. } | Self::SavePreset { .. } | Self::Attach { .. } => {
                vec!["chat.dialog.input"]
            }
            Self::System(_) => vec!["chat.system.input"],
        }
    }

    /// The text field with the cursor.
    pub fn field(&mut self) -> Option<&mut Field> {
        match self {
            Self::Endpoint(EndpointForm { url, key, on_key, .. }) => Some(if *on_key { key } else { url }),
            Self::Rename { field, .. } | Self::SavePreset { field, .. } | Self::Attach { field, .. } => Some(field),
            _ => None,
        }
    }
}

impl State {
    /// Shows whom one can talk to, and asks those who list models.
    pub(super) fn choose_target(&mut self, cx: &mut Cx<'_>) {
        let offers = self.targets.offers(cx.shared);
        let selected = offers.iter().position(|offer| offer.target.is_some() && offer.target == self.front.target);
        self.dialog = Some(Dialog::Targets { selected: selected.unwrap_or(0) });
        self.targets.wanted = None;
        for (base_url, key) in self.targets.to_ask(cx.shared) {
            self.targets.lookups.entry(base_url.clone()).or_insert(Lookup::Asking);
            cx.wish(Effect::Detect { base_url, key });
        }
    }

    /// Moves within a dialog.
    pub(super) fn dialog_walk(&mut self, rows: i64, cx: &Cx<'_>) {
        let offers = self.targets.offers(cx.shared).len();
        let presets = self.sampling.presets.len();
        let (selected, count) = match &mut self.dialog {
            Some(Dialog::Targets { selected }) => {
                if rows != 0 {
                    self.targets.wanted = None;
                }
                (selected, offers)
            }
            Some(Dialog::Presets { selected }) => (selected, presets),
            Some(Dialog::Delete { yes, .. }) => {
                *yes = rows < 0;
                return;
            }
            _ => return,
        };
        *selected = usize::try_from((*selected as i64).saturating_add(rows)).unwrap_or(0).min(count.saturating_sub(1));
    }

    /// Moves the cursor to the dialog's other field.
    pub(super) fn dialog_next_field(&mut self) {
        if let Some(Dialog::Endpoint(form)) = &mut self.dialog {
            form.on_key = !form.on_key;
        }
    }

    /// Accepts the dialog.
    pub(super) fn dialog_accept(&mut self, cx: &mut Cx<'_>) {
        match self.dialog.take() {
            Some(Dialog::Targets { selected }) => self.accept_target(selected, cx),
            Some(Dialog::Endpoint(form)) => self.accept_endpoint(form, cx),
            Some(Dialog::Rename { id, field }) => self.rename(id, field.text(), cx),
            Some(Dialog::SavePreset { field, .. }) => self.accept_preset(&field, cx),
            Some(Dialog::Presets { selected }) => self.sampling.load(selected),
            Some(Dialog::System(editor)) => self.accept_system(editor.text()),
            Some(Dialog::Attach { field, .. }) => self.accept_path(field, cx),
            Some(Dialog::Delete { id, yes: true, .. }) => self.delete(id, cx),
            Some(Dialog::Delete { .. }) | None => {}
        }
    }

    fn accept_target(&mut self, selected: usize, cx: &mut Cx<'_>) {
        let Some(offer) = self.targets.offers(cx.shared).into_iter().nth(selected) else { return };
        match offer.target {
            Some(target) => self.front.target = Some(target),
            None => {
                cx.info(format!("{}: {}", offer.place, offer.detail));
                self.targets.wanted = Some(offer.place);
                self.dialog = Some(Dialog::Targets { selected });
            }
        }
    }

    fn accept_endpoint(&mut self, mut form: EndpointForm, cx: &mut Cx<'_>) {
        match base_url(form.url.text()) {
            Ok(url) => {
                form.wrong = None;
                form.asking = Some(url.clone());
                cx.wish(Effect::Detect { base_url: url, key: KeyFrom::parse(form.key.text()) });
            }
            Err(problem) => form.wrong = Some(problem),
        }
        self.dialog = Some(Dialog::Endpoint(form));
    }

    fn accept_preset(&mut self, field: &Field, cx: &mut Cx<'_>) {
        let name = field.text().trim().to_owned();
        let checked = crate::lab::sampling::Presets::default().save(&name, self.sampling.settings.clone());
        if let Err(problem) = checked {
            self.dialog = Some(Dialog::SavePreset { field: field.clone(), wrong: Some(problem) });
            return;
        }
        self.sampling.preset = Some(name.clone());
        cx.wish(Effect::SavePreset { name, settings: self.sampling.settings.clone() });
    }

    fn accept_system(&mut self, text: String) {
        if self.front.tree.system_prompt == text {
            return;
        }
        self.front.tree.system_prompt = text;
        if self.front.begun() {
            self.storage.push(Write::Batch(self.front.tree.batch_of(&[])));
        }
    }

    /// Deletes the selected preset; those that ship with vramdeck stay.
    pub(super) fn delete_preset(&mut self, cx: &mut Cx<'_>) {
        let Some(Dialog::Presets { selected }) = self.dialog else { return };
        match self.sampling.presets.get(selected) {
            Some(preset) if preset.shipped => cx.info(format!("{} ships with vramdeck and stays", preset.name)),
            Some(preset) => cx.wish(Effect::DeletePreset(preset.name.clone())),
            None => {}
        }
    }

    /// Forgets the added endpoint that is selected.
    pub(super) fn remove_endpoint(&mut self, cx: &mut Cx<'_>) {
        let Some(Dialog::Targets { selected }) = self.dialog else { return };
        let Some(offer) = self.targets.offers(cx.shared).into_iter().nth(selected).filter(|offer| offer.added) else {
            return cx.info("only endpoints that were added by URL can be forgotten");
        };
        self.targets.added.retain(|added| added.base_url != offer.place);
        self.targets.lookups.remove(&offer.place);
        cx.wish(Effect::SaveEndpoints(self.targets.added.clone()));
        cx.info(format!("{} is forgotten", offer.place));
        self.dialog_walk(0, cx);
    }

    /// An endpoint said who it is, or could not be asked.
    pub(super) fn detected(&mut self, url: String, result: Result<DetectedEngine, Problem>, cx: &mut Cx<'_>) {
        let asked = matches!(&self.dialog, Some(Dialog::Endpoint(form)) if form.asking.as_ref() == Some(&url));
        if asked {
            self.add_endpoint(&url, &result, cx);
        }
        let lookup = match result {
            Ok(found) => {
                self.remember_dialect(&url, found.dialect, cx);
                Lookup::Found(found)
            }
            Err(problem) => Lookup::Failed(problem),
        };
        self.targets.lookups.insert(url.clone(), lookup);
        self.dialog_walk(0, cx);
        self.choose_wanted(&url, cx);
    }

    /// Chooses the one model of a place that was chosen while it was asked.
    fn choose_wanted(&mut self, url: &str, cx: &Cx<'_>) {
        if self.targets.wanted.take_if(|wanted| wanted == url).is_none() {
            return;
        }
        let mut offers = self.targets.offers(cx.shared).into_iter().filter(|offer| offer.place == url);
        if let (Some(Dialog::Targets { .. }), Some(offer), None) = (&self.dialog, offers.next(), offers.next())
            && let Some(target) = offer.target
        {
            self.front.target = Some(target);
            self.dialog = None;
        }
    }

    fn remember_dialect(&mut self, url: &str, dialect: Dialect, cx: &mut Cx<'_>) {
        let added = self.targets.added.iter_mut().find(|added| added.base_url == url && added.dialect != dialect);
        if let Some(added) = added {
            added.dialect = dialect;
            cx.wish(Effect::SaveEndpoints(self.targets.added.clone()));
        }
    }

    /// Adds the endpoint of the form once it has answered; else the form says why not.
    fn add_endpoint(&mut self, url: &str, result: &Result<DetectedEngine, Problem>, cx: &mut Cx<'_>) {
        let Some(Dialog::Endpoint(mut form)) = self.dialog.take() else { return };
        match result {
            Ok(found) => {
                let added =
                    Added { base_url: url.to_owned(), key: KeyFrom::parse(form.key.text()), dialect: found.dialect };
                self.targets.added.retain(|other| other.base_url != url);
                self.targets.added.push(added);
                cx.wish(Effect::SaveEndpoints(self.targets.added.clone()));
                self.targets.lookups.insert(url.to_owned(), Lookup::Found(found.clone()));
                let offers = self.targets.offers(cx.shared);
                let selected = offers.iter().position(|offer| offer.place == url).unwrap_or(0);
                self.dialog = Some(Dialog::Targets { selected });
            }
            Err(problem) => {
                (form.asking, form.wrong) = (None, Some(problem.clone()));
                self.dialog = Some(Dialog::Endpoint(form));
            }
        }
    }
}
