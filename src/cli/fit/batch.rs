//! Requests of a file, one JSON object a line; one answer a line, in order.

use super::answer;
use super::request::Request;
use super::resolve::Names;
use crate::base::Problem;
use crate::cli::{Context, output};
use crate::models::config;
use clap::Args;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Keys that say which request it is and ask nothing.
const LABELS: [&str; 5] = ["id", "name", "tags", "note", "expect"];

/// The longest line that is read, bytes.
const LONGEST: u64 = 4 << 20;

/// Answers every line of `file`, or of stdin where it is `-`; lines that cannot be answered say why.
///
/// # Errors
/// When the file cannot be read or stdout cannot be written.
pub(super) fn run(file: &Path, context: &Context) -> Result<(), Problem> {
    let fail = |error: std::io::Error| {
        Problem::failed(format!("cannot read {}", file.display()), error.to_string(), "check the path")
    };
    let names = Names::new(context);
    let source: Box<dyn Read> = match file.as_os_str() == "-" {
        true => Box::new(std::io::stdin()),
        false => Box::new(File::open(file).map_err(fail)?),
    };
    let mut reader = BufReader::new(source);
    loop {
        let mut line = Vec::new();
        if reader.by_ref().take(LONGEST).read_until(b'\n', &mut line).map_err(fail)? == 0 {
            return Ok(());
        }
        if !line.ends_with(b"\n") && line.len() as u64 == LONGEST {
            skip_line(&mut reader).map_err(fail)?;
            let problem =
                Problem::usage("cannot read the request", "its line is longer than 4 MiB", "one request a line");
            output::json(&json!({"error": problem}))?;
        } else if !line.trim_ascii().is_empty() {
            output::json(&one(&line, &names, context).unwrap_or_else(|problem| json!({"error": problem})))?;
        }
    }
}

fn skip_line(reader: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = reader.fill_buf()?;
        let (used, done) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        reader.consume(used);
        if done {
            return Ok(());
        }
    }
}

fn one(line: &[u8], names: &Names<'_>, context: &Context) -> Result<Value, Problem> {
    let wrong = |error: serde_json::Error| {
        Problem::usage("cannot read the request", error.to_string(), "one JSON object a line, keys as the options")
    };
    let mut ignored = Vec::new();
    let mut source = serde_json::Deserializer::from_slice(line);
    let mut request: Request =
        serde_ignored::deserialize(&mut source, |path| ignored.push(path.to_string())).map_err(wrong)?;
    source.end().map_err(wrong)?;
    if let Some(key) = ignored.iter().find(|key| !LABELS.contains(&key.as_str())) {
        return Err(unknown_key(key));
    }
    let facts = request.config.take().map(|inline| config::from_value(&inline)).transpose()?;
    if facts.is_none() && request.model.is_none() {
        return Err(Problem::usage(
            "cannot read the request",
            "it names no model and holds no config",
            "give model, config or both",
        ));
    }
    answer(facts, &request, names, context).map(|reply| reply.json())
}

/// A key that no option has: an answer without it would be one to another question.
fn unknown_key(key: &str) -> Problem {
    let mut known: Vec<String> = Request::augment_args(clap::Command::new("fit"))
        .get_arguments()
        .map(|argument| argument.get_id().to_string())
        .chain(["model".to_owned(), "config".to_owned()])
        .collect();
    // Beyond the longest option, letters change nothing but the time it takes.
    let start: String = key.chars().take(64).collect();
    known.sort_by_key(|one| strsim::levenshtein(&start, one));
    let nearest = known.first().map(String::as_str).unwrap_or_default();
    let hint = format!("did you mean {nearest:?}? keys are the options of vramdeck fit with underscores");
    Problem::usage("cannot read the request", format!("the key {key:?} is not known"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_key_is_named() {
        for (key, near) in [
            ("max_model_length", "max_model_len"),
            ("vram_byte", "vram_bytes"),
            ("tensor_parallel", "tensor_parallel_size"),
            ("modell", "model"),
        ] {
            let problem = unknown_key(key);
            assert!(problem.why.contains(key) && problem.hint.contains(&format!("{near:?}")), "{problem}");
        }
    }
}
