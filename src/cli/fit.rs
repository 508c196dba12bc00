//! `vramdeck fit`: does a model fit, and why.

mod batch;
pub(super) mod json;
mod more;
mod request;
pub(super) mod resolve;
pub(super) mod text;
mod words;

use super::card::{self, Card, Wish};
use super::{Context, output, wrap};
use crate::base::{Problem, Reading, Unknown};
use crate::models::Facts;
use crate::models::fit::{Ask, Engine, Fit, Needs};
use crate::models::speed::{self, Rate};
use more::More;
use request::Request;
use resolve::{Names, Resolved};
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A directory with a config.json, such a file, a GGUF file, or a name; with --config only a label.
    #[arg(required_unless_present = "batch")]
    pub model: Option<String>,
    #[command(flatten)]
    request: Request,
    /// A Hugging Face config.json.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Requests, one JSON object a line: keys as the options with underscores, and an inline `config`; - is stdin.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["model", "config"])]
    batch: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// One request answered.
pub(super) struct Answer {
    pub model: String,
    pub card: Card,
    pub facts: Facts,
    pub fit: Fit,
    /// Tokens per second of one stream at the length judged.
    pub rate: Reading<Rate>,
    pub doubts: Vec<String>,
    /// Keys that were not understood.
    pub ignored: Vec<String>,
    /// What was asked for besides.
    pub more: More,
}

/// Runs the command.
///
/// # Errors
/// When the request is wrong or the model cannot be read. A model that does not fit is an answer, not an error.
pub fn run(args: Args, context: &Context) -> Result<(), Problem> {
    if let Some(file) = &args.batch {
        return batch::run(file, context);
    }
    let model = args.model.unwrap_or_default();
    let request = Request { model: Some(model), ..args.request };
    let facts = args.config.as_deref().map(resolve::config).transpose()?;
    let answer = answer(facts, &request, &Names::new(context), context, Vec::new())?;
    if args.json { output::json(&json::answer(&answer)) } else { output::raw(&text::answer(&answer, wrap::columns())) }
}

/// Answers a request. Facts that are not given are looked up by the model's name.
fn answer(
    facts: Option<Facts>,
    request: &Request,
    names: &Names<'_>,
    context: &Context,
    ignored: Vec<String>,
) -> Result<Answer, Problem> {
    let model = request.model.clone().unwrap_or_default();
    let mut ask = request.ask()?;
    let intent = request.intent()?;
    let wish = Wish {
        gpu: request.gpu.as_deref(),
        vram_bytes: request.vram_bytes,
        free_bytes: request.free_bytes,
        reserve_bytes: request.desktop_reserve_bytes,
    };
    // Before a model is asked of the Hub.
    let card = card::card(wish, context)?;
    let facts = match facts {
        Some(facts) => facts,
        None => {
            let wanted = request.engine.is_some().then_some(ask.engine);
            let Resolved { facts, engine } = names.resolve(&model, wanted, request.quantization.as_deref())?;
            ask = request.settled(ask, wanted.unwrap_or(engine));
            facts
        }
    };
    let facts = request.apply(facts, &ask)?;
    let more = More::of(&facts, &ask, card.room, intent, request);
    let ignored = ignored.into_iter().chain(request.passed_over(ask.engine)).collect();
    let mut answer = Answer { ignored, more, ..judge(model, facts, &ask, card)? };
    answer.doubts.extend(request.doubt(ask.engine));
    Ok(answer)
}

/// The judgement itself.
///
/// # Errors
/// When flags contradict each other, or the model has nothing to compute with.
pub(super) fn judge(model: String, facts: Facts, ask: &Ask, card: Card) -> Result<Answer, Problem> {
    let needs = Needs::of(&facts, ask, card.room.total)?;
    let doubts = match ask.engine {
        Engine::Vllm => needs.doubts().to_vec(),
        Engine::LlamaCpp | Engine::Ollama => facts.geometry.doubts.iter().map(|doubt| doubt.what.clone()).collect(),
    };
    let fit = needs.explain(card.room);
    let rate = rate(&facts, ask, &fit, &card);
    Ok(Answer { model, card, facts, fit, rate, doubts, ignored: Vec::new(), more: More::default() })
}

/// The decode rate, where it starts; of layers left in RAM where the engine splits.
fn rate(facts: &Facts, ask: &Ask, fit: &Fit, card: &Card) -> Reading<Rate> {
    let context = fit.max_model_len.min(TYPICAL);
    let facts = speed::as_loaded(facts, ask);
    match fit.offload {
        Some((on, all)) if on < all && ask.engine != Engine::Vllm => {
            speed::offloaded(&facts, ask.engine, &card.spec, on, all, None)
        }
        _ if !fit.verdict.starts() => Err(Unknown::because("it does not start")),
        _ if ask.flags.cards() > 1 => {
            Err(Unknown::because(format!("no recorded rate speaks for {} cards together", ask.flags.cards())))
        }
        _ => speed::decode(&facts, ask.engine, &card.spec, context),
    }
}

/// Tokens of context that a rate is told for, when the length allows more.
const TYPICAL: u64 = 2048;
