//! The models of an Ollama server: list, show, pull, create, load, unload, delete.

use crate::app::field::Field;
use crate::base::{Bytes, Problem};

/// One model of the server.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Its tag.
    pub name: String,
    /// Bytes on disk.
    pub size: Bytes,
    /// Quantisation and parameters, as the server says.
    pub detail: String,
    /// Where it is loaded: bytes in all and bytes on the card.
    pub loaded: Option<(Bytes, Bytes)>,
}

/// How far a pull or a create has come.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// What is pulled or created.
    pub name: String,
    /// The server's own word for what it does.
    pub status: String,
    /// Bytes so far and in all, where it says.
    pub bytes: Option<(Bytes, Bytes)>,
}

/// What is being typed.
#[derive(Debug, Clone, PartialEq)]
pub enum Prompt {
    /// The tag to pull.
    Pull(Field),
    /// The GGUF file to create a model from.
    Create(Field),
}

/// State of the pane.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ollama {
    /// Address of the server the models are of.
    pub base_url: Option<String>,
    /// The models, once listed.
    pub models: Option<Vec<Model>>,
    /// Why they could not be listed.
    pub problem: Option<Problem>,
    /// The selected row.
    pub selected: usize,
    /// The pull or create under way.
    pub job: Option<Job>,
    /// What is being typed.
    pub prompt: Option<Prompt>,
    /// Facts of one model, as lines.
    pub facts: Option<(String, Vec<String>)>,
}

impl Ollama {
    /// Whether letters go into a field.
    pub fn typing(&self) -> bool {
        self.prompt.is_some()
    }

    /// The field being typed into.
    pub fn field_mut(&mut self) -> Option<&mut Field> {
        match self.prompt.as_mut()? {
            Prompt::Pull(field) | Prompt::Create(field) => Some(field),
        }
    }

    /// The selected model.
    pub fn current(&self) -> Option<&Model> {
        self.models.as_ref()?.get(self.selected)
    }

    /// Moves the selection by rows.
    pub fn step(&mut self, by: isize) {
        let last = self.models.as_ref().map_or(0, |models| models.len().saturating_sub(1));
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }
}

/// Messages about the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// Its models.
    Listed {
        /// Address of the server.
        base_url: String,
        /// The models, or why there are none to see.
        result: Result<Vec<Model>, Problem>,
    },
    /// How far a pull or create has come.
    Progress(Job),
    /// A pull, create, load, unload or delete is over: what was done.
    Done(Result<String, Problem>),
    /// Facts of a model.
    Shown {
        /// The model.
        name: String,
        /// Lines.
        lines: Vec<String>,
    },
}

/// What is asked of the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// List its models; of the run at this address, or of the usual one.
    List(Option<String>),
    /// Show one.
    Show(String, String),
    /// Pull a tag.
    Pull(String, String),
    /// Cancel the pull.
    Cancel,
    /// Create a model of this name from this GGUF file.
    Create(String, String, std::path::PathBuf),
    /// Load it.
    Load(String, String),
    /// Unload it.
    Unload(String, String),
    /// Delete it.
    Delete(String, String),
}
