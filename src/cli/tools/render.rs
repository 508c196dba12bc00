//! `vramdeck tools render`: the prompt as the model sees it, what it costs, and whether another template gives the same.

mod engine;
mod parity;
mod side;
mod tell;

use crate::base::{Problem, Reading, Unknown};
use crate::cli::{Context, output};
use crate::lab::template::{self, Conversation, Cost, Measured, cost};
use crate::runtime::rendering::{Order, Text, carry_out, work};
use engine::Engine;
use serde_json::Map;
use side::Side;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The longest file of messages, tools or conversations that is read, bytes.
const LONGEST: u64 = 64 << 20;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A model by folder, .gguf file, name on this machine or run, or a .jinja file; without it the engine at --url renders.
    #[arg(value_name = "MODEL", required_unless_present = "url")]
    source: Option<String>,
    /// The turns, as a JSON array of messages; - is stdin.
    #[arg(long, value_name = "FILE")]
    messages: Option<PathBuf>,
    /// The tools offered, as a JSON array in OpenAI's shape; without --messages and --tools an example is rendered.
    #[arg(long, value_name = "FILE")]
    tools: Option<PathBuf>,
    /// The template by name, where the model has several: tool_use, rag, …
    #[arg(long, value_name = "NAME")]
    template: Option<String>,
    /// End with the last turn, not where the model's answer begins.
    #[arg(long)]
    no_generation_prompt: bool,
    /// A variable of the template, as JSON or text: --set enable_thinking=false.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// An engine: without MODEL it renders by its own template, with MODEL it counts the tokens.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The model's name at --url.
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
    /// Hold the prompts against those of another model, template or URL, over a set of conversations.
    #[arg(long, value_name = "OTHER")]
    against: Option<String>,
    /// The set, one JSON object a line with messages, and where wanted name, tools, extra and add_generation_prompt.
    #[arg(long, value_name = "FILE", requires = "against", conflicts_with_all = ["messages", "tools"])]
    conversations: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// A prompt with what is known of it.
struct Answer {
    prompt: String,
    measured: Measured,
    basis: Option<String>,
    /// What the tools cost, where tools were offered.
    cost: Option<Cost>,
    context: Reading<u64>,
    /// Where the template was found, and its name.
    template: (String, Option<String>),
    notes: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// When an argument or a file cannot be used, the template fails, an engine cannot be asked; or with --against, when the
/// prompts differ.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let conversation = conversation(args)?;
    if let Some(other) = &args.against {
        return parity::run(args, other, conversation, context);
    }
    let conversation = conversation.unwrap_or_else(example);
    let conversation = adjusted(args, vec![conversation])?.remove(0);
    let answer = match &args.source {
        Some(source) => by_files(args, &side::path(source, context)?, &conversation)?,
        None => Engine::find(args.url.as_deref().unwrap_or_default(), args.model.as_deref())?.answer(&conversation)?,
    };
    if args.json { output::json(&tell::document(&answer)) } else { output::raw(&tell::text(&answer)) }
}

/// The hidden command that renders: an order on stdin, the answer on stdout.
///
/// # Errors
/// When there is no order on stdin.
pub fn worker() -> Result<(), Problem> {
    let mut order = Vec::new();
    let read = std::io::stdin().lock().take(1 << 30).read_to_end(&mut order);
    read.map_err(|error| Problem::failed("stdin cannot be read", error.to_string(), "vramdeck starts this itself"))?;
    output::line(&work(&order)?)
}

/// The conversation of --messages and --tools, `None` where neither is given.
fn conversation(args: &Args) -> Result<Option<Conversation>, Problem> {
    if args.messages.is_none() && args.tools.is_none() {
        return Ok(None);
    }
    let tools = args.tools.as_deref().map(|path| template::tools(&text(path)?)).transpose()?;
    let messages = match &args.messages {
        Some(path) => template::messages(&text(path)?)?,
        None => example().messages,
    };
    Ok(Some(Conversation {
        name: "messages".to_owned(),
        messages,
        tools,
        add_generation_prompt: true,
        extra: Map::new(),
    }))
}

/// The shipped conversation that is rendered when none is given: one question, one tool.
fn example() -> Conversation {
    let offered = template::shipped().iter().find(|one| one.name == "tools offered");
    offered.cloned().unwrap_or_default()
}

/// The conversations with --set and --no-generation-prompt.
fn adjusted(args: &Args, mut all: Vec<Conversation>) -> Result<Vec<Conversation>, Problem> {
    let mut extra = Map::new();
    for pair in &args.set {
        let refuse = |why: &str| {
            Problem::usage(format!("--set {pair} cannot be used"), why, "for example --set enable_thinking=false")
        };
        let (key, value) = pair.split_once('=').ok_or_else(|| refuse("it is no KEY=VALUE"))?;
        if key.is_empty() || ["messages", "tools", "add_generation_prompt"].contains(&key) {
            return Err(refuse("that variable is set by --messages, --tools and --no-generation-prompt"));
        }
        extra.insert(key.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| value.into()));
    }
    for one in &mut all {
        one.extra.extend(extra.clone());
        one.add_generation_prompt &= !args.no_generation_prompt;
    }
    Ok(all)
}

/// A file's text; `-` is stdin.
fn text(path: &Path) -> Result<String, Problem> {
    let fail = |why: String| {
        Problem::failed(
            format!("{} cannot be read", path.display()),
            why,
            "give the path of a JSON file, or - for stdin",
        )
    };
    let mut text = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(LONGEST + 1).read_to_end(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut text))
    };
    read.map_err(|error| fail(error.to_string()))?;
    if text.len() as u64 > LONGEST {
        return Err(fail(format!("it is larger than {} MiB", LONGEST >> 20)));
    }
    String::from_utf8(text).map_err(|_| fail("it is no UTF-8 text".to_owned()))
}

/// An order for a path with the moment in it.
fn order(args: &Args, path: &Path, conversations: &[Conversation]) -> Order {
    Order {
        path: Some(path.to_owned()),
        template: args.template.clone(),
        conversations: conversations.iter().map(Conversation::to_json).collect(),
        now: SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default(),
        ..Order::default()
    }
}

fn program() -> Result<PathBuf, Problem> {
    std::env::current_exe()
        .map_err(|error| Problem::failed("vramdeck does not find itself", error.to_string(), "reinstall it"))
}

fn measured(text: &Text) -> Measured {
    Measured { tokens: text.tokens.clone().map_err(Unknown::because), characters: text.text.chars().count() as u64 }
}

fn by_files(args: &Args, path: &Path, conversation: &Conversation) -> Result<Answer, Problem> {
    let told = carry_out(&program()?, &order(args, path, std::slice::from_ref(conversation)))?;
    let made = told.made.into_iter().next();
    let none = || Problem::failed("the prompt cannot be made", "the renderer told nothing", "try again");
    let made = made.ok_or_else(none)?.map_err(Problem::from)?;
    let (mut whole, mut bare) = (measured(&made.prompt), made.bare.as_ref().map(measured));
    let mut basis = told.basis;
    let mut context = told.context.map_err(Unknown::because);
    if let Some(url) = &args.url {
        let engine = Engine::find(url, args.model.as_deref())?;
        whole.tokens = engine.count(&made.prompt.text);
        if let (Some(bare), Some(text)) = (&mut bare, &made.bare) {
            bare.tokens = engine.count(&text.text);
        }
        basis = whole.tokens.is_ok().then(|| engine.basis());
        context = engine.context().or(context);
    }
    let mut notes = [told.notes, made.notes].concat();
    let offered = conversation.tools.as_ref().is_some_and(|tools| !tools.is_empty());
    if offered && bare.is_none() {
        notes.push("the template refuses the turns without tools: what the tools cost is not known".to_owned());
    }
    if bare.as_ref().is_some_and(|bare| bare.characters == whole.characters) {
        notes.push("the template ignores the tools: the prompt is the same without them".to_owned());
    }
    Ok(Answer {
        cost: bare.map(|bare| cost(&whole, &bare, &context)),
        prompt: made.prompt.text,
        measured: whole,
        basis,
        context,
        template: (made.template.0, Some(made.template.1)),
        notes,
    })
}

/// A side of a comparison: a URL or files.
fn side(text: &str, model: Option<&str>, context: &Context) -> Result<Side, Problem> {
    if text.starts_with("http://") || text.starts_with("https://") {
        return engine(text, model);
    }
    side::path(text, context).map(Side::Files)
}

fn engine(url: &str, model: Option<&str>) -> Result<Side, Problem> {
    Engine::find(url, model).map(|engine| Side::Engine(Box::new(engine)))
}
