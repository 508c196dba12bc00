//! `vramdeck fit`: does a model fit, and why.

mod alone;
mod batch;
pub(super) mod json;
mod more;
mod request;
pub(super) mod resolve;
pub(super) mod text;
pub(super) mod words;

use super::card::{self, Card, Wish};
use super::{Context, output, wrap};
use crate::base::text::clean_line;
use crate::base::{Problem, Reading, Unknown};
use crate::models::Facts;
use crate::models::fit::learned::Lessons;
use crate::models::fit::{Ask, Engine, Fit, Length, Needs};
use crate::models::speed::{self, Rate};
use crate::runtime::learning;
use alone::Alone;
use more::More;
use request::Request;
use resolve::{Names, Resolved};
use serde_json::Value;
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A directory with a config.json, such a file, a GGUF file, or a name; with --config only a label.
    pub model: Option<String>,
    #[command(flatten)]
    request: Request,
    /// A Hugging Face config.json.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Requests, one JSON object a line: keys as the options with underscores, and an inline `config`; - is stdin.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["model", "config"])]
    batch: Option<PathBuf>,
    /// Forget what real starts taught: of MODEL as it was launched, or of all models without one.
    #[arg(long, conflicts_with_all = ["config", "batch"])]
    forget_learned: bool,
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
    /// Whether the longest context was asked for, not one length.
    pub length_is_open: bool,
}

/// What a request is answered with.
enum Reply {
    Judged(Box<Answer>),
    /// The card alone, where none is there to judge.
    Alone(Alone),
}

impl Reply {
    fn json(&self) -> Value {
        match self {
            Self::Judged(answer) => json::answer(answer),
            Self::Alone(alone) => alone.json(),
        }
    }

    fn text(&self, columns: usize) -> String {
        match self {
            Self::Judged(answer) => text::answer(answer, columns),
            Self::Alone(alone) => text::alone(alone, columns),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When the request is wrong or the model cannot be read. A model that does not fit is an answer, not an error.
pub fn run(args: Args, context: &Context) -> Result<(), Problem> {
    if args.forget_learned {
        return forget(&args, context);
    }
    if let Some(file) = &args.batch {
        return batch::run(file, context);
    }
    let label = || args.config.as_ref().map(|file| file.display().to_string());
    let Some(model) = args.model.clone().or_else(label) else {
        let why = "a model, --config or --batch is needed";
        return Err(Problem::usage("there is nothing to judge", why, "vramdeck fit Qwen/Qwen3-8B, for example"));
    };
    let request = Request { model: Some(model), ..args.request };
    let facts = args.config.as_deref().map(resolve::config).transpose()?;
    let reply = answer(facts, &request, &Names::new(context), context)?;
    if args.json { output::json(&reply.json()) } else { output::raw(&reply.text(wrap::columns())) }
}

/// Forgets what starts taught.
fn forget(args: &Args, context: &Context) -> Result<(), Problem> {
    let gone = learning::forget(&context.paths, args.model.as_deref())?;
    if args.json {
        return output::json(&serde_json::json!({ "forgotten": gone }));
    }
    let of = args.model.as_deref().unwrap_or("all models");
    output::line(&format!("forgotten: what {gone} starts of {} taught", clean_line(of)))
}

/// Answers a request. Facts that are not given are looked up by the model's name.
fn answer(facts: Option<Facts>, request: &Request, names: &Names<'_>, context: &Context) -> Result<Reply, Problem> {
    let model = request.model.clone().unwrap_or_default();
    let mut ask = request.ask()?;
    let intent = request.intent()?;
    let wish = Wish {
        gpu: request.gpu.as_deref(),
        vram_bytes: request.vram_bytes,
        free_bytes: request.free_bytes,
        reserve_bytes: request.desktop_reserve_bytes,
    };
    // Before a model is asked of the Hub. The card that a model needs can be told without one.
    let card = match card::card(wish, context) {
        Err(none) if request.needs_card && !wish.is_stated() => Err(none),
        other => Ok(other?),
    };
    let facts = match facts {
        Some(facts) => facts,
        None => {
            let wanted = request.engine.is_some().then_some(ask.engine);
            let Resolved { facts, engine } = names.resolve(&model, wanted, request.quantization.as_deref())?;
            ask = request.settled(ask, wanted.unwrap_or(engine));
            facts
        }
    };
    let mut facts = request.apply(facts, &ask)?;
    let ignored = request.passed_over(ask.engine);
    let card = match card {
        Ok(card) => card,
        Err(none) => {
            let alone = Alone::of(model, &facts, &ask, &none);
            return Ok(Reply::Alone(alone.with(request.doubt(ask.engine), ignored)));
        }
    };
    facts.learned = Lessons::of(names.lessons(), &facts, &card.place);
    let more = More::of(&facts, &ask, card.room, intent, request);
    let mut answer = Answer { ignored, more, ..judge(model, facts, &ask, card)? };
    answer.doubts.extend(request.doubt(ask.engine));
    Ok(Reply::Judged(Box::new(answer)))
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
    let length_is_open = ask.flags.max_model_len == Length::Auto;
    let (ignored, more) = (Vec::new(), More::default());
    Ok(Answer { model, card, facts, fit, rate, doubts, ignored, more, length_is_open })
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
