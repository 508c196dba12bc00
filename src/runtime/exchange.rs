//! A question to a model with tools, and everything that can be learnt of its answer.

use crate::base::{Problem, Reading, Unknown};
use crate::lab::agent::{Answered, Asked};
use crate::lab::xray::{Cost, Exchange, Question, Returned, Told};
use crate::wire::live::Client;
use crate::wire::raw::{self, Pieces, Prompt, Raw};
use crate::wire::{ChatRequest, Endpoint, Reply, ReplyChoice};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How much has come is told at most this often.
const PACE: Duration = Duration::from_millis(100);

/// Asks, tells `heard` how many bytes of text and calls have come, and looks behind the answer.
///
/// # Errors
/// When no whole answer came.
pub async fn ask(
    question: Question,
    endpoint: &Endpoint,
    client: &Client,
    heard: impl FnMut(usize, usize),
) -> Result<Told, Problem> {
    let reply = answer(&question, endpoint, client, heard).await?;
    let choice = reply.choices.first().cloned().unwrap_or_default();
    let returned = returned(&reply, &choice);
    let behind = behind(&question, endpoint, client, &reply, &returned).await;
    // In prompted mode the loop reads the calls itself, so it gets the text as the model wrote it.
    let content = match &behind.raw {
        Ok(raw) if question.prompted.is_some() => raw.text.clone(),
        _ => returned.content.clone(),
    };
    let answered = Answered { content, reasoning: returned.reasoning.clone(), calls: returned.calls.clone() };
    let exchange = Exchange {
        tools: question.offered,
        prompt: behind.prompt,
        cost: behind.cost,
        raw: behind.raw,
        pieces: behind.pieces,
        returned,
        server_parser: question.server_parser,
        prompted: question.prompted,
    };
    // It is read with every format, which must not keep others waiting.
    let told = tokio::task::spawn_blocking(move || Told::new(answered, exchange)).await;
    told.map_err(|error| Problem::failed("the answer is not looked through", error.to_string(), "ask again"))
}

async fn answer(
    question: &Question,
    endpoint: &Endpoint,
    client: &Client,
    mut heard: impl FnMut(usize, usize),
) -> Result<Reply, Problem> {
    let mut fields = question.fields.clone();
    fields.extend(question.tools.clone().map(|tools| ("tools".to_owned(), tools)));
    fields.extend(raw::fields(endpoint.dialect, question.stream));
    let request = ChatRequest { messages: question.messages.clone(), fields, stream: question.stream };
    let mut events = client.chat(endpoint, request, CancellationToken::new());
    let (mut reply, mut told) = (Reply::default(), Instant::now());
    while let Some(timed) = events.recv().await {
        reply.apply(timed.event);
        if told.elapsed() >= PACE
            && let Some(choice) = reply.choices.first()
        {
            told = Instant::now();
            heard(choice.text.len() + choice.reasoning.len(), choice.tool_calls.len());
        }
    }
    match reply.failed.take() {
        Some(problem) => Err(problem),
        None if reply.done => Ok(reply),
        None => Err(Problem::failed("the answer was cut off", "the connection was closed", "ask again")),
    }
}

fn returned(reply: &Reply, choice: &ReplyChoice) -> Returned {
    let calls = choice.tool_calls.iter().map(|call| Asked {
        id: call.id.clone(),
        name: call.name.clone(),
        arguments: call.arguments.clone(),
    });
    Returned {
        content: choice.text.clone(),
        reasoning: choice.reasoning.clone(),
        calls: calls.collect(),
        finish: choice.finish.clone(),
        tokens: reply.usage.map(|usage| (usage.prompt_tokens, usage.completion_tokens)),
    }
}

/// What stood behind an answer.
struct Behind {
    prompt: Reading<Prompt>,
    cost: Reading<Cost>,
    raw: Reading<Raw>,
    pieces: Reading<Pieces>,
}

async fn behind(
    question: &Question,
    endpoint: &Endpoint,
    client: &Client,
    reply: &Reply,
    returned: &Returned,
) -> Behind {
    let raw = match raw::hidden(endpoint.dialect, question.stream) {
        Some(why) => untouched(returned).ok_or_else(|| Unknown::because(why)),
        None => client.raw_text(endpoint, reply).await.or_else(|unknown| untouched(returned).ok_or(unknown)),
    };
    let prompt = client.prompt_of(endpoint, reply).await;
    let pieces = match &raw {
        Ok(raw) => client.pieces(endpoint, reply, raw).await,
        Err(unknown) => Err(unknown.clone()),
    };
    let with = prompt.as_ref().ok().and_then(|prompt| prompt.tokens).or(returned.tokens.map(|(prompt, _)| prompt));
    let cost = cost(question, endpoint, client, with).await;
    Behind { prompt, cost, raw, pieces }
}

/// An answer from which the server took nothing: its text is what the model wrote.
fn untouched(returned: &Returned) -> Option<Raw> {
    let whole = returned.calls.is_empty() && returned.reasoning.is_empty() && !returned.content.is_empty();
    let basis = "the server's text: it took no call and no reasoning out of it";
    whole.then(|| Raw { text: returned.content.clone(), end: String::new(), basis })
}

/// Tokens of the prompt with the tools, less those without.
async fn cost(question: &Question, endpoint: &Endpoint, client: &Client, with: Option<u64>) -> Reading<Cost> {
    if question.tools.is_none() {
        let why = if question.prompted.is_some() {
            "the tools are told in the conversation"
        } else {
            "no tools were offered"
        };
        return Err(Unknown::because(why));
    }
    let with = with.ok_or(Unknown::because("the server does not count the prompt's tokens"))?;
    let unknown =
        |problem: Problem| Unknown::because(format!("the prompt without tools is not known: {}", problem.why));
    let without = client.prompt(endpoint, &question.messages, None, &[]).await.map_err(unknown)?;
    let without = without.tokens.ok_or(Unknown::because("the engine does not count the prompt without tools"))?;
    let tokens = with.saturating_sub(without);
    let share = question.context.filter(|context| *context > 0).map(|context| tokens as f64 / context as f64);
    Ok(Cost { tokens, share })
}
