//! A question to a model, whoever it goes to, and how its answer is to be given.

use crate::lab::agent::Definition;
use serde_json::{Value, json};

/// What a request says about calling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// The model decides.
    #[default]
    Auto,
    /// It must call.
    Required,
    /// It must not.
    Never,
}

/// How an answer is to be given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Manner {
    /// The temperature of sampling.
    pub temperature: f64,
    /// Tokens of one answer.
    pub max_tokens: u32,
    /// What is said about calling.
    pub choice: Choice,
    /// Whether several calls may come at a time.
    pub parallel: bool,
}

impl Manner {
    /// The fields of a request. Of calls only one speaks that offers tools; and only in the `first` answer of an exchange a call
    /// is forced: a model that must always call never comes to an end.
    pub fn fields(&self, tools: bool, first: bool) -> Vec<(String, Value)> {
        let choice = match self.choice {
            Choice::Required if first => Some("required"),
            Choice::Never => Some("none"),
            _ => None,
        };
        let all = [
            ("temperature", Some(json!(self.temperature))),
            ("max_tokens", Some(json!(self.max_tokens))),
            ("tool_choice", choice.filter(|_| tools).map(|choice| json!(choice))),
            ("parallel_tool_calls", (tools && !self.parallel).then_some(Value::Bool(false))),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

/// A question to a model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Question {
    /// The conversation as it is sent.
    pub messages: Vec<Value>,
    /// The request's field `tools`.
    pub tools: Option<Value>,
    /// Other fields of the request.
    pub fields: Vec<(String, Value)>,
    /// Whether it is streamed.
    pub stream: bool,
    /// The tools that are offered, in whatever way.
    pub offered: Vec<Definition>,
    /// The format that the model was told to write, where its calls are read here.
    pub prompted: Option<String>,
    /// The parser that the server was told to use, where known.
    pub server_parser: Option<String>,
    /// Tokens of context, where known.
    pub context: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_calls_a_request_speaks_only_where_tools_are_offered() {
        let names = |manner: Manner, tools, first| {
            let fields = manner.fields(tools, first).into_iter().skip(2);
            fields.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        };
        let manner = |choice, parallel| Manner { temperature: 0.5, max_tokens: 9, choice, parallel };
        for (choice, parallel, tools, first, want) in [
            (Choice::Required, false, false, true, ""),
            (Choice::Required, false, true, true, "tool_choice=\"required\" parallel_tool_calls=false"),
            (Choice::Required, true, true, false, ""),
            (Choice::Never, true, true, false, "tool_choice=\"none\""),
            (Choice::Auto, true, true, true, ""),
        ] {
            assert_eq!(names(manner(choice, parallel), tools, first), want);
        }
        assert_eq!(
            manner(Choice::Auto, true).fields(true, true)[..2],
            [("temperature".to_owned(), json!(0.5)), ("max_tokens".to_owned(), json!(9)),]
        );
    }
}
