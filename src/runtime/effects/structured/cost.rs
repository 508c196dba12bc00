//! What a constraint costs: the same question with and without it, by turns, so that a machine that grows warm or busy touches
//! both alike.

use super::watch::order;
use crate::app::screens::structured::Msg;
use crate::app::screens::structured::cost::{Measured, Order, rows};
use crate::base::Problem;
use crate::lab::schema::Schema;
use crate::lab::structured::Constraint;
use crate::lab::structured::blanks::Blanks;
use crate::lab::structured::conform::Matcher;
use crate::lab::structured::cost::{Sample, cost};
use crate::runtime::world::Common;
use crate::wire::live::Client;
use crate::wire::{ChatRequest, Endpoint, Reply, StreamEvent};
use std::sync::Arc;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// What an answer is held against.
enum Rule {
    Schema(Schema),
    Text(Box<Matcher>),
    Unknown,
}

impl Rule {
    fn of(asked: &Constraint) -> Self {
        if let Some(schema) = asked.schema() {
            return Schema::new(&schema).map_or(Self::Unknown, Self::Schema);
        }
        match asked.grammar().map(|grammar| Matcher::new(&grammar)) {
            Some(Ok(matcher)) => Self::Text(Box::new(matcher)),
            _ => Self::Unknown,
        }
    }

    fn holds(&self, text: &str) -> Option<bool> {
        match self {
            Self::Schema(schema) => {
                Some(serde_json::from_str(text).is_ok_and(|value| schema.faults(&value).is_empty()))
            }
            Self::Text(matcher) => {
                let mut matcher = matcher.as_ref().clone();
                matcher.push(text.as_bytes());
                Some(matcher.first_impossible().is_none() && matcher.may_end())
            }
            Self::Unknown => None,
        }
    }
}

/// Measures, and tells after each answer what is known by then.
pub(super) async fn measure(id: u64, wanted: Order, client: Client, common: Common, cancel: CancellationToken) {
    let tell = |told: Result<Measured, Problem>| {
        common.tell(super::say(Msg::Cost { generation: id, told: told.map(Box::new) }));
    };
    let (written, with, endpoint) = match order(&wanted.ask) {
        Ok(order) => order,
        Err(problem) => return tell(Err(problem)),
    };
    let constrained: Vec<&String> = written.fields.iter().map(|(name, _)| name).collect();
    let fields = with.fields.iter().filter(|(name, _)| !constrained.contains(&name)).cloned().collect();
    // The time to the first token is seen in a stream alone.
    let without = ChatRequest { fields, stream: true, ..with.clone() };
    let with = ChatRequest { stream: true, ..with };
    let asked = written.asked.clone();
    let json = asked.schema().is_some();
    let Ok(rule) = tokio::task::spawn_blocking(move || Arc::new(Rule::of(&asked))).await else { return };
    let mut samples = Vec::new();
    for _ in 0..wanted.times {
        for (constrained, request) in [(true, &with), (false, &without)] {
            let sample = tokio::select! {
                () = cancel.cancelled() => {
                    return tell(Ok(measured(&samples, true, Some("stopped before all was asked"))));
                }
                sample = one(&client, &endpoint, request.clone(), constrained, json, rule.clone()) => sample,
            };
            // A server that refuses will refuse again.
            if let Some(why) = sample.failure.clone().filter(|_| samples.is_empty()) {
                let hint = "x shows the request; the Engines screen shows the server's log";
                return tell(Err(Problem::failed("the cost is not measured", why, hint)));
            }
            samples.push(sample);
            tell(Ok(measured(&samples, false, None)));
        }
    }
    tell(Ok(measured(&samples, true, None)));
}

fn measured(samples: &[Sample], whole: bool, note: Option<&str>) -> Measured {
    let (rows, mut notes) = rows(&cost(samples));
    notes.extend(note.map(str::to_owned));
    Measured { done: u32::try_from(samples.len()).unwrap_or(u32::MAX), rows, notes, whole }
}

/// One answer.
async fn one(
    client: &Client,
    endpoint: &Endpoint,
    request: ChatRequest,
    constrained: bool,
    json: bool,
    rule: Arc<Rule>,
) -> Sample {
    let started = Instant::now();
    let mut events = client.chat(endpoint, request, CancellationToken::new());
    let (mut reply, mut first) = (Reply::default(), None);
    while let Some(timed) = events.recv().await {
        if let StreamEvent::Delta(delta) = &timed.event
            && first.is_none()
            && !(delta.content.is_empty() && delta.reasoning.is_empty())
        {
            first = Some(timed.at.saturating_duration_since(started).as_secs_f64());
        }
        reply.apply(timed.event);
    }
    let seconds = started.elapsed().as_secs_f64();
    let choice = reply.choices.into_iter().next().unwrap_or_default();
    let failure = reply.failed.map(|problem| format!("{}: {}", problem.what, problem.why));
    let text = choice.text;
    let cut = choice.finish.as_deref() == Some("length");
    let held = text.clone();
    let valid = match tokio::task::spawn_blocking(move || rule.holds(&held)).await {
        Ok(valid) if !cut => valid,
        _ => None,
    };
    Sample {
        constrained,
        valid,
        finish: choice.finish,
        first_token_seconds: first,
        seconds,
        tokens: reply.usage.map(|usage| usage.completion_tokens),
        bytes: text.len(),
        blank_bytes: json.then(|| Blanks::of(&text).bytes),
        failure,
    }
}
