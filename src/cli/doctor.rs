//! `vramdeck doctor`: what is wrong with an engine by its log, or with this machine, and what to do.

mod machine;

use super::{Context, output};
use crate::base::Problem;
use crate::engines::doctor::{Diagnosis, Source, diagnose};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Read the log of an engine instead of looking at the machine; `-` is stdin.
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// Whose log it is; told from its lines where it is not said.
    #[arg(long, requires = "log", value_parser = ["vllm", "llama.cpp", "ollama", "litellm"])]
    pub engine: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the log cannot be read, or stdout cannot be written.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let Some(file) = &args.log else { return machine::run(args.json, context) };
    let source = args.engine.as_deref().and_then(Source::from_name);
    let diagnosis = read(file, source)?;
    if args.json {
        return output::json(&answer(&diagnosis));
    }
    output::line(&told(&diagnosis))
}

fn read(file: &Path, source: Option<Source>) -> Result<Diagnosis, Problem> {
    let unreadable = |error: std::io::Error| {
        Problem::failed(
            format!("the log {} cannot be read", crate::base::text::clean_line(&file.display().to_string())),
            error.to_string(),
            "give the path of a log file, or `-` and the log on stdin",
        )
    };
    let log: Box<dyn Read> = match file.as_os_str() == "-" {
        true => Box::new(std::io::stdin().lock()),
        false => Box::new(File::open(file).map_err(unreadable)?),
    };
    diagnose(log, source).map_err(unreadable)
}

/// The JSON of the contract.
fn answer(diagnosis: &Diagnosis) -> Value {
    let finding = diagnosis.finding.as_ref();
    let remedies: Vec<Value> = finding.map_or(&[][..], |finding| &finding.remedies).iter().map(remedy).collect();
    json!({
        "failure": finding.map(|finding| finding.name),
        "evidence": finding.map(|finding| &finding.evidence),
        "why": diagnosis.why,
        "remedies": remedies,
        "engine": diagnosis.source.map(Source::name),
        "bytes": diagnosis.bytes,
    })
}

fn remedy(remedy: &crate::engines::doctor::Remedy) -> Value {
    json!({
        "flag": remedy.flag, "from": remedy.from, "to": remedy.to, "why": remedy.why, "cost": remedy.cost.words(),
        "by_hand": remedy.is_by_hand(),
    })
}

/// The same for people.
fn told(diagnosis: &Diagnosis) -> String {
    let Some(finding) = &diagnosis.finding else { return format!("nothing is wrong: {}", diagnosis.why) };
    let engine = diagnosis.source.map_or(String::new(), |source| format!(" ({})", source.name()));
    let evidence = crate::base::text::fit(&finding.evidence, 400).into_owned();
    let mut lines =
        vec![format!("{}{engine}", finding.name), format!("  says: {evidence}"), format!("  why:  {}", finding.why)];
    if !finding.remedies.is_empty() {
        lines.push("  try, cheapest first:".to_owned());
    }
    for (at, remedy) in finding.remedies.iter().enumerate() {
        lines.push(match remedy.is_by_hand() {
            true => format!("  {}. {}", at + 1, remedy.why),
            false => {
                format!("  {}. {}  (costs: {})\n     {}", at + 1, remedy.headline(), remedy.cost.words(), remedy.why)
            }
        });
    }
    lines.join("\n")
}
