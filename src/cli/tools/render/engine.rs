//! The engine's own route: it renders by its own template and counts by its own tokenizer.

use super::Answer;
use crate::base::{Problem, Reading, Secret, Unknown};
use crate::lab::template::{Conversation, Measured, cost};
use crate::wire::live::Client;
use crate::wire::raw::Prompt;
use crate::wire::{Dialect, Endpoint, base_url};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

/// An engine that was found.
pub(super) struct Engine {
    client: Client,
    endpoint: Endpoint,
    context: Option<u64>,
    runtime: Runtime,
}

impl Engine {
    /// Finds out whose server answers at a URL, and its model where none is named.
    ///
    /// # Errors
    /// When nothing answers, or it is not said which of its models is meant.
    pub(super) fn find(url: &str, model: Option<&str>) -> Result<Self, Problem> {
        let base_url = base_url(url)?;
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|error| Problem::failed("no engine can be asked", error.to_string(), "try again"))?;
        let from_env = |name: &str| std::env::var(name).ok().filter(|key| !key.is_empty());
        let key = from_env("VRAMDECK_API_KEY").or_else(|| from_env("OPENAI_API_KEY")).map(Secret::new);
        let client = Client::new();
        let found = runtime.block_on(client.detect(&base_url, key.clone()))?;
        let model = match (model, &found.models[..]) {
            (Some(model), _) => model.to_owned(),
            (None, [only]) => only.id.clone(),
            (None, many) => {
                let names: Vec<&str> = many.iter().take(12).map(|model| model.id.as_str()).collect();
                let why = format!(
                    "the engine serves {}",
                    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
                );
                return Err(Problem::usage("it is not said which model is meant", why, "name one with --model"));
            }
        };
        let context = found.context_tokens(&model);
        Ok(Self { client, endpoint: Endpoint { base_url, key, dialect: found.dialect, model }, context, runtime })
    }

    /// What it is called.
    pub(super) fn name(&self) -> String {
        format!("{} at {}", self.endpoint.dialect.title(), self.endpoint.base_url)
    }

    /// The context that it serves.
    pub(super) fn context(&self) -> Reading<u64> {
        self.context.ok_or_else(|| Unknown::because("the engine does not tell its context"))
    }

    /// How it counts, in words.
    pub(super) fn basis(&self) -> String {
        format!("counted by {} (/tokenize)", self.name())
    }

    /// Tokens of a text.
    pub(super) fn count(&self, text: &str) -> Reading<u64> {
        let counted = self.runtime.block_on(self.client.count_tokens(&self.endpoint, text));
        counted.map_err(|problem| Unknown::because(format!("{}: {}", problem.what, problem.why)))
    }

    /// The prompt that it makes of a conversation.
    ///
    /// # Errors
    /// When it has no route for that, or refuses the conversation.
    pub(super) fn prompt(&self, conversation: &Conversation) -> Result<Prompt, Problem> {
        let messages: Vec<Value> = conversation.messages.iter().map(as_request).collect();
        let tools =
            conversation.tools.as_ref().filter(|tools| !tools.is_empty()).map(|tools| Value::from(tools.clone()));
        let mut more = vec![("add_generation_prompt".to_owned(), conversation.add_generation_prompt.into())];
        if !conversation.extra.is_empty() {
            more.push(("chat_template_kwargs".to_owned(), conversation.extra.clone().into()));
        }
        if self.endpoint.dialect == Dialect::Vllm && !conversation.add_generation_prompt {
            more.push(("continue_final_message".to_owned(), false.into()));
        }
        self.runtime.block_on(self.client.prompt(&self.endpoint, &messages, tools.as_ref(), &more))
    }

    /// The prompt with its figures.
    ///
    /// # Errors
    /// As [`Self::prompt`].
    pub(super) fn answer(&self, conversation: &Conversation) -> Result<Answer, Problem> {
        let whole = self.prompt(conversation)?;
        let offered = conversation.tools.as_ref().is_some_and(|tools| !tools.is_empty());
        let bare = if offered { self.prompt(&conversation.bare()).ok() } else { None };
        let measure = |prompt: &Prompt| Measured {
            tokens: prompt.tokens.ok_or_else(|| Unknown::because("the engine does not count")),
            characters: prompt.text.chars().count() as u64,
        };
        let (measured, context) = (measure(&whole), self.context());
        Ok(Answer {
            cost: bare.as_ref().map(|bare| cost(&measured, &measure(bare), &context)),
            basis: measured.tokens.is_ok().then(|| self.basis()),
            measured,
            context,
            template: (whole.basis.to_owned(), None),
            prompt: whole.text,
            notes: Vec::new(),
        })
    }
}

/// A turn as requests hold it: arguments of calls as JSON in a text, reasoning under both of its names.
fn as_request(message: &Value) -> Value {
    let mut turn = message.clone();
    let calls = turn.get_mut("tool_calls").and_then(Value::as_array_mut);
    for call in calls.into_iter().flatten() {
        if let Some(arguments) = call.pointer_mut("/function/arguments").filter(|arguments| !arguments.is_string()) {
            *arguments = arguments.to_string().into();
        }
    }
    for (here, there) in [("reasoning", "reasoning_content"), ("reasoning_content", "reasoning")] {
        if let (Some(text), None) = (turn.get(here).cloned(), turn.get(there)) {
            turn[there] = text;
        }
    }
    turn
}
