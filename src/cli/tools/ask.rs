//! `vramdeck tools ask`: one question to a model with tools, led to its end.

mod tell;

use crate::base::Problem;
use crate::base::text::clean_line;
use crate::cli::chat::target::{Flags, Found, find};
use crate::cli::consent::{consent, show};
use crate::cli::{Context, output};
use crate::engines::RunState;
use crate::engines::flags::tool_parser;
use crate::lab::agent::live::{self, Servers};
use crate::lab::agent::run::{Answer, Outcome};
use crate::lab::agent::{CallId, Definition, Effect, Library, Limits, Loop, Message, Mode, Plan, Settings, prompt};
use crate::lab::xray::{Choice, Manner, Question, Told};
use crate::runtime::exchange;
use crate::wire::live::Client;
use serde_json::json;
use std::collections::VecDeque;
use std::time::Instant;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The question
    #[arg(value_name = "TEXT")]
    question: String,
    /// Tools to offer, by name, separated by commas; `all` offers every one
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "get_weather")]
    tools: Vec<String>,
    /// Tell the model of the tools by instructions and read its calls here: the prompt's name, such as `tool_call` or `hermes`
    #[arg(long, value_name = "PROMPT")]
    prompted: Option<String>,
    /// Answers with calls until it ends
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=50))]
    steps: u16,
    /// Run the calls of one answer one after another, and ask the server for one at a time
    #[arg(long)]
    one_by_one: bool,
    /// Stream the answers
    #[arg(long)]
    stream: bool,
    /// Temperature of sampling
    #[arg(long, value_name = "T", default_value_t = 0.0)]
    temperature: f64,
    /// The most tokens of one answer
    #[arg(long, value_name = "N", default_value_t = 1024)]
    max_tokens: u32,
    /// The model must call in its first answer
    #[arg(long)]
    required: bool,
    #[command(flatten)]
    whom: Flags,
    /// Say yes to every call beforehand; without it each one is asked for, and none runs where nobody can be asked
    #[arg(long)]
    yes: bool,
    /// Print one JSON document with everything that happened
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// When a tool or the endpoint cannot be used, or the model could not be asked.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let tools = chosen(&args.tools, &super::library(context))?;
    let mode = match &args.prompted {
        Some(name) => Mode::Prompted(Box::new(prompt::named(name)?.clone())),
        None => Mode::Native,
    };
    let settings = Settings { mode, steps: usize::from(args.steps), parallel: !args.one_by_one, ..Settings::default() };
    let it = Loop::new(settings, tools.clone())?;
    let (it, answers) = super::import::in_runtime(lead(args, context, it, tools))?;
    tell::tell(args.json, &it, &answers)
}

fn chosen(names: &[String], library: &Library) -> Result<Vec<Definition>, Problem> {
    if names.iter().any(|name| name == "all") {
        return Ok(library.tools.clone());
    }
    let find = |name: &String| super::named(library, name, "nothing was asked").cloned();
    names.iter().filter(|name| !name.is_empty()).map(find).collect()
}

/// Leads the exchange to its end.
async fn lead(
    args: &Args,
    context: &Context,
    mut it: Loop,
    tools: Vec<Definition>,
) -> Result<(Loop, Vec<Told>), Problem> {
    let client = Client::new();
    let found = find(&args.whom.whom(), &context.paths, &client).await?;
    let servers = args.servers(&tools, context).await?;
    let begun = Instant::now();
    let (question, mut answers) = (args.question(&found, &tools), Vec::new());
    let mut wishes: VecDeque<Effect> = it.begin(vec![json!({"role": "user", "content": args.question})]).into();
    while let Some(wish) = wishes.pop_front() {
        let now = || begun.elapsed().as_secs_f64();
        let message = match wish {
            Effect::Run { call, plan } => {
                // Calls that may run at the same time do.
                let (runs, rest): (Vec<_>, Vec<_>) =
                    wishes.drain(..).partition(|one| matches!(one, Effect::Run { .. }));
                wishes.extend(rest);
                let first = std::iter::once((call, plan));
                let all = first.chain(runs.into_iter().filter_map(|one| match one {
                    Effect::Run { call, plan } => Some((call, plan)),
                    _ => None,
                }));
                let all: Vec<_> = all.collect();
                for (call, outcome) in together(all, &servers).await {
                    wishes.extend(it.update(Message::Result(call, outcome), now()));
                }
                continue;
            }
            Effect::Ask { messages, tools: offer, parallel } => {
                let fields = args.manner(parallel).fields(offer.is_some(), answers.is_empty());
                let question = Question { messages, tools: offer, fields, ..question.clone() };
                match exchange::ask(question, &found.endpoint, &client, |_, _| {}).await {
                    Ok(told) => {
                        let answered = told.answered.clone();
                        answers.push(told);
                        Message::Answered(answered)
                    }
                    Err(problem) if answers.is_empty() => return Err(problem),
                    Err(problem) => Message::Failed(format!("{}: {}", problem.what, problem.why)),
                }
            }
            Effect::Confirm { call, name, plan } => Message::Permitted(call, args.permit(&name, &plan)),
            Effect::Cancel(_) | Effect::Paused | Effect::Ended(_) => continue,
        };
        wishes.extend(it.update(message, now()));
    }
    Ok((it, answers))
}

async fn together(all: Vec<(CallId, Plan)>, servers: &Servers) -> Vec<(CallId, Outcome)> {
    let one = |(call, plan): (CallId, Plan)| async move { (call, live::run(&plan, servers).await) };
    futures_util::future::join_all(all.into_iter().map(one)).await
}

impl Args {
    /// Starts the MCP servers whose tools are offered, each after a yes.
    async fn servers(&self, tools: &[Definition], context: &Context) -> Result<Servers, Problem> {
        let servers = Servers::new();
        for tool in tools {
            let Some(server) = super::call::server_of(tool, context)? else { continue };
            if servers.get(&server.name).is_some() {
                continue;
            }
            if !self.yes {
                output::aside(&format!("starts the MCP server {}:", clean_line(&server.name)));
                show(&server.lines());
            }
            consent(self.yes, "Start it?", "no server is started without a yes", "--yes says yes beforehand")?;
            servers.start(&server, Limits::default()).await?;
        }
        Ok(servers)
    }

    /// What is asked, whomever.
    fn question(&self, found: &Found, tools: &[Definition]) -> Question {
        let told = self.prompted.as_ref().and_then(|name| prompt::named(name).ok());
        let asked = found.run.as_ref().and_then(|run: &RunState| run.facts.asked.as_ref());
        Question {
            stream: self.stream,
            offered: tools.to_vec(),
            prompted: told.map(|prompt| prompt.format.clone()),
            server_parser: asked.and_then(|asked| tool_parser(&asked.flags)),
            context: found.run.as_ref().and_then(|run| run.context_tokens),
            ..Question::default()
        }
    }

    fn manner(&self, parallel: bool) -> Manner {
        let choice = if self.required { Choice::Required } else { Choice::Auto };
        Manner { temperature: self.temperature, max_tokens: self.max_tokens, choice, parallel }
    }

    /// Whether a call may run: a known answer always, anything else after a yes.
    fn permit(&self, name: &str, plan: &Plan) -> Answer {
        if plan.known().is_some() {
            return Answer::Once;
        }
        if !self.yes {
            output::aside(&format!("the model calls {}:", clean_line(name)));
            show(&plan.lines());
        }
        let said = consent(self.yes, "Run it?", "nothing runs without a yes", "--yes says yes beforehand");
        match said {
            Ok(()) => Answer::Once,
            Err(problem) => {
                output::aside(&format!("{}: {}", problem.what, problem.why));
                Answer::No
            }
        }
    }
}
