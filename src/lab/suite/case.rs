//! One case: what is asked, with which tools, and every answer that is right.

use super::want::Want;
use crate::lab::structured::Constraint;
use serde_json::{Value, json};

/// A tool as a request offers it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    /// By which a model calls it.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON Schema of its arguments; null where it has none.
    pub parameters: Value,
}

impl ToolSpec {
    /// The definition in OpenAI's shape, with `"strict": true` where asked for.
    pub fn to_openai(&self, strict: bool) -> Value {
        let mut function = json!({"name": self.name, "description": self.description});
        if let Some(map) = function.as_object_mut() {
            if !self.parameters.is_null() {
                map.insert("parameters".to_owned(), self.parameters.clone());
            }
            if strict {
                map.insert("strict".to_owned(), Value::Bool(true));
            }
        }
        json!({"type": "function", "function": function})
    }
}

/// What a request says about calling.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Choice {
    /// The model decides.
    #[default]
    Auto,
    /// It must call some tool.
    Required,
    /// It must call this tool.
    Named(String),
    /// It must not call.
    Never,
}

impl Choice {
    /// As `tool_choice` of a request.
    pub fn to_openai(&self) -> Value {
        match self {
            Self::Auto => json!("auto"),
            Self::Required => json!("required"),
            Self::Never => json!("none"),
            Self::Named(name) => json!({"type": "function", "function": {"name": name}}),
        }
    }
}

/// A call that is right.
#[derive(Debug, Clone, PartialEq)]
pub struct WantedCall {
    /// The tool.
    pub name: String,
    /// Its arguments: an object, or several of which one must fit.
    pub arguments: Want,
    /// What the tool answers, as text for the model.
    pub result: String,
}

impl WantedCall {
    /// Arguments that are right, optional ones left out.
    pub fn sample(&self) -> Value {
        self.arguments.sample().unwrap_or_default()
    }
}

/// What is right at one turn. Nothing in it means: an answer in text, without a call.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expect {
    /// The calls; none where it must not call.
    pub calls: Vec<WantedCall>,
    /// Whether they must come in this order.
    pub ordered: bool,
    /// What the text must hold: of each group one, compared in lower case.
    pub says: Vec<Vec<String>>,
    /// What the text must say as JSON; of a constraint that is none about JSON, as a JSON string.
    pub value: Option<Want>,
}

/// One turn: what the user says before it, if anything, and what is right.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Turn {
    /// The user's message; `None` at the first turn (its messages are the case's) and where only tools answered.
    pub user: Option<String>,
    /// What is right.
    pub expect: Expect,
}

/// One case of a suite.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Its name, unique within a suite.
    pub id: String,
    /// What it tests; results are counted by this word.
    pub category: String,
    /// Whether it belongs to the quick part.
    pub quick: bool,
    /// The messages that begin it, as a request holds them.
    pub messages: Vec<Value>,
    /// The tools it offers.
    pub tools: Vec<ToolSpec>,
    /// What it says about calling.
    pub choice: Choice,
    /// What the text must be at every turn without calls; sent with every request.
    pub constraint: Option<Constraint>,
    /// Its turns, at least one.
    pub turns: Vec<Turn>,
}

impl Case {
    /// Whether any turn wants a call.
    pub fn wants_call(&self) -> bool {
        self.turns.iter().any(|turn| !turn.expect.calls.is_empty())
    }

    /// The names that the right answers and the choice of tool need.
    pub fn needed(&self) -> Vec<&str> {
        let calls = self.turns.iter().flat_map(|turn| &turn.expect.calls).map(|call| call.name.as_str());
        let named = match &self.choice {
            Choice::Named(name) => Some(name.as_str()),
            _ => None,
        };
        calls.chain(named).collect()
    }
}
