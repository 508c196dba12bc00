//! `vramdeck structured infer`: a schema out of something else.

use super::given::text;
use crate::base::Problem;
use crate::cli::output;
use crate::lab::structured::infer::{from_examples, from_type};
use serde_json::Value;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// An example as JSON (several values one after another for several), or a type of TypeScript or Rust; `-` is stdin
    #[arg(value_name = "FILE", default_value = "-")]
    file: String,
}

/// Runs the command: the schema on stdout.
///
/// # Errors
/// When the text is neither JSON nor a type that is read; the place is told.
pub fn run(args: &Args) -> Result<(), Problem> {
    let text = text(&args.file)?;
    let start = text.trim_start();
    let json = serde_json::Deserializer::from_str(&text).into_iter::<Value>().collect::<Result<Vec<_>, _>>();
    let schema = match json {
        Ok(values) if !values.is_empty() => from_examples(&values),
        Err(error) if start.starts_with('[') || start.starts_with("{\"") => {
            return Err(Problem::usage("the example is no JSON", error.to_string(), "correct it there"));
        }
        _ => from_type(&text)?,
    };
    output::line(&super::told::pretty(&schema))
}
