//! State of the Tools screen.

use super::knobs::Knobs;
use super::look::Look;
use super::trial::Trial;
use crate::app::editor::Editor;
use crate::app::field::Field;
use crate::app::scores::Scores;
use crate::app::screens::chat::target::{Offer, Resolved, Target};
use crate::base::Problem;
use crate::lab::agent::definition::signature;
use crate::lab::agent::mcp::Server;
use crate::lab::agent::{Definition, Library};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The pane that has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// The tools there are.
    #[default]
    List,
    /// How an exchange is led.
    Knobs,
    /// The question being written.
    Prompt,
    /// What happened.
    Tree,
    /// The answer looked through.
    Xray,
    /// Whom to ask.
    Targets,
    /// The MCP servers that are set up.
    Servers,
    /// Scores of suites.
    Scores,
    /// A definition being written.
    Edit,
}

/// A definition being written.
#[derive(Debug, Clone)]
pub struct Edit {
    /// The tool it began with; empty for a new one.
    pub name: String,
    /// The text.
    pub editor: Editor,
    /// Why it cannot be used, as it stands; the tool where it can.
    pub read: Result<Definition, Problem>,
}

impl Edit {
    /// Begins with a text.
    pub fn with(name: &str, text: &str) -> Self {
        let mut edit = Self { name: name.to_owned(), editor: Editor::with(text), read: Err(empty()) };
        edit.check();
        edit
    }

    /// Reads what stands there now.
    pub fn check(&mut self) {
        let text = self.editor.text();
        let hint = "write {\"type\": \"function\", \"function\": {…}, \"run\": {…}}, or def name(city: str): …";
        if text.trim_start().starts_with("def ") {
            self.read = signature(&text);
            return;
        }
        let value = serde_json::from_str::<Value>(&text)
            .map_err(|error| Problem::failed("it is no JSON", error.to_string(), hint));
        self.read = value.and_then(|value| Definition::read(&value));
    }
}

fn empty() -> Problem {
    Problem::failed("nothing is written", "the text is empty", "write a definition")
}

/// What a new tool begins as.
pub const TEMPLATE: &str = r#"{
  "type": "function",
  "function": {
    "name": "my_tool",
    "description": "What it does, for the model",
    "parameters": {
      "type": "object",
      "properties": {"city": {"type": "string", "description": "A city"}},
      "required": ["city"]
    }
  },
  "run": {"kind": "canned", "answer": {"ok": true}}
}"#;

/// What became of an MCP server.
#[derive(Debug, Clone, PartialEq)]
pub enum Started {
    /// It runs and lists so many tools.
    Runs(Vec<Definition>),
    /// It did not start, in words.
    Failed(String),
}

/// Everything.
#[derive(Debug, Clone)]
pub struct State {
    /// The pane that has the keys.
    pub focus: Focus,
    /// The tools there are; `None` until they were read.
    pub library: Option<Library>,
    /// Names of the user's own.
    pub own: Vec<String>,
    /// The MCP servers that are set up.
    pub servers: Vec<Server>,
    /// The selected one.
    pub server: usize,
    /// What is known of those that were to be started: how many tools each has, or why it did not start.
    pub started: BTreeMap<String, Started>,
    /// The selected tool.
    pub selected: usize,
    /// First row of the list shown.
    pub offset: usize,
    /// Names of the tools that are offered.
    pub offered: BTreeSet<String>,
    /// How an exchange is led.
    pub knobs: Knobs,
    /// The selected setting.
    pub knob: usize,
    /// The question.
    pub prompt: Field,
    /// Whom to ask, where it was chosen.
    pub target: Option<Target>,
    /// Whom one can ask, while the list of them is open.
    pub offers: Vec<Offer>,
    /// The selected one.
    pub offer: usize,
    /// Whether and how the one to ask can be asked now.
    pub resolved: Result<Resolved, Problem>,
    /// The exchange, going on or the last one.
    pub trial: Option<Trial>,
    /// Its number.
    pub trials: u64,
    /// The selected row of the tree.
    pub row: usize,
    /// First row of the tree shown.
    pub tree_offset: usize,
    /// Whether the selection goes with what happens.
    pub follows: bool,
    /// Scores of suites.
    pub scores: Scores,
    /// The answer looked through.
    pub look: Option<Look>,
    /// A definition being written; kept when it is left.
    pub edit: Option<Edit>,
    /// Whether the world was asked for the tools.
    pub loading: bool,
}

/// What is asked at first: it wants one call of a shipped tool.
pub const QUESTION: &str = "What is the weather in Paris?";

impl Default for State {
    fn default() -> Self {
        Self {
            focus: Focus::List,
            library: None,
            own: Vec::new(),
            servers: Vec::new(),
            server: 0,
            started: BTreeMap::new(),
            selected: 0,
            offset: 0,
            offered: BTreeSet::new(),
            knobs: Knobs::default(),
            knob: 0,
            prompt: Field::with(QUESTION),
            target: None,
            offers: Vec::new(),
            offer: 0,
            resolved: Err(super::ask::nobody()),
            trial: None,
            trials: 0,
            row: 0,
            tree_offset: 0,
            follows: true,
            scores: Scores::default(),
            look: None,
            edit: None,
            loading: false,
        }
    }
}

impl State {
    /// The tools there are.
    pub fn tools(&self) -> &[Definition] {
        self.library.as_ref().map_or(&[], |library| &library.tools)
    }

    /// The selected tool.
    pub fn tool(&self) -> Option<&Definition> {
        self.tools().get(self.selected)
    }

    /// The tools that are offered, in their order.
    pub fn chosen(&self) -> Vec<Definition> {
        self.tools().iter().filter(|tool| self.offered.contains(&tool.name)).cloned().collect()
    }

    /// Whether an exchange goes on.
    pub fn busy(&self) -> bool {
        self.trial.as_ref().is_some_and(|trial| trial.end().is_none())
    }

    /// Whether a call waits for a yes where it can be seen and answered: nobody allows what is not before them.
    pub fn shows_asked(&self) -> bool {
        let seen = matches!(self.focus, Focus::List | Focus::Knobs | Focus::Tree);
        seen && self.trial.as_ref().is_some_and(|trial| trial.waits().is_some())
    }

    /// Nodes of the tree from top to bottom, by their places.
    pub fn rows(&self) -> Vec<usize> {
        self.trial.iter().flat_map(|trial| trial.trace().rows()).map(|(at, ..)| at).collect()
    }

    /// The answer that the selected row belongs to.
    pub fn turn(&self) -> Option<usize> {
        let trial = self.trial.as_ref().filter(|trial| !trial.turns.is_empty())?;
        let node = self.rows().get(self.row).copied()?;
        Some(trial.turn_of(node).unwrap_or(0))
    }
}
