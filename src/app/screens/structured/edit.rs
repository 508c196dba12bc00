//! The constraints there are: reading them in, writing one, deleting one.

use super::effect::{Effect, Msg};
use super::read::{self, AT_ONCE, Form, Ready};
use super::state::{Focus, State};
use crate::app::Effect as Root;
use crate::app::editor::Editor;
use crate::app::env::Env;
use crate::app::field::Field;
use crate::app::key::{Code, Key};
use crate::app::model::Shared;
use crate::app::overlay::{Confirm, Overlay};
use crate::base::Problem;
use crate::base::text::clean_line;
use crate::lab::structured::library::Entry;
use crate::lab::structured::{Constraint, Kind, Syntax};

/// A constraint being written.
#[derive(Debug, Clone)]
pub struct Edit {
    /// The constraint it began with; empty for a new one.
    pub began: String,
    /// Its name.
    pub name: Field,
    /// Whether the name is being written, and not the text.
    pub naming: bool,
    /// What is written: a kind, and of grammars the dialect.
    pub form: Form,
    /// The text.
    pub editor: Editor,
    /// The constraint, or why it cannot be used as it stands.
    pub read: Result<Ready, Problem>,
    /// Whether the text is so long that it is read only when it is saved.
    pub unread: bool,
    /// What was done to a text that was pasted.
    pub notes: Vec<String>,
    /// What it is, in a few words; kept as it was.
    pub title: String,
    /// The question that goes with it.
    pub prompt: String,
    /// Tells what was written from what stood there before.
    pub generation: u64,
    /// Whether text can be followed under it byte by byte; nothing until the world has said.
    pub followed: Option<Result<(), Problem>>,
}

/// What a new schema begins as.
const TEMPLATE: &str = r#"{
  "type": "object",
  "properties": {
    "name": {"type": "string"},
    "age": {"type": "integer", "minimum": 0}
  },
  "required": ["name", "age"],
  "additionalProperties": false
}"#;

impl Edit {
    /// Begins with a constraint.
    pub fn with(entry: &Entry) -> Self {
        let mut edit = Self::begin(&entry.name, Form::of(&entry.constraint), &read::text(&entry.constraint));
        (edit.title, edit.prompt) = (entry.title.clone(), entry.prompt.clone());
        edit
    }

    /// Begins anew.
    pub fn new() -> Self {
        Self::begin("", Form { kind: Kind::Schema, syntax: Syntax::Gbnf }, TEMPLATE)
    }

    fn begin(name: &str, form: Form, text: &str) -> Self {
        let mut edit = Self {
            began: name.to_owned(),
            name: Field::with(name),
            naming: false,
            form,
            editor: Editor::with(text),
            read: Err(Problem::usage("nothing is written", "the text is empty", form.hint())),
            unread: false,
            notes: Vec::new(),
            title: String::new(),
            prompt: String::new(),
            generation: 0,
            followed: None,
        };
        edit.check();
        edit
    }

    /// The name, as it is saved.
    pub fn called(&self) -> &str {
        self.name.text().trim()
    }

    /// Reads what stands there, unless it is too long to be read at each key.
    pub fn check(&mut self) {
        let text = self.editor.text();
        self.unread = text.len() > AT_ONCE;
        if !self.unread {
            self.read = read::read(self.form, self.called(), &text);
        }
        self.generation += 1;
        self.followed = None;
    }

    /// What the world is asked about it.
    pub fn ask(&self) -> Vec<Root> {
        match &self.read {
            Ok(ready) if !self.unread => {
                let (generation, constraint) = (self.generation, Box::new(ready.constraint.clone()));
                vec![Root::Structured(Effect::Check { generation, constraint })]
            }
            _ => Vec::new(),
        }
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) -> Vec<Root> {
        if self.naming {
            if key.code == Code::Enter {
                self.naming = false;
            } else {
                self.name.key(key);
            }
            return Vec::new();
        }
        self.editor.key(key);
        self.check();
        self.ask()
    }

    /// Takes what was pasted; an old request is rewritten.
    pub fn paste(&mut self, text: &str) -> Vec<Root> {
        if self.naming {
            self.name.insert(text);
            return Vec::new();
        }
        match read::request(text) {
            Some((form, text, notes)) => {
                (self.form, self.editor, self.notes) = (form, Editor::with(&text), notes);
            }
            None => self.editor.insert(text),
        }
        self.check();
        self.ask()
    }

    /// The next kind of constraint.
    pub fn turn(&mut self) -> Vec<Root> {
        self.form = self.form.next();
        self.check();
        self.ask()
    }

    /// Makes a schema of the example that stands there.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn infer(&mut self) -> Result<Vec<Root>, Problem> {
        let text = self.editor.text();
        let schema = read::infer(&text)?;
        self.form = Form { kind: Kind::Schema, ..self.form };
        let pretty = serde_json::to_string_pretty(&schema).unwrap_or_default();
        self.editor = Editor::with(&pretty);
        self.notes = vec!["made of the example that stood here; alt+z does not bring it back".to_owned()];
        self.check();
        Ok(self.ask())
    }
}

impl Default for Edit {
    fn default() -> Self {
        Self::new()
    }
}

/// The constraints were read.
pub(super) fn library(state: &mut State, msg: Msg, shared: &mut Shared) {
    let Msg::Library { entries, own, problems } = msg else { return };
    problems.into_iter().for_each(|problem| shared.toasts.problem(problem));
    let saved = |edit: &Edit| {
        let is = |entry: &Entry| entry.name == edit.called();
        edit.read.as_ref().is_ok_and(|ready| entries.iter().any(|e| is(e) && same(&e.constraint, &ready.constraint)))
    };
    // The text that was written stays until it is among those that were read.
    if let Some(edit) = state.edit.take() {
        if saved(&edit) {
            state.selected = entries.iter().position(|entry| entry.name == edit.called()).unwrap_or(0);
        } else {
            state.edit = Some(edit);
        }
    }
    state.selected = state.selected.min(entries.len().saturating_sub(1));
    (state.library, state.own, state.loading) = (Some(entries), own, false);
    state.read += 1;
    offer(state);
}

/// Whether two constraints ask the same, whatever a schema is called.
fn same(a: &Constraint, b: &Constraint) -> bool {
    match (a, b) {
        (Constraint::Schema { schema: a, .. }, Constraint::Schema { schema: b, .. }) => a == b,
        (a, b) => a == b,
    }
}

/// Puts the question of the selected constraint into the field, unless the person wrote one.
pub(super) fn offer(state: &mut State) {
    let Some(entry) = state.entry() else { return };
    let prompt = entry.prompt.clone();
    if (state.prompt.text().is_empty() || state.prompt.text() == state.offered) && !prompt.is_empty() {
        state.prompt = Field::with(prompt.clone());
        state.offered = prompt;
    }
}

/// Opens the selected constraint to be written, or a new one. What was begun before is taken up again.
pub(super) fn open(state: &mut State, new: bool, shared: &mut Shared, env: &Env) -> Vec<Root> {
    let entry = state.entry().filter(|_| !new);
    if entry.is_some_and(|entry| entry.constraint == Constraint::JsonMode) {
        shared.toasts.info("JSON mode has nothing to edit; n writes a schema", env.uptime);
        return Vec::new();
    }
    let began = entry.map(|entry| entry.name.clone()).unwrap_or_default();
    if state.edit.as_ref().is_none_or(|edit| edit.began != began) {
        state.edit = Some(match entry {
            Some(entry) => Edit::with(entry),
            None => Edit::new(),
        });
    }
    state.focus = Focus::Edit;
    state.edit.as_ref().map(Edit::ask).unwrap_or_default()
}

/// Keeps what was written, where it can be used.
pub(super) fn save(state: &mut State, shared: &mut Shared) -> Vec<Root> {
    let Some(edit) = &mut state.edit else { return Vec::new() };
    if edit.called().is_empty() {
        edit.naming = true;
        let (what, why) = ("it is not saved yet", "it has no name");
        shared.toasts.problem(Problem::usage(what, why, "write a name, then press ctrl+s again"));
        return Vec::new();
    }
    edit.read = read::read(edit.form, edit.called(), &edit.editor.text());
    match edit.read.clone() {
        Ok(ready) => {
            let entry = Entry {
                name: edit.called().to_owned(),
                title: edit.title.clone(),
                category: String::new(),
                prompt: edit.prompt.clone(),
                constraint: ready.constraint,
            };
            state.focus = Focus::List;
            vec![Root::Structured(Effect::Save(Box::new(entry)))]
        }
        Err(problem) => {
            shared.toasts.problem(problem);
            Vec::new()
        }
    }
}

/// Asks whether the user's own constraint is to go.
pub(super) fn delete(state: &State, shared: &mut Shared) {
    let Some(entry) = state.entry() else { return };
    if !state.own.contains(&entry.name) {
        let (what, why) = (format!("{} is not deleted", entry.name), "it comes with vramdeck");
        return shared.toasts.problem(Problem::failed(what, why, "e makes one of your own of it"));
    }
    shared.ask = Some(Overlay::Confirm(Confirm {
        question: clean_line(&format!("Delete the constraint {}?", entry.name)),
        detail: vec!["Its file is taken out of your folder of constraints.".to_owned()],
        yes: "delete".to_owned(),
        selected_yes: false,
        effects: vec![Root::Structured(Effect::Delete(entry.name.clone()))],
    }));
}
