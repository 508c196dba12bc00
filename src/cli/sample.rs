//! `vramdeck sample`: one prompt, many answers: over a grid of settings, of several models, with what the model thought of them.

mod document;
mod flight;
mod text;

use super::chat::sampling::Flags;
use super::{Context, output};
use crate::base::Problem;
use crate::base::text::clean_line;
use crate::lab::samples::{Axis, Equal, Grid, Wish, axis};
use crate::lab::sampling::{Param, Setting, Settings};
use flight::Flown;
use serde_json::{Value, json};
use std::io::IsTerminal;
use std::time::{SystemTime, UNIX_EPOCH};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to ask; else what comes on stdin
    #[arg(long, short, value_name = "TEXT")]
    prompt: Option<String>,
    /// System prompt
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    /// Base URL of an OpenAI-compatible endpoint, for example http://127.0.0.1:8000
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Key of the endpoint; else VRAMDECK_API_KEY or OPENAI_API_KEY from the environment
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Model to ask, several times for several; may be left out where the endpoint serves one
    #[arg(long, value_name = "MODEL")]
    model: Vec<String>,
    /// The run to ask, as `vramdeck ps` names it; several times for several
    #[arg(long, value_name = "RUN", conflicts_with = "url")]
    run: Vec<String>,
    /// Whose API the endpoint speaks: vllm, llama.cpp, ollama or openai; else it is asked
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<String>,
    /// A parameter and its values, such as temperature=0,0.7,1.2; several times for every combination
    #[arg(long, value_name = "NAME=VALUES")]
    grid: Vec<String>,
    /// Beam search of this width instead of sampling (vLLM)
    #[arg(long, value_name = "W", conflicts_with_all = ["n", "best_of"])]
    beam: Option<i64>,
    /// Go on from another token of the first answer: its place, from 0, and the text that stands there instead
    #[arg(long, value_name = "TOKEN_INDEX=TEXT")]
    what_if: Vec<String>,
    /// Answers are equal only when they are so byte for byte; else white space does not count
    #[arg(long)]
    exact: bool,
    /// Show how the two largest groups differ, word by word
    #[arg(long)]
    diff: bool,
    /// Requests at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,
    /// Wait for whole answers instead of streaming them
    #[arg(long)]
    no_stream: bool,
    /// Print one JSON document with all answers
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    sampling: Box<Flags>,
}

/// Another token at a place of the first answer.
#[derive(Debug, Clone, PartialEq, Eq)]
struct WhatIf {
    token: usize,
    text: String,
}

/// Runs the command.
///
/// # Errors
/// When the arguments do not fit together, an endpoint cannot be used, no answer came, or it was stopped; what came is printed
/// before.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let prompt = match &args.prompt {
        Some(prompt) => prompt.clone(),
        None if std::io::stdin().is_terminal() => {
            return Err(Problem::usage("there is nothing to ask", "no prompt was given", "add --prompt TEXT"));
        }
        None => super::chat::piped()?,
    };
    let wish = args.wish(prompt, context)?;
    let what_if = args.what_if.iter().map(|text| other(text)).collect::<Result<Vec<_>, _>>()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::failed("the client cannot start", error.to_string(), "try again"))?;
    let flown = runtime.block_on(flight::fly(args, context, &wish, &what_if))?;
    let equal = if args.exact { Equal::Exact } else { Equal::Spaced };
    if args.json {
        let mut documents: Vec<Value> = flown.iter().map(|one| document::document(one, equal)).collect();
        let whole = if documents.len() == 1 { documents.remove(0) } else { json!({ "runs": documents }) };
        output::json(&whole)?;
    } else {
        flown.iter().try_for_each(|one| text::tell(one, equal, args.diff))?;
    }
    verdict(&flown)
}

fn verdict(flown: &[Flown]) -> Result<(), Problem> {
    if flown.iter().any(|one| one.ended.stopped) {
        let why = "Ctrl-C was pressed";
        return Err(Problem::failed("the answers were stopped", why, "what had come by then is printed"));
    }
    match flown.iter().find_map(|one| one.ended.failed()) {
        Some(problem) => Err(problem),
        None => Ok(()),
    }
}

impl Args {
    fn wish(&self, prompt: String, context: &Context) -> Result<Wish, Problem> {
        let mut base = self.sampling.settings(&context.paths)?;
        if let Some(width) = self.beam {
            base.set(Param::UseBeamSearch, Some(Setting::Switch(true)));
            base.set(Param::N, Some(Setting::Whole(width)));
        }
        if !self.what_if.is_empty() {
            at_least_one(&mut base);
        }
        let axes = self.grid.iter().map(|text| axis(text)).collect::<Result<Vec<Axis>, _>>()?;
        let grid = Grid { base, axes };
        Ok(Wish { prompt, system: self.system.clone(), grid, drawn_seed: drawn(), stream: !self.no_stream })
    }
}

/// Tokens are known by their log probabilities: these are asked for, with one alternative where none is wanted.
fn at_least_one(base: &mut Settings) {
    if base.whole(Param::Logprobs).unwrap_or(0) < 1 {
        base.set(Param::Logprobs, Some(Setting::Whole(1)));
    }
}

/// A seed that is another one each time, small enough to be typed.
fn drawn() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::from(now.subsec_micros())
}

/// Reads `3= cannot`: all that comes after the first `=` is the text, blanks too.
fn other(text: &str) -> Result<WhatIf, Problem> {
    let wrong = || {
        let what = format!("{} names no other token", clean_line(text));
        Problem::usage(what, "it is a place, from 0, and a text", "write it as --what-if '3= cannot'")
    };
    let (place, text) = text.split_once('=').ok_or_else(wrong)?;
    let token = place.trim().parse().map_err(|_| wrong())?;
    Ok(WhatIf { token, text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_token_is_read() {
        assert_eq!(other("3= cannot").unwrap(), WhatIf { token: 3, text: " cannot".into() });
        assert_eq!(other("0==").unwrap(), WhatIf { token: 0, text: "=".into() });
        for wrong in ["", "3", "x=y", "-1=a", "=a"] {
            assert_eq!(other(wrong).unwrap_err().exit_code(), 2, "{wrong}");
        }
    }
}
