//! `vramdeck pool`: what a pooling model makes of texts: vectors, rankings, scores, labels.

mod json;
mod text;

use crate::base::Problem;
use crate::base::text::clean_line;
use crate::cli::chat::target::{Flags, Found, find};
use crate::cli::{Context, output};
use crate::lab::pooling::Told;
use crate::runtime::pooling;
use crate::wire::live::Client;
use crate::wire::pooling::{Ask, MOST_BYTES, Task};
use clap::Subcommand;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A vector for each text, and how alike the texts are.
    Embed(Embed),
    /// Texts in the order of their worth for a query.
    Rerank(Pair),
    /// A number for each pair of the query and a text.
    Score(Pair),
    /// A probability for each label of each text.
    Classify(Plain),
    /// A number for each text, as a reward model judges it.
    Reward(Plain),
    /// Labels of the tokens of each text, such as names and places.
    Tokens(Plain),
    /// Which of these a server serves, and how that is known.
    Tasks(Tasks),
}

/// What every task needs.
#[derive(Debug, clap::Args)]
struct Common {
    /// The texts
    #[arg(value_name = "TEXT")]
    texts: Vec<String>,
    /// More texts, one a line; - is stdin
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    whom: Flags,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
struct Embed {
    #[command(flatten)]
    common: Common,
    /// Length of the vectors, for models that can shorten them (Matryoshka)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    dimensions: Option<u32>,
}

#[derive(Debug, clap::Args)]
struct Pair {
    /// What the texts are held against
    #[arg(long, value_name = "TEXT")]
    query: String,
    #[command(flatten)]
    plain: Plain,
}

#[derive(Debug, clap::Args)]
struct Plain {
    #[command(flatten)]
    common: Common,
    /// The numbers before softmax or sigmoid (vLLM)
    #[arg(long)]
    raw: bool,
}

#[derive(Debug, clap::Args)]
struct Tasks {
    #[command(flatten)]
    whom: Flags,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Whether JSON was asked for.
    pub fn wants_json(&self) -> bool {
        match &self.what {
            What::Embed(args) => args.common.json,
            What::Rerank(args) | What::Score(args) => args.plain.common.json,
            What::Classify(args) | What::Reward(args) | What::Tokens(args) => args.common.json,
            What::Tasks(args) => args.json,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When there is no text, the server cannot be used, or its answer cannot.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    match &args.what {
        What::Embed(args) => ask(Task::Embed, "", &args.common, args.dimensions, false, context),
        What::Rerank(args) => pair(Task::Rerank, args, context),
        What::Score(args) => pair(Task::Score, args, context),
        What::Classify(args) => plain(Task::Classify, args, context),
        What::Reward(args) => plain(Task::Reward, args, context),
        What::Tokens(args) => plain(Task::Tokens, args, context),
        What::Tasks(args) => tasks(args, context),
    }
}

fn pair(task: Task, args: &Pair, context: &Context) -> Result<(), Problem> {
    ask(task, &args.query, &args.plain.common, None, args.plain.raw, context)
}

fn plain(task: Task, args: &Plain, context: &Context) -> Result<(), Problem> {
    ask(task, "", &args.common, None, args.raw, context)
}

fn ask(
    task: Task,
    query: &str,
    args: &Common,
    dimensions: Option<u32>,
    raw: bool,
    context: &Context,
) -> Result<(), Problem> {
    let ask = Ask { dimensions, raw, ..Ask::new(task, query, args.texts()?) };
    let (found, told) = in_runtime(async {
        let client = Client::new();
        let found = find(&args.whom.whom(), &context.paths, &client).await?;
        ask.check(found.endpoint.dialect)?;
        // Only these have labels, whose names lie with the model.
        let labelled = matches!(task, Task::Classify | Task::Reward | Task::Tokens);
        let about = if labelled { about(&found, context) } else { Default::default() };
        let told = pooling::ask(ask, &found.endpoint, &about, &client).await?;
        Ok((found, told))
    })?;
    tell(&found, &told, args.json)
}

fn tell(found: &Found, told: &Told, as_json: bool) -> Result<(), Problem> {
    if as_json { output::json(&json::document(found, told)) } else { output::raw(&text::table(found, told)) }
}

fn tasks(args: &Tasks, context: &Context) -> Result<(), Problem> {
    let (found, serves) = in_runtime(async {
        let client = Client::new();
        let found = find(&args.whom.whom(), &context.paths, &client).await?;
        let about = about(&found, context);
        let serves = pooling::serves(&found.endpoint, found.run.as_ref(), &about, &client).await;
        Ok((found, serves))
    })?;
    if args.json {
        return output::json(&json::tasks(&found, &serves));
    }
    let model = clean_line(&found.endpoint.model);
    match serves {
        Ok(serves) if serves.tasks.is_empty() => {
            output::line(&format!("{model}: none ({})", clean_line(&serves.basis)))
        }
        Ok(serves) => {
            let names: Vec<&str> = serves.tasks.iter().map(|task| task.name()).collect();
            output::line(&format!("{model}: {} ({})", names.join(", "), clean_line(&serves.basis)))
        }
        Err(unknown) => output::line(&format!("{model}: unknown ({})", clean_line(&unknown.why))),
    }
}

/// What is known of the model: under the name it was started with, where it is a run.
fn about(found: &Found, context: &Context) -> crate::lab::pooling::About {
    let model = found.run.as_ref().map_or(found.endpoint.model.as_str(), |run| run.model.as_str());
    let folders = crate::store::GeneralSettings::load(&context.paths).map(|loaded| loaded.value.model_folders);
    pooling::about_here(model, &context.paths, &folders.unwrap_or_default(), context.demo.is_some())
}

impl Common {
    fn texts(&self) -> Result<Vec<String>, Problem> {
        let mut texts = self.texts.clone();
        if let Some(file) = &self.file {
            let text = lines(file)?;
            texts.extend(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned));
        }
        Ok(texts)
    }
}

/// A file of texts, no longer than what one request may hold.
fn lines(file: &Path) -> Result<String, Problem> {
    let most = MOST_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(most).read_to_end(&mut bytes))
    };
    let what = || format!("{} cannot be read", file.display());
    read.map_err(|error| Problem::usage(what(), error.to_string(), "give a text file with one text a line"))?;
    if bytes.len() > MOST_BYTES {
        return Err(Problem::usage(what(), format!("it is larger than {} MiB", MOST_BYTES >> 20), "split it"));
    }
    String::from_utf8(bytes).map_err(|_| Problem::usage(what(), "it is not UTF-8 text", "save it as UTF-8"))
}

fn in_runtime<T>(work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::failed("the client cannot start", error.to_string(), "try again"))?;
    runtime.block_on(work)
}
