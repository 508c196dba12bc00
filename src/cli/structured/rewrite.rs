//! `vramdeck structured rewrite`: old fields of requests rewritten to those of today.

use super::given::text;
use crate::base::Problem;
use crate::base::text::clean_line;
use crate::cli::output;
use crate::lab::structured::legacy::rewrite;
use serde_json::{Value, json};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The body of a request, as JSON; `-` is stdin
    #[arg(value_name = "FILE", default_value = "-")]
    file: String,
    /// Print one JSON document: the request and what was rewritten
    #[arg(long)]
    pub json: bool,
}

/// Runs the command: the request of today on stdout, what was rewritten on stderr.
///
/// # Errors
/// When it is no JSON object, or asks for two constraints at once.
pub fn run(args: &Args) -> Result<(), Problem> {
    let (request, rewritings) = rewrite(&text(&args.file)?)?;
    if args.json {
        let each = rewritings.iter().map(|one| json!({"from": one.from, "to": one.to, "why": one.why}));
        return output::json(&json!({"request": request, "rewritings": each.collect::<Vec<Value>>()}));
    }
    output::line(&super::told::pretty(&request))?;
    for one in &rewritings {
        let to = one.to.as_deref().unwrap_or("taken out");
        output::aside(&clean_line(&format!("{} → {to}: {}", one.from, one.why)));
    }
    if rewritings.is_empty() {
        output::aside("there was nothing to rewrite");
    }
    Ok(())
}
