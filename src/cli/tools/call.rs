//! `vramdeck tools call`: a tool called as a model would.

use crate::base::Problem;
use crate::base::text::{clean, clean_line};
use crate::cli::consent::{consent, show};
use crate::cli::{Context, output};
use crate::lab::agent::live::{self, Servers};
use crate::lab::agent::mcp::Server;
use crate::lab::agent::run::{Outcome, cut, plan};
use crate::lab::agent::{Definition, Limits, Plan, Runner, schema};
use serde_json::{Map, Value, json};
use std::time::Instant;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The tool, by name.
    name: String,
    /// Its arguments, as a JSON object.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    arguments: String,
    /// Say yes to what is shown beforehand.
    #[arg(long)]
    yes: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Shows what would run; runs it after a yes. A known answer needs none.
///
/// # Errors
/// When there is no such tool, the arguments do not fit, nobody said yes, or the call failed.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let library = super::library(context);
    let tool = super::named(&library, &args.name, "nothing was called")?;
    let arguments = read(&args.arguments, tool)?;
    let wish = plan(tool, &arguments)?;
    if let Some(known) = wish.known() {
        return tell(args, tool, &Outcome::Answered(known.as_bytes().to_vec()), wish.limits, 0.0);
    }
    let server = server_of(tool, context)?;
    if !args.yes {
        server.iter().for_each(|server| {
            output::aside(&format!("starts the MCP server {}:", clean_line(&server.name)));
            show(&server.lines());
        });
        output::aside(&format!("calls {}:", clean_line(&tool.name)));
        show(&wish.lines());
    }
    consent(args.yes, "Run it?", "nothing runs without a yes", "--yes says yes beforehand, to exactly what is shown")?;
    let begun = Instant::now();
    let outcome = carried_out(&wish, server.as_ref())?;
    tell(args, tool, &outcome, wish.limits, begun.elapsed().as_secs_f64())
}

fn read(text: &str, tool: &Definition) -> Result<Map<String, Value>, Problem> {
    let refuse = |why: String| {
        let hint = "give --arguments a JSON object such as {\"city\": \"Lisbon\"}";
        Problem::usage(format!("{} is not called", clean_line(&tool.name)), why, hint)
    };
    let value: Value =
        serde_json::from_str(text).map_err(|error| refuse(format!("the arguments are no JSON: {error}")))?;
    let faults = schema::faults(&tool.parameters, &value);
    match value {
        Value::Object(all) if faults.is_empty() => Ok(all),
        _ if faults.is_empty() => Err(refuse("the arguments are no JSON object".to_owned())),
        _ => Err(refuse(faults.join("; "))),
    }
}

/// The server that a tool is called on.
pub(super) fn server_of(tool: &Definition, context: &Context) -> Result<Option<Server>, Problem> {
    let Runner::Mcp { server, .. } = &tool.run else { return Ok(None) };
    let all = live::servers(&context.paths.config)?;
    let found = all.servers.into_iter().find(|one| one.name == *server);
    let named = |problem: &&Problem| problem.what.contains(server.as_str());
    match (found, all.problems.iter().find(named)) {
        (Some(found), _) => Ok(Some(found)),
        (None, Some(problem)) => Err(problem.clone()),
        (None, None) => {
            let why = format!("the MCP server {server} is not set up");
            let hint = "import it anew: vramdeck tools import FILE, where FILE names it under mcpServers";
            Err(Problem::failed(format!("{} is not called", tool.name), why, hint))
        }
    }
}

/// Runs a plan to its end; Ctrl-C ends what runs.
fn carried_out(wish: &Plan, server: Option<&Server>) -> Result<Outcome, Problem> {
    super::import::in_runtime(async {
        let servers = Servers::new();
        if let Some(server) = server {
            servers.start(server, Limits::default()).await?;
        }
        let outcome = live::run(wish, &servers).await;
        servers.stop_all();
        Ok(outcome)
    })
}

fn tell(args: &Args, tool: &Definition, outcome: &Outcome, limits: Limits, seconds: f64) -> Result<(), Problem> {
    let failed = |why: String| {
        let mut lines = why.lines().map(str::to_owned);
        let first = lines.next().unwrap_or_default();
        let hint = "call it with other arguments; vramdeck tools list shows what runs";
        Err(Problem::failed(format!("{} failed", clean_line(&tool.name)), first, hint).with_detail(lines))
    };
    match outcome {
        Outcome::Answered(bytes) => {
            let (text, cut) = cut(bytes, limits.bytes);
            if args.json {
                return output::json(&json!({ "tool": tool.name, "text": text, "cut": cut, "seconds": seconds }));
            }
            output::line(clean(&text).trim_end_matches('\n'))
        }
        Outcome::Failed(why) => failed(why.clone()),
        Outcome::TimedOut(seconds) => failed(format!("it did not answer within {seconds} s and was ended")),
    }
}
