//! `vramdeck chat`: one exchange, or a conversation line by line.

mod exchange;
mod repl;
mod report;
pub(super) mod sampling;
pub(super) mod target;

use super::{Context, output};
use crate::base::Problem;
use crate::wire::ChatRequest;
use exchange::{Exchange, Interrupts, Talk};
use serde_json::{Value, json};
use std::io::{IsTerminal, Read};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    whom: target::Flags,
    /// What to say; else what comes on stdin, else a conversation line by line
    #[arg(long, short, value_name = "TEXT")]
    pub prompt: Option<String>,
    /// System prompt
    #[arg(long, value_name = "TEXT")]
    pub system: Option<String>,
    /// Wait for the whole answer instead of streaming it
    #[arg(long)]
    pub no_stream: bool,
    /// Print one JSON document with the answer, its figures and the settings
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    sampling: Box<sampling::Flags>,
}

/// Runs the command.
///
/// # Errors
/// When the arguments do not fit together, the endpoint cannot be used, or the answer broke off.
pub fn run(args: Args, context: &Context) -> Result<(), Problem> {
    let prompt = match &args.prompt {
        Some(prompt) => Some(prompt.clone()),
        None if std::io::stdin().is_terminal() => None,
        None => Some(piped()?),
    };
    if args.json && prompt.is_none() {
        return Err(Problem::usage("there is nothing to ask", "--json answers one prompt", "add --prompt TEXT"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::failed("the client cannot start", error.to_string(), "try again"))?;
    let result = runtime.block_on(async {
        let talk = prepare(&args, context).await?;
        match prompt {
            Some(prompt) => once(talk, &prompt, args.json).await,
            None => repl::run(talk).await,
        }
    });
    // A thread may still wait for a line from the terminal.
    runtime.shutdown_background();
    result
}

/// What comes on stdin, to its end.
///
/// # Errors
/// When there is nothing, or it cannot be read.
pub(super) fn piped() -> Result<String, Problem> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| Problem::failed("stdin cannot be read", error.to_string(), "add --prompt TEXT"))?;
    let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
    if text.is_empty() {
        return Err(Problem::usage("there is nothing to ask", "stdin was empty", "add --prompt TEXT"));
    }
    Ok(text)
}

async fn prepare(args: &Args, context: &Context) -> Result<Talk, Problem> {
    let client = crate::wire::live::Client::new();
    // What was typed is checked before anything is asked.
    let settings = args.sampling.settings(&context.paths)?;
    let endpoint = target::find(&args.whom.whom(), &context.paths, &client).await?.endpoint;
    sampling::check(&settings, endpoint.dialect)?;
    let messages: Vec<Value> = args.system.iter().map(|text| json!({ "role": "system", "content": text })).collect();
    Ok(Talk { client, endpoint, settings, stream: !args.no_stream, messages, interrupts: Interrupts::new() })
}

async fn once(mut talk: Talk, prompt: &str, json: bool) -> Result<(), Problem> {
    talk.messages.push(json!({ "role": "user", "content": prompt }));
    let (request, notes) = talk.request();
    if !json {
        notes.iter().for_each(|note| output::aside(&format!("note: {}", note.text)));
    }
    let mut printer = report::Printer::new(!json && talk.prints_as_it_comes());
    let exchange = talk.exchange(request, |event| printer.event(event)).await?;
    if json {
        if exchange.reply.choices.is_empty() {
            return exchange.verdict();
        }
        output::json(&report::document(&talk, &exchange, &notes))?;
    } else {
        printer.rest(&talk, &exchange)?;
    }
    exchange.verdict()
}

impl Talk {
    /// The request as things stand, and what the engine will not do as asked.
    fn request(&self) -> (ChatRequest, Vec<crate::lab::sampling::Note>) {
        let (fields, notes) = crate::lab::sampling::to_fields(&self.settings, self.endpoint.dialect);
        (ChatRequest { messages: self.messages.clone(), fields, stream: self.stream }, notes)
    }
}

impl Exchange {
    /// Whether the answer is whole.
    fn verdict(&self) -> Result<(), Problem> {
        match &self.reply.failed {
            Some(problem) => Err(problem.clone()),
            None if self.stopped => {
                Err(Problem::failed("the answer was stopped", "Ctrl-C was pressed", "ask again for a whole answer"))
            }
            None => Ok(()),
        }
    }
}
