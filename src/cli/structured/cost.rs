//! `vramdeck structured cost`: the same prompt with a constraint and without.

use super::given::{Given, Written, in_runtime, settings};
use crate::base::Problem;
use crate::cli::chat::{sampling, target};
use crate::cli::{Context, output};
use crate::lab::structured::cost::{Cost, Sample, Side, Spread, cost};
use crate::runtime::structured;
use crate::wire::live::Client;
use serde_json::json;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The question; may be left out with --library, whose constraints have one
    #[arg(value_name = "TEXT")]
    prompt: Option<String>,
    #[command(flatten)]
    given: Given,
    #[command(flatten)]
    written: Written,
    #[command(flatten)]
    whom: target::Flags,
    /// Answers of each side; one more of each warms the engine up and is not counted
    #[arg(long, value_name = "K", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=200))]
    times: u32,
    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    sampling: Box<sampling::Flags>,
}

/// Runs the command.
///
/// # Errors
/// When the constraint or the endpoint cannot be used, or no answer came under the constraint.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let found = args.given.find(&args.written, context)?;
    let settings = settings(&args.sampling, context)?;
    let prompt = args.prompt.clone().or(found.prompt).filter(|prompt| !prompt.trim().is_empty());
    let prompt =
        prompt.ok_or_else(|| Problem::usage("there is nothing to ask", "no question is given", "add it as a word"))?;
    let samples = in_runtime(async {
        let client = Client::new();
        let endpoint = target::find(&args.whom.whom(), &context.paths, &client).await?.endpoint;
        let question = args.written.question(&found.constraint, &prompt, &settings, endpoint.dialect)?;
        let of = args.times.saturating_mul(2);
        let mut done = 0_u32;
        Ok(structured::cost(&question, args.times, &endpoint, &client, |_| {
            done = done.saturating_add(1);
            if !args.json && done.is_multiple_of(10) {
                output::aside(&format!("{done} of {of} answers"));
            }
        })
        .await)
    })?;
    let told = cost(&samples);
    if told.with.asked == told.with.failed {
        let why = samples.iter().find_map(|sample| sample.failure.clone()).unwrap_or_default();
        return Err(Problem::failed(
            "no answer came under the constraint",
            why,
            "vramdeck structured ask shows one question",
        ));
    }
    if args.json {
        return output::json(&json!({"cost": told, "answers": samples}));
    }
    table(&told, &samples)
}

fn table(told: &Cost, samples: &[Sample]) -> Result<(), Problem> {
    let row = |name: &str, with: String, without: String| output::line(&format!("{name:<26} {with:<28} {without}"));
    row("", "with".to_owned(), "without".to_owned())?;
    let valid = |side: &Side| match side.valid {
        (_, 0) => "unknown: all were cut off".to_owned(),
        (yes, of) => format!("{yes} of {of}"),
    };
    row("obeys", valid(&told.with), valid(&told.without))?;
    let cut = |side: &Side| format!("{} of {}", side.cut, side.asked - side.failed);
    row("cut by length", cut(&told.with), cut(&told.without))?;
    if told.with.failed + told.without.failed > 0 {
        row("failed", told.with.failed.to_string(), told.without.failed.to_string())?;
    }
    for (name, of, digits) in [
        ("seconds to first token", (|side: &Side| side.first_token_seconds) as fn(&Side) -> Option<Spread>, 3),
        ("tokens/s", |side: &Side| side.tokens_per_second, 1),
        ("tokens of an answer", |side: &Side| side.tokens, 0),
        ("of them blanks (estimate)", |side: &Side| side.blank_tokens, 1),
    ] {
        row(name, spread(of(&told.with), digits), spread(of(&told.without), digits))?;
    }
    let short =
        samples.iter().filter(|sample| sample.failure.is_none() && sample.tokens_per_second().is_none()).count();
    if short > 0 {
        output::aside(&format!("tokens/s leaves {short} answers out that are too short to measure"));
    }
    Ok(())
}

/// Median, least and greatest, and of how many.
fn spread(values: Option<Spread>, digits: usize) -> String {
    values.map_or_else(
        || "–".to_owned(),
        |Spread { n, median, min, max }| format!("{median:.digits$} ({min:.digits$}–{max:.digits$}, n={n})"),
    )
}
