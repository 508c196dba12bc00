//! State of the Lab's view Pooling.

use crate::app::editor::Editor;
use crate::app::field::Field;
use crate::app::screens::chat::target::{Offer, Resolved, Target};
use crate::base::{Problem, Reading};
use crate::lab::pooling::{Serves, Told};
use crate::wire::pooling::{Ask, Task};
use std::sync::Arc;
use std::time::Duration;

/// The pane that has the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Focus {
    /// What came back, and which task.
    #[default]
    Result,
    /// The query.
    Query,
    /// The texts.
    Texts,
    /// Whom to ask.
    Targets,
}

/// What is known of the one to ask.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Base URL and model.
    pub of: (String, String),
    /// Its tasks; `None` until the world has said them.
    pub serves: Option<Reading<Serves>>,
}

/// Texts at first: two that mean nearly the same, and one that does not.
const TEXTS: &str = "The cat sleeps on the sofa.\nA cat is asleep on the couch.\nInterest rates rose again in June.";
/// The query at first.
const QUERY: &str = "Where is the cat?";

/// Everything the view holds.
#[derive(Debug, Clone)]
pub struct State {
    /// The pane that has the keys.
    pub focus: Focus,
    /// What is asked.
    pub task: Task,
    /// Whether the person chose it.
    pub chosen: bool,
    /// Numbers before softmax or sigmoid.
    pub raw: bool,
    /// What texts are held against.
    pub query: Field,
    /// The texts, one a line.
    pub texts: Editor,
    /// Whom to ask, where it was chosen.
    pub target: Option<Target>,
    /// Whom one can ask, while the list of them is open.
    pub offers: Vec<Offer>,
    /// The selected one.
    pub offer: usize,
    /// Whether and how the one to ask can be asked now.
    pub resolved: Result<Resolved, Problem>,
    /// The run to ask and the model it was started with.
    pub run: Option<(String, String)>,
    /// Which tasks it serves.
    pub known: Option<Known>,
    /// Number of the last question.
    pub asked: u64,
    /// The question on its way, and when it left (uptime).
    pub flying: Option<(u64, Duration)>,
    /// The last answer, or why there is none.
    pub told: Option<Result<Arc<Told>, Problem>>,
    /// First row shown of the answer.
    pub row: usize,
    /// First column shown of a matrix.
    pub column: usize,
}

impl Default for State {
    fn default() -> Self {
        Self {
            focus: Focus::default(),
            task: Task::Embed,
            chosen: false,
            raw: false,
            query: Field::with(QUERY),
            texts: Editor::with(TEXTS),
            target: None,
            offers: Vec::new(),
            offer: 0,
            resolved: Err(nobody()),
            run: None,
            known: None,
            asked: 0,
            flying: None,
            told: None,
            row: 0,
            column: 0,
        }
    }
}

/// Nobody can be asked.
pub(super) fn nobody() -> Problem {
    Problem::usage(
        "there is nobody to ask yet",
        "no engine is ready and no endpoint was chosen",
        "start an embedding model on Engines, or add an endpoint on Chat",
    )
}

impl State {
    /// The question as it stands.
    pub fn ask(&self) -> Ask {
        let texts = self.texts.text();
        let texts = texts.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
        let query = if self.task.pairs() { self.query.text() } else { "" };
        Ask { raw: self.raw && self.task != Task::Embed, ..Ask::new(self.task, query, texts) }
    }

    /// Whether the server is known not to serve a task.
    pub fn lacks(&self, task: Task) -> bool {
        match self.known.as_ref().and_then(|known| known.serves.as_ref()) {
            Some(Ok(serves)) => !serves.tasks.contains(&task),
            _ => false,
        }
    }
}
