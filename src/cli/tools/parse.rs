//! `vramdeck tools parse`: raw text in, what the parser finds out.

use crate::base::Problem;
use crate::base::text::clean;
use crate::cli::output;
use crate::lab::tools::{Call, Compiled, Format, Parsed, Parser, Reading, Tools, detect, format, formats, named};
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The longest text that is read, in bytes.
const LONGEST: u64 = 256 * 1024 * 1024;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The format of the text, by name; `auto` tries each and says which matched.
    #[arg(long, value_name = "FORMAT", default_value = "auto")]
    format: String,
    /// A JSON array of the tools that were offered: types the values of tagged formats and marks unknown names.
    #[arg(long, value_name = "FILE")]
    tools: Option<PathBuf>,
    /// Formats of your own, as TOML; they come before the built-in ones.
    #[arg(long, value_name = "FILE")]
    formats: Option<PathBuf>,
    /// Feed so many bytes at a time; 0 feeds the text at once. The result is the same.
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    chunk: usize,
    /// The prompt has begun reasoning already.
    #[arg(long)]
    thinking: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command: the text from stdin is answered whatever it holds.
///
/// # Errors
/// When the format is not known, a file cannot be used, or stdin cannot be read.
pub fn run(args: &Args) -> Result<(), Problem> {
    let tools = args.tools.as_deref().map_or(Ok(Tools::default()), |path| Tools::read(&file(path)?))?;
    let tools = Arc::new(tools);
    let own = own(args.formats.as_deref())?;
    let parsed = if args.format == "auto" {
        let all: Vec<Format> = own.into_iter().chain(formats().iter().cloned()).collect();
        detect(&stdin()?, &all, &tools, args.chunk)
    } else {
        let format = own.iter().find(|format| format.name == args.format).map_or_else(|| named(&args.format), Ok)?;
        let compiled = Arc::new(Compiled::new(format)?);
        read(&stdin()?, compiled, tools, args)
    };
    if args.json { output::json(&document(&parsed)) } else { output::raw(&text(&parsed)) }
}

/// The formats of a user's file.
///
/// # Errors
/// When the file cannot be read or used.
pub fn own(path: Option<&Path>) -> Result<Vec<Format>, Problem> {
    path.map_or(Ok(Vec::new()), |path| format::read(&file(path)?))
}

fn read(text: &[u8], format: Arc<Compiled>, tools: Arc<Tools>, args: &Args) -> Parsed {
    let name = format.name().to_owned();
    let parser = Parser::new(format, tools);
    let parser = if args.thinking { parser.thinking() } else { parser };
    let mut reading = Reading::new(parser, &name);
    reading.feed_all(text, args.chunk);
    reading.finish()
}

fn file(path: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(path).map_err(|error| {
        Problem::failed(format!("{} cannot be read", path.display()), error.to_string(), "give the path of a text file")
    })
}

fn stdin() -> Result<Vec<u8>, Problem> {
    let mut text = Vec::new();
    let read = std::io::stdin().lock().take(LONGEST + 1).read_to_end(&mut text);
    read.map_err(|error| Problem::failed("stdin cannot be read", error.to_string(), "pipe the model's text in"))?;
    if text.len() as u64 > LONGEST {
        let why = format!("it is longer than {} MiB", LONGEST / 1024 / 1024);
        return Err(Problem::failed("the text is not read", why, "give the text of one answer"));
    }
    Ok(text)
}

fn document(parsed: &Parsed) -> Value {
    let call = |call: &Call| {
        json!({
            "name": call.name,
            "arguments": call.arguments,
            "arguments_text": call.arguments_text,
            "complete": call.complete,
            "span": [call.span.start, call.span.end],
            "known": call.known,
        })
    };
    json!({
        "format": parsed.format,
        "content": parsed.content,
        "reasoning": parsed.reasoning,
        "calls": parsed.calls.iter().map(call).collect::<Vec<_>>(),
        "problems": parsed.problems,
    })
}

fn text(parsed: &Parsed) -> String {
    let mut out = format!("format     {}\n", parsed.format);
    let mut part = |name: &str, text: &str| {
        let mut lines = clean(text).lines().map(str::to_owned).collect::<Vec<_>>().into_iter();
        out.push_str(&format!("{name:<10} {}\n", lines.next().unwrap_or_default()));
        lines.for_each(|line| out.push_str(&format!("{:<10} {line}\n", "")));
    };
    parsed.reasoning.iter().for_each(|text| part("reasoning", text));
    parsed.content.iter().for_each(|text| part("content", text));
    for call in &parsed.calls {
        let unknown = if call.known == Some(false) { ", not among the tools" } else { "" };
        let broken = if call.complete { "" } else { ", not complete" };
        let place = format!("bytes {} to {}", call.span.start, call.span.end);
        part("call", &format!("{} {}", call.name, call.arguments_text));
        part("", &format!("{place}{broken}{unknown}"));
    }
    parsed.problems.iter().for_each(|problem| part("problem", problem));
    out
}
