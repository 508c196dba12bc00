//! One question of a probe, asked of an endpoint.

use crate::base::Problem;
use crate::lab::probes::{Answer, Ask, Call, Choice, Said};
use crate::wire::live::Client;
use crate::wire::{ChatRequest, Endpoint, Reply, StreamEvent};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Whom to ask, and how long an answer is waited for.
#[derive(Debug, Clone)]
pub struct Target {
    /// The client.
    pub client: Client,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The longest one answer may take.
    pub patience: Duration,
}

impl Target {
    /// Asks; every failure is an answer too. Beside it the problem, where there was one.
    pub(super) async fn ask(&self, ask: Ask) -> (Answer, Option<Problem>) {
        let patience = self.patience;
        let asked = tokio::time::timeout(patience, self.asked(ask)).await.unwrap_or_else(|_| {
            let why = format!("no end within {} s", patience.as_secs());
            Err(Problem::failed("the answer takes too long", why, "allow more time with --timeout"))
        });
        match asked {
            Ok(answer) => (answer, None),
            Err(problem) => (unanswered(&problem), Some(problem)),
        }
    }

    async fn asked(&self, ask: Ask) -> Result<Answer, Problem> {
        let pairs = |fields: Map<String, Value>| fields.into_iter().collect::<Vec<_>>();
        match ask {
            Ask::Chat { messages, fields, stream } => {
                self.chat(ChatRequest { messages, fields: pairs(fields), stream }).await.map(Answer::Said)
            }
            Ask::Count { messages, fields } => {
                let prompt = self.client.prompt(&self.endpoint, &messages, None, &pairs(fields)).await?;
                prompt.tokens.map(Answer::Count).ok_or_else(|| uncounted(&self.endpoint))
            }
            Ask::Ids(text) => self.client.token_ids(&self.endpoint, &text).await.map(Answer::Ids),
        }
    }

    async fn chat(&self, request: ChatRequest) -> Result<Said, Problem> {
        let streamed = request.stream;
        let mut events = self.client.chat(&self.endpoint, request, CancellationToken::new());
        let (mut reply, mut pieces) = (Reply::default(), BTreeMap::<u32, u32>::new());
        while let Some(timed) = events.recv().await {
            if let StreamEvent::Delta(delta) = &timed.event
                && streamed
            {
                // Pieces of calls of the first choice, by the call's index.
                for piece in delta.tool_calls.iter().filter(|piece| delta.choice == 0 && !piece.arguments.is_empty()) {
                    *pieces.entry(piece.index).or_default() += 1;
                }
            }
            reply.apply(timed.event);
        }
        match reply.failed.take() {
            Some(problem) => Err(problem),
            None if !reply.done || reply.choices.is_empty() => {
                Err(Problem::failed("there is no answer", "the server ended without one", "ask again"))
            }
            None => Ok(said(reply, &pieces)),
        }
    }
}

fn said(reply: Reply, pieces: &BTreeMap<u32, u32>) -> Said {
    let choices = reply.choices.into_iter().map(|choice| Choice {
        calls: choice
            .tool_calls
            .into_iter()
            .map(|call| Call {
                pieces: pieces.get(&call.index).copied().unwrap_or(0),
                name: call.name,
                arguments: call.arguments,
            })
            .collect(),
        text: choice.text,
        reasoning: choice.reasoning,
        finish: choice.finish.unwrap_or_default(),
        logprobs: choice.logprobs,
    });
    Said {
        choices: choices.collect(),
        prompt_tokens: reply.usage.map(|usage| usage.prompt_tokens),
        completion_tokens: reply.usage.map(|usage| usage.completion_tokens),
    }
}

fn uncounted(endpoint: &Endpoint) -> Problem {
    Problem::failed(
        "tokens are not counted",
        format!("{} does not say", endpoint.dialect.title()),
        "ask the engine itself",
    )
}

/// Whether the engine refused what was asked, or something else went wrong.
fn unanswered(problem: &Problem) -> Answer {
    let words = &problem.why;
    let low = words.to_ascii_lowercase();
    let names_model = low.contains("model") && ["does not exist", "not found"].iter().any(|says| low.contains(says));
    let lacks = ["not support", "unsupported", "not implemented"].iter().any(|says| low.contains(says));
    match status(words) {
        Some(400 | 413 | 422) if !names_model => Answer::Refused(words.clone()),
        // Some engines say of a field or a kind of content that they lack it with an error of their own.
        Some(501) => Answer::Refused(words.clone()),
        Some(500) if lacks => Answer::Refused(words.clone()),
        _ => Answer::Failed(format!("{}: {words}", problem.what)),
    }
}

/// The status in the reason of a problem, as [`crate::wire::fault::from_answer`] writes it.
fn status(why: &str) -> Option<u16> {
    let after = why.rsplit_once("HTTP ")?.1;
    after.get(..3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_from_failures() {
        for (why, refused) in [
            ("temperature must be in [0, 2] (HTTP 400)", true),
            ("HTTP 422, no reason given", true),
            ("image input is not supported (HTTP 500)", true),
            ("the model x does not exist (HTTP 400)", false),
            ("out of memory (HTTP 500)", false),
            ("busy (HTTP 429)", false),
            ("nothing listens there", false),
            ("HTTP ", false),
        ] {
            let problem = Problem::failed("it failed", why, "");
            assert_eq!(matches!(unanswered(&problem), Answer::Refused(_)), refused, "{why}");
        }
    }
}
