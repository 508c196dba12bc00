//! The start dialog: what to launch, with every flag of the engine's version, and what would run, before anything runs.

pub mod flags;
mod item;
pub mod recipe;
mod variables;

pub use item::Item;

use crate::app::field::Field;
use crate::app::key::Key;
use crate::base::Problem;
use crate::engines::recipe::Ground;
use crate::engines::{Check, Dialect, EngineKind, FlagSetting, LaunchSpec, Request, RunState};
use flags::Flags;
use recipe::{Pick, RecipeRow};
use variables::{environment, words};

/// What would run, and what the checks said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The command, secrets masked; empty where a server runs already.
    pub argv: Vec<String>,
    /// The environment added, secrets masked.
    pub env: Vec<(String, String)>,
    /// All checks.
    pub checks: Vec<Check>,
}

/// What would be launched.
#[derive(Debug, Clone, PartialEq)]
pub enum Plan {
    /// Being worked out.
    Waiting,
    /// It can be launched.
    Ready(Box<Preview>),
    /// It cannot, and why.
    Refused(Problem),
}

/// A form as another screen fills it.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    /// Kind of server.
    pub engine: EngineKind,
    /// Dialect, where the kind is the simulated engine.
    pub dialect: Dialect,
    /// The model: a path, a hub name, a tag.
    pub model: String,
    /// Flags, in order.
    pub flags: Vec<FlagSetting>,
    /// Environment added to vramdeck's own.
    pub environment: Vec<(String, String)>,
    /// What the person should know before launching, a line each.
    pub notes: Vec<String>,
    /// The card it was worked out for, where that is another than the one at hand.
    pub ground: Option<Ground>,
}

/// The dialog.
#[derive(Debug, Clone, PartialEq)]
pub struct Dialog {
    /// Kind of server.
    pub engine: EngineKind,
    /// Kinds offered; in the demo only the simulated one.
    pub offered: Vec<EngineKind>,
    /// Dialect of the simulated engine.
    pub dialect: Dialect,
    /// Whether a person, another screen or a recipe said which engine; else the model decides.
    pub engine_is_chosen: bool,
    /// The row that has the focus.
    pub focus: Item,
    /// The model.
    pub model: Field,
    /// An endpoint's address.
    pub url: Field,
    /// An endpoint's key; drawn masked.
    pub api_key: Field,
    /// The run's name.
    pub name: Field,
    /// The port.
    pub port: Field,
    /// Program or virtual environment.
    pub program: Field,
    /// Environment.
    pub environment: Field,
    /// The flags.
    pub flags: Flags,
    /// Models that lie on this machine and match what was typed.
    pub suggestions: Vec<String>,
    /// What would run.
    pub plan: Plan,
    /// Counts changes, so that an answer to an older question is dropped.
    pub generation: u64,
    /// Whether the launch was asked for and has not been answered.
    pub launching: bool,
    /// What the screen that filled the form has to say of it; closing goes back there.
    pub filled: Option<Vec<String>>,
    /// What was noticed in a pasted command, a line each.
    pub notes: Vec<String>,
    /// What it is for, and what was composed for it.
    pub recipe: RecipeRow,
    /// Choices beside the profile, as words.
    pub with: Field,
}

impl Dialog {
    /// An empty form.
    pub fn new(offered: Vec<EngineKind>) -> Self {
        Self {
            engine: offered.first().copied().unwrap_or(EngineKind::Simulated),
            offered,
            dialect: Dialect::Vllm,
            engine_is_chosen: false,
            focus: Item::Model,
            model: Field::default(),
            url: Field::default(),
            api_key: Field::default(),
            name: Field::default(),
            port: Field::default(),
            program: Field::default(),
            environment: Field::default(),
            flags: Flags::default(),
            suggestions: Vec::new(),
            plan: Plan::Waiting,
            generation: 0,
            launching: false,
            filled: None,
            notes: Vec::new(),
            recipe: RecipeRow::default(),
            with: Field::default(),
        }
    }

    /// A form filled by another screen. A kind that is not offered here leaves the first one that is.
    pub fn filled(filled: Filled, offered: Vec<EngineKind>) -> Self {
        let mut dialog = Self::new(offered);
        if dialog.offered.contains(&filled.engine) {
            dialog.engine = filled.engine;
        }
        dialog.dialect = filled.dialect;
        dialog.engine_is_chosen = true;
        dialog.model = Field::with(filled.model);
        dialog.recipe.settle(&filled.flags, &filled.environment);
        dialog.recipe.ground = filled.ground;
        dialog.flags.settings = filled.flags;
        dialog.environment = Field::with(words(&filled.environment));
        dialog.filled = Some(filled.notes);
        dialog
    }

    /// A form filled as an earlier run was launched, but for the port, which is chosen anew.
    pub fn like(run: &RunState, offered: Vec<EngineKind>) -> Self {
        let mut dialog = Self::new(offered);
        let Some(spec) = &run.facts.asked else {
            dialog.model = Field::with(&run.model);
            return dialog;
        };
        dialog.dialect = run.dialect;
        if spec.engine == EngineKind::Endpoint {
            dialog.url = Field::with(run.endpoint.clone().unwrap_or_default());
        }
        dialog.take(spec);
        dialog
    }

    /// The rows of the form for its engine, in order.
    pub fn items(&self) -> &'static [Item] {
        use Item::{ApiKey, Dialect, Engine, Environment, Flags, Model, Name, Port, Profile, Program, Url, With};
        let composes = matches!(self.recipe.pick, Pick::Profile(_));
        match self.engine {
            EngineKind::Simulated if composes => &[Engine, Dialect, Profile, With, Model, Name, Port, Flags],
            EngineKind::Simulated => &[Engine, Dialect, Profile, Model, Name, Port, Flags],
            EngineKind::Endpoint => &[Engine, Url, ApiKey, Model, Name],
            EngineKind::LiteLlm => &[Engine, Model, Name, Port, Program, Environment, Flags],
            EngineKind::Vllm | EngineKind::LlamaCpp | EngineKind::Ollama if composes => {
                &[Engine, Profile, With, Model, Name, Port, Program, Environment, Flags]
            }
            EngineKind::Vllm | EngineKind::LlamaCpp | EngineKind::Ollama => {
                &[Engine, Profile, Model, Name, Port, Program, Environment, Flags]
            }
        }
    }

    /// Moves the focus by rows, around the ends.
    pub fn move_focus(&mut self, by: isize) {
        let items = self.items();
        let count = items.len();
        let at = items.iter().position(|item| *item == self.focus).unwrap_or(0);
        let to = (at as isize + by).rem_euclid(count as isize) as usize;
        self.focus = items[to];
    }

    /// Whether the focused row takes text.
    pub fn types(&self) -> bool {
        !matches!(self.focus, Item::Engine | Item::Dialect | Item::Profile)
    }

    /// The field of a text row; for the flags the value being edited, else the search.
    pub fn field_mut(&mut self, item: Item) -> Option<&mut Field> {
        Some(match item {
            Item::Engine | Item::Dialect | Item::Profile => return None,
            Item::With => &mut self.with,
            Item::Model => &mut self.model,
            Item::Url => &mut self.url,
            Item::ApiKey => &mut self.api_key,
            Item::Name => &mut self.name,
            Item::Port => &mut self.port,
            Item::Program => &mut self.program,
            Item::Environment => &mut self.environment,
            Item::Flags => self.flags.field_mut(),
        })
    }

    /// The field of a text row, for drawing.
    pub fn field(&self, item: Item) -> Option<&Field> {
        Some(match item {
            Item::Engine | Item::Dialect | Item::Profile => return None,
            Item::With => &self.with,
            Item::Model => &self.model,
            Item::Url => &self.url,
            Item::ApiKey => &self.api_key,
            Item::Name => &self.name,
            Item::Port => &self.port,
            Item::Program => &self.program,
            Item::Environment => &self.environment,
            Item::Flags => self.flags.field(),
        })
    }

    /// Turns a choice row to its next or previous value; tells whether the engine changed.
    pub fn turn(&mut self, forward: bool) -> bool {
        fn next<T: Copy + PartialEq>(all: &[T], now: T, forward: bool) -> T {
            let at = all.iter().position(|one| *one == now).unwrap_or(0);
            all[(at + if forward { 1 } else { all.len() - 1 }) % all.len()]
        }
        match self.focus {
            Item::Engine if !self.offered.is_empty() => self.choose_engine(next(&self.offered, self.engine, forward)),
            Item::Dialect => {
                self.engine_is_chosen = true;
                self.dialect = next(&[Dialect::Vllm, Dialect::LlamaCpp, Dialect::Ollama], self.dialect, forward);
                false
            }
            Item::Profile => {
                self.recipe.turn(forward);
                false
            }
            _ => false,
        }
    }

    /// Takes the kind of server that the typed model calls for, where nobody chose one and no flag was set for another; tells
    /// whether it is another.
    pub fn follow_model(&mut self) -> bool {
        let own = self.flags.settings.iter().any(|set| !self.recipe.set(set));
        if self.engine_is_chosen || own || self.focus != Item::Model || self.model.text().trim().is_empty() {
            return false;
        }
        let kind = EngineKind::of_model(self.model.text().trim());
        if self.engine == EngineKind::Simulated {
            self.dialect = kind.played().unwrap_or(self.dialect);
            return false;
        }
        self.offered.contains(&kind) && self.switch(kind)
    }

    /// Takes another kind of server by a person's choice; tells whether it is another.
    pub fn choose_engine(&mut self, kind: EngineKind) -> bool {
        self.engine_is_chosen = true;
        self.switch(kind)
    }

    /// Another kind has other flags.
    fn switch(&mut self, kind: EngineKind) -> bool {
        let changed = std::mem::replace(&mut self.engine, kind) != kind;
        if changed {
            self.flags = Flags::default();
            self.recipe.settle(&[], &[]);
            self.recipe.composed = None;
        }
        changed
    }

    /// A key for the focused field; tells whether it changed anything.
    pub fn key(&mut self, key: Key) -> bool {
        let focus = self.focus;
        let changed = self.field_mut(focus).is_some_and(|field| {
            let before = field.text().len();
            let text = field.text().to_owned();
            field.key(key);
            before != field.text().len() || text != field.text()
        });
        if changed && focus == Item::Flags {
            self.flags.search_changed();
        }
        changed
    }

    /// Takes the first suggestion for the model, or ends the last word of the choices.
    pub fn complete(&mut self) -> bool {
        if self.focus == Item::With {
            return self.complete_with();
        }
        match (self.focus, self.suggestions.first()) {
            (Item::Model, Some(first)) if first != self.model.text() => {
                self.model = Field::with(first);
                true
            }
            _ => false,
        }
    }

    /// What the form asks for.
    ///
    /// # Errors
    /// When a field cannot be read.
    pub fn request(&self) -> Result<Request, Problem> {
        let text = |field: &Field| Some(field.text().trim().to_owned()).filter(|text| !text.is_empty());
        let port = match text(&self.port) {
            None => None,
            Some(port) => Some(port.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(|| {
                Problem::usage(
                    format!("port {port} cannot be used"),
                    "a port is a number from 1 to 65535",
                    "leave it empty",
                )
            })?),
        };
        let spec = LaunchSpec {
            engine: self.engine,
            model: self.model.text().trim().to_owned(),
            name: text(&self.name),
            port,
            program: text(&self.program).map(Into::into),
            flags: self.flags.settings.clone(),
            env: environment(self.environment.text())?,
        };
        Ok(Request {
            spec,
            url: text(&self.url),
            key: text(&self.api_key).map(crate::base::Secret::new),
            simulated_dialect: (self.engine == EngineKind::Simulated).then_some(self.dialect),
            unchecked: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn focus_goes_round_the_rows_of_the_engine() {
        let mut dialog = Dialog::new(vec![EngineKind::Simulated]);
        let start = dialog.focus;
        for _ in dialog.items() {
            dialog.move_focus(1);
        }
        assert_eq!(dialog.focus, start);
        dialog.move_focus(-1);
        assert_eq!(dialog.focus, Item::Profile);
        assert!(!dialog.types());
    }

    #[test]
    fn a_bad_port_is_refused_with_a_reason() {
        let mut dialog = Dialog::new(vec![EngineKind::Vllm]);
        for (port, good) in [("8000", true), ("", true), ("0", false), ("99999", false), ("http", false)] {
            dialog.port = Field::with(port);
            assert_eq!(dialog.request().is_ok(), good, "{port}");
        }
    }
}
