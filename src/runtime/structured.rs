//! A model asked under a constraint, watched while it answers; and what the constraint costs.

use crate::base::Problem;
use crate::lab::structured::ask::{Heard, Onward, Question, Told, refusal};
use crate::lab::structured::blanks::Blanks;
use crate::lab::structured::cost::Sample;
use crate::lab::structured::judge::judge;
use crate::lab::structured::{Constraint, Kind};
use crate::wire::live::{Client, Timed};
use crate::wire::{Endpoint, Reply, StreamEvent};
use serde_json::Value;
use std::time::Instant;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

/// The body of a question as it is sent.
pub fn body(question: &Question, endpoint: &Endpoint) -> Value {
    question.body(&endpoint.model, endpoint.dialect)
}

/// Asks; `watch` hears each piece and may stop the engine. What came before a stop or a break stays.
///
/// # Errors
/// When nothing came: the endpoint cannot be reached, or refuses; a refusal of the constraint is told as one.
pub async fn ask(
    question: &Question,
    endpoint: &Endpoint,
    client: &Client,
    mut watch: impl FnMut(Heard<'_>) -> Onward,
) -> Result<Told, Problem> {
    let cancel = CancellationToken::new();
    let sent = Instant::now();
    let mut events = match question.is_native() {
        true => client.send(endpoint, "/api/chat", body(question, endpoint), cancel.clone()),
        false => client.chat(endpoint, question.openai(endpoint.dialect), cancel.clone()),
    };
    let mut told = Told::default();
    let reply = listen(&mut events, question, sent, &mut told, &mut watch).await;
    cancel.cancel();
    told.usage = reply.usage;
    told.seconds = told.seconds.max(if told.stopped.is_some() { sent.elapsed().as_secs_f64() } else { 0.0 });
    let choice = reply.choices.into_iter().next();
    let any = choice.is_some();
    if let Some(choice) = choice {
        told.text = choice.text;
        told.reasoning = choice.reasoning;
        told.finish = choice.finish;
    }
    match reply.failed {
        Some(problem) if !any => return Err(refusal(problem, question)),
        Some(problem) => told.failed = Some(problem),
        None if reply.done || told.stopped.is_some() => {}
        None => {
            told.failed = Some(Problem::failed("the answer was cut off", "the connection was closed", "ask again"));
        }
    }
    Ok(told)
}

async fn listen(
    events: &mut Receiver<Timed>,
    question: &Question,
    sent: Instant,
    told: &mut Told,
    watch: &mut impl FnMut(Heard<'_>) -> Onward,
) -> Reply {
    let mut reply = Reply::default();
    while let Some(timed) = events.recv().await {
        let seconds = timed.at.duration_since(sent).as_secs_f64();
        told.seconds = seconds;
        let mut onward = Onward::On;
        if let StreamEvent::Delta(delta) = &timed.event
            && delta.choice == 0
        {
            if question.stream {
                told.first_token_seconds = told.first_token_seconds.or(Some(seconds));
                if !delta.content.is_empty() {
                    told.first_text_seconds = told.first_text_seconds.or(Some(seconds));
                }
            }
            told.pieces = told.pieces.saturating_add(1);
            onward = watch(Heard {
                text: &delta.content,
                reasoning: &delta.reasoning,
                tokens: reply.usage.map(|usage| usage.completion_tokens),
                pieces: told.pieces,
                seconds,
            });
        }
        reply.apply(timed.event);
        if let Onward::Stop(why) = onward {
            told.stopped = Some(why);
            break;
        }
    }
    reply
}

/// Asks the same question so often with its constraint and without, in turns so that a warm cache favours neither side; the
/// second field tells each answer as it comes. The first two answers warm the engine up and are not counted.
pub async fn cost(
    question: &Question,
    times: u32,
    endpoint: &Endpoint,
    client: &Client,
    mut each: impl FnMut(&Sample),
) -> Vec<Sample> {
    let mut out = Vec::new();
    let Some(asked) = question.constraint.as_ref().map(|request| request.asked.clone()) else { return out };
    let free = Question { constraint: None, ..question.clone() };
    for turn in 0..=times {
        for (constrained, question) in [(true, question), (false, &free)] {
            let told = ask(question, endpoint, client, |_| Onward::On).await;
            if turn > 0 {
                let sample = sample(&asked, constrained, told);
                each(&sample);
                out.push(sample);
            }
        }
    }
    out
}

fn sample(asked: &Constraint, constrained: bool, told: Result<Told, Problem>) -> Sample {
    let failed = |problem: &Problem| format!("{}: {}", problem.what, problem.why);
    let told = match told {
        Ok(told) => told,
        Err(problem) => return Sample { constrained, failure: Some(failed(&problem)), ..Sample::default() },
    };
    let json = matches!(asked.kind(), Kind::JsonMode | Kind::Schema);
    Sample {
        constrained,
        valid: judge(asked, &told).valid,
        finish: told.finish.clone(),
        first_token_seconds: told.first_token_seconds,
        seconds: told.seconds,
        tokens: told.usage.map(|usage| usage.completion_tokens),
        bytes: told.reply().len(),
        // Free prose has blanks between its words.
        blank_bytes: (json && constrained).then(|| Blanks::of(told.reply()).bytes),
        failure: told.failed.as_ref().map(failed),
    }
}
