//! `vramdeck tools list`: the tools that are there.

use crate::base::Problem;
use crate::base::text::clean_line;
use crate::cli::{Context, output};
use crate::lab::agent::live;
use crate::lab::agent::{Definition, Library, Runner};
use serde_json::{Value, json};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Lists the shipped tools and the user's own; files that cannot be used are told beside them.
///
/// # Errors
/// When nothing can be printed.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let (library, problems) = live::folder(&context.paths.config);
    if args.json {
        let tools: Vec<Value> = library.tools.iter().map(entry).collect();
        return output::json(&json!({ "tools": tools, "problems": problems }));
    }
    library.tools.iter().try_for_each(|tool| output::raw(&line(tool)))?;
    problems.iter().for_each(|problem| output::aside(&problem.to_string()));
    Ok(())
}

/// A tool as JSON, with what runs. Values of headers are masked.
pub(super) fn entry(tool: &Definition) -> Value {
    let mut out = tool.to_bare();
    let mut run = serde_json::to_value(&tool.run).unwrap_or_default();
    if let Some(headers) = run.get_mut("headers").and_then(Value::as_object_mut) {
        headers.values_mut().for_each(|value| *value = "***".into());
    }
    out["run"] = run;
    out["limits"] = json!(tool.limits);
    out["own"] = is_own(tool).into();
    out
}

fn is_own(tool: &Definition) -> bool {
    Library::shipped().get(&tool.name) != Some(tool)
}

/// A tool in words.
pub(super) fn line(tool: &Definition) -> String {
    let own = if is_own(tool) { ", your own" } else { "" };
    let words = tool.description.lines().next().unwrap_or_default();
    let shown: String = words.chars().take(160).collect();
    let runs = match &tool.run {
        Runner::Canned { .. } => "answers what is written in it".to_owned(),
        run => format!("runs {}", run.words()),
    };
    format!("{}\n  {}\n  {runs}{own}\n", clean_line(&tool.name), clean_line(&shown))
}
