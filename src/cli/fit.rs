//! `vramdeck fit`: does a model fit, and why.

mod batch;
mod card;
mod json;
mod request;
mod resolve;
mod text;
mod words;

use super::{Context, output};
use crate::base::Problem;
use crate::models::Facts;
use crate::models::fit::{Fit, Needs};
use request::Request;
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
    /// Requests, one JSON object a line: keys as the options with underscores, and an inline `config`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["model", "config"])]
    batch: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// One request answered.
struct Answer {
    model: String,
    facts: Facts,
    fit: Fit,
    doubts: Vec<String>,
    /// Keys that were not understood.
    ignored: Vec<String>,
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
    let source = args.config.as_deref();
    let facts = match source {
        Some(file) => resolve::config(file)?,
        None => resolve::resolve(&model, &context.paths)?,
    };
    let request = Request { model: Some(model), ..args.request };
    let answer = answer(facts, &request, context, Vec::new())?;
    if args.json { output::json(&json::answer(&answer)) } else { output::raw(&text::answer(&answer)) }
}

fn answer(facts: Facts, request: &Request, context: &Context, ignored: Vec<String>) -> Result<Answer, Problem> {
    let model = request.model.clone().unwrap_or_default();
    let ask = request.ask()?;
    let facts = request.apply(facts, &ask);
    let room = card::room(request, context)?;
    let needs = Needs::of(&facts, &ask, room.total)?;
    let doubts = needs.doubts().to_vec();
    Ok(Answer { model, facts, fit: needs.explain(room), doubts, ignored })
}
