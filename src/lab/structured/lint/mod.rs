//! What a back end will not do of a schema, before it is sent.

use serde_json::Value;

/// What turns a schema into the tokens a model may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Backend {
    /// xgrammar, as vLLM gates it.
    Xgrammar,
    /// guidance (llguidance), vLLM's second choice.
    Guidance,
    /// llama.cpp's converter, and so Ollama's.
    LlamaCpp,
}

/// What becomes of a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It is passed over: a reply may break it.
    Ignored,
    /// The request is refused, or goes to another back end.
    Refused,
    /// It is done otherwise than JSON Schema says.
    Differs,
}

/// One keyword that a back end will not do as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whose it is.
    pub backend: Backend,
    /// The keyword.
    pub keyword: String,
    /// JSON pointer into the schema, to the keyword.
    pub path: String,
    /// What becomes of it.
    pub effect: Effect,
    /// Why, and what that means for the reply.
    pub why: String,
}

impl Backend {
    /// All back ends, in the order shown.
    pub const ALL: [Self; 3] = [Self::Xgrammar, Self::Guidance, Self::LlamaCpp];

    /// The name in JSON and on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xgrammar => "xgrammar",
            Self::Guidance => "guidance",
            Self::LlamaCpp => "llama.cpp",
        }
    }

    /// Finds a back end by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|backend| backend.name() == name)
    }
}

impl Effect {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ignored => "ignored",
            Self::Refused => "refused",
            Self::Differs => "differs",
        }
    }
}

/// What the back ends will not do of a schema, by place and back end. Nothing is looked up outside of the schema.
pub fn lint(schema: &Value) -> Vec<Finding> {
    let _ = schema;
    Vec::new()
}
