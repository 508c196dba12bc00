//! `vramdeck tools import`: tools taken from elsewhere into the user's folder.

use super::list::{entry, line};
use crate::base::Problem;
use crate::base::text::clean_line;
use crate::cli::consent::{consent, show};
use crate::cli::{Context, output};
use crate::lab::agent::definition::{openapi, parse, signature};
use crate::lab::agent::live::{self, Servers};
use crate::lab::agent::mcp::{self, Server};
use crate::lab::agent::{Definition, Imported, Limits};
use serde_json::{Value, json};
use std::io::Read;

/// The longest file, in bytes.
const LONGEST: u64 = 8 * 1024 * 1024;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Definitions in OpenAI's shape, an OpenAPI 3 file, a file with mcpServers (all JSON), or a Python function; `-` is stdin.
    #[arg(value_name = "FILE")]
    file: String,
    /// Of the MCP servers in the file, only this one.
    #[arg(long, value_name = "SERVER")]
    mcp: Option<String>,
    /// The file holds a Python function: its signature becomes a tool.
    #[arg(long, conflicts_with = "mcp")]
    signature: bool,
    /// Say yes beforehand to starting the MCP servers that are shown.
    #[arg(long)]
    yes: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Reads the file by what it holds and keeps its tools in the user's folder. MCP servers are shown and started after a yes.
///
/// # Errors
/// When the file cannot be read or used, nobody said yes, a server does not start, or a tool cannot be kept.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let text = read(&args.file)?;
    let value: Option<Value> = serde_json::from_str(&text).ok();
    let has = |place: &str| value.as_ref().is_some_and(|value| value.pointer(place).is_some_and(Value::is_object));
    let mut imported = match &value {
        _ if args.signature => one(signature(&text)?),
        Some(value) if value.get("openapi").is_some() => openapi(&text)?,
        Some(_) if args.mcp.is_some() || has("/mcpServers") || has("/servers") || has("/mcp/servers") => {
            from_servers(args, &text, context)?
        }
        Some(_) => Imported { tools: parse(&text, &args.file)?, told: Vec::new() },
        None if text
            .lines()
            .any(|line| line.trim_start().starts_with("def ") || line.trim_start().starts_with("async def ")) =>
        {
            one(signature(&text)?)
        }
        // The fault of its JSON is told.
        None => Imported { tools: parse(&text, &args.file)?, told: Vec::new() },
    };
    let (before, _) = live::folder(&context.paths.config);
    for tool in &imported.tools {
        if let Some(old) = before.get(&tool.name).filter(|old| old.run != tool.run) {
            imported.told.push(format!("{} takes the place of one that was {}", tool.name, old.run.words()));
        }
        live::save(&context.paths.config, tool)?;
    }
    tell(args, &imported, context)
}

fn one(tool: Definition) -> Imported {
    Imported { tools: vec![tool], told: Vec::new() }
}

fn read(file: &str) -> Result<String, Problem> {
    let refuse = |why: String| {
        Problem::failed(format!("{file} cannot be read"), why, "give the path of a text file, or - for stdin")
    };
    let mut text = String::new();
    let read = match file {
        "-" => std::io::stdin().lock().take(LONGEST + 1).read_to_string(&mut text),
        path => std::fs::File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text)),
    };
    read.map_err(|error| refuse(error.to_string()))?;
    if text.len() as u64 > LONGEST {
        return Err(refuse(format!("it is larger than {} MiB", LONGEST >> 20)));
    }
    Ok(text)
}

fn from_servers(args: &Args, text: &str, context: &Context) -> Result<Imported, Problem> {
    let read = mcp::read(text, &|name| std::env::var(name).ok())?;
    let wanted = |name: &str| args.mcp.as_deref().is_none_or(|only| only == name);
    let servers: Vec<Server> =
        read.servers.into_iter().filter(|one| wanted(&one.name) && (!one.disabled || args.mcp.is_some())).collect();
    if let (Some(problem), true) = (read.problems.first(), servers.is_empty()) {
        return Err(problem.clone());
    }
    if servers.is_empty() {
        let why = args.mcp.as_ref().map_or("the file names no server that is to be used".to_owned(), |name| {
            format!("the file names no server {name}")
        });
        return Err(Problem::usage("nothing was imported", why, "look at the names under mcpServers"));
    }
    read.problems.iter().for_each(|problem| output::aside(&problem.to_string()));
    for server in &servers {
        output::aside(&format!("starts the MCP server {}:", clean_line(&server.name)));
        show(&server.lines());
    }
    let question =
        if servers.len() == 1 { "Start it and ask for its tools?" } else { "Start them and ask for their tools?" };
    consent(
        args.yes,
        question,
        "no server is started without a yes",
        "--yes says yes beforehand, to exactly what is shown",
    )?;
    let mut all = Imported::default();
    for server in &servers {
        let listed = in_runtime(async {
            let pool = Servers::new();
            let listed = pool.start(server, Limits::default()).await?;
            pool.stop(&server.name).await;
            Ok(listed)
        })?;
        live::save_server(&context.paths.config, server)?;
        for tool in listed.tools {
            if all.tools.iter().any(|one| one.name == tool.name) {
                all.told
                    .push(format!("{} of {} is left out: another server has one of that name", tool.name, server.name));
            } else {
                all.tools.push(tool);
            }
        }
        all.told.extend(listed.told);
    }
    Ok(all)
}

/// Runs something to its end; Ctrl-C, SIGTERM and SIGHUP end it with all that it started.
///
/// # Errors
/// When it fails, or was ended.
pub(super) fn in_runtime<T>(work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    use tokio::signal::unix::{SignalKind, signal};
    let broken = |error: std::io::Error| {
        Problem::failed("nothing can be run", error.to_string(), "check the limits on processes (ulimit -u)")
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
    runtime.block_on(async {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let mut signals = kinds.into_iter().map(signal).collect::<Result<Vec<_>, _>>().map_err(broken)?;
        let any = std::future::poll_fn(|context| {
            let ready = signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if ready { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        });
        tokio::select! {
            done = work => done,
            () = any => Err(Problem::failed("it was ended before it was done", "a signal asked for the end", "start it again")),
        }
    })
}

fn tell(args: &Args, imported: &Imported, context: &Context) -> Result<(), Problem> {
    let folder = live::tools_folder(&context.paths.config);
    if args.json {
        let tools: Vec<Value> = imported.tools.iter().map(entry).collect();
        return output::json(&json!({ "tools": tools, "told": imported.told, "folder": folder }));
    }
    imported.tools.iter().try_for_each(|tool| output::raw(&line(tool)))?;
    imported.told.iter().for_each(|words| output::aside(&clean_line(words)));
    output::aside(&format!("{} kept in {}", imported.tools.len(), clean_line(&folder.display().to_string())));
    Ok(())
}
