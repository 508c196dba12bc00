//! `vramdeck models`: the catalogue and what lies in local caches, ranked for the card at this moment.

mod here;
mod json;
mod text;

use super::card::{self, Wish};
use super::{Context, output, wrap};
use crate::base::Problem;
use crate::models::catalogue::{Capability, Catalogue, Taxonomy};
use crate::models::fit::Engine;
use crate::models::local::{LocalModel, Scan};
use crate::models::rank::{Filter, Intent, Prepared, Row, Sort, of_engine, view};
use crate::runtime::{learning, shelves};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Judge for this card instead of the one in the machine, for example "RTX 4060 Ti 16 GB".
    #[arg(long, value_name = "NAME", conflicts_with = "vram_bytes")]
    pub gpu: Option<String>,
    /// Judge for a card of so many bytes, as CUDA reports them.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub vram_bytes: Option<u64>,
    /// Free bytes; without it what the card says, else the total less what a desktop usually takes.
    #[arg(long, value_name = "N")]
    pub free_bytes: Option<u64>,
    /// For what the card is meant: chat, long_context or agents.
    #[arg(long, value_name = "INTENT", default_value = "chat", value_parser = intent)]
    pub intent: Intent,
    /// Only models for a task (chat, tools, reasoning, vision, audio, code) or of a branch (embedding, reranker, …).
    #[arg(long, value_name = "TASK", value_parser = task)]
    pub task: Option<Task>,
    /// Only models for which one way to run them fits now.
    #[arg(long)]
    pub fits: bool,
    /// Only models that lie on this machine.
    #[arg(long)]
    pub local: bool,
    /// Only models that this engine runs: vllm, llama.cpp or ollama.
    #[arg(long, value_name = "ENGINE", value_parser = engine)]
    pub engine: Option<Engine>,
    /// Only models in whose name, variants, tasks or tags all these words are found, fuzzily.
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// Order: score, name, size, context, agents or tok_s.
    #[arg(long, value_name = "ORDER", default_value = "score", value_parser = sort)]
    pub sort: Sort,
}

/// A task or a branch of the taxonomy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// What a model can be used for.
    Capability(Capability),
    /// Its place in the taxonomy.
    Branch(Taxonomy),
}

fn chosen<T: Copy>(text: &str, all: &[T], name: impl Fn(&T) -> &'static str) -> Result<T, String> {
    let found = all.iter().find(|one| name(one).eq_ignore_ascii_case(text)).copied();
    found.ok_or_else(|| format!("one of {}", all.iter().map(name).collect::<Vec<_>>().join(", ")))
}

fn intent(text: &str) -> Result<Intent, String> {
    chosen(text, &Intent::ALL, |one| one.name())
}

fn sort(text: &str) -> Result<Sort, String> {
    chosen(text, &Sort::ALL, |one| one.name())
}

fn engine(text: &str) -> Result<Engine, String> {
    chosen(text, &[Engine::Vllm, Engine::LlamaCpp, Engine::Ollama], |one| one.name())
}

/// The last word of a branch will do: `embedding` for `text/pooling/embedding`.
fn task(text: &str) -> Result<Task, String> {
    let branch = |one: &Taxonomy| one.name() == text || one.name().rsplit('/').next() == Some(text);
    let capability = Capability::ALL.into_iter().find(|one| one.name() == text).map(Task::Capability);
    let branch = || Taxonomy::ALL.into_iter().find(branch).map(Task::Branch);
    capability.or_else(branch).ok_or_else(|| {
        let words = Capability::ALL.iter().map(|one| one.name()).chain(Taxonomy::ALL.iter().map(|one| one.name()));
        format!("one of {}", words.collect::<Vec<_>>().join(", "))
    })
}

/// Everything that is printed.
struct Answer<'a> {
    card: card::Card,
    catalogue: &'a Catalogue,
    local: &'a [LocalModel],
    here: bool,
    prepared: Prepared,
    rows: Vec<Row>,
    shown: Vec<usize>,
}

/// Runs the command.
///
/// # Errors
/// When there is no card to judge for, a name of a card is not known, or stdout cannot be written.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    let wish = Wish {
        gpu: args.gpu.as_deref(),
        vram_bytes: args.vram_bytes,
        free_bytes: args.free_bytes,
        reserve_bytes: None,
    };
    let card = card::card(wish, context)?;
    let (mut catalogue, problems) = shelves::catalogue(&context.paths);
    let Scan { models: mut local, problems: unread } = context.local();
    learning::teach(&mut catalogue, &mut local, &learning::lessons(&context.paths), &card.place);
    for problem in problems.iter().chain(&unread) {
        output::aside(&format!("vramdeck: {problem}"));
    }
    let mut prepared = Prepared::new(&catalogue, &local, &card.spec, args.intent);
    let rows = prepared.rank(card.room);
    let rows = match args.engine {
        Some(engine) => of_engine(rows, engine),
        None => rows,
    };
    let shown = view(&rows, &filter(args), args.sort);
    let answer = Answer { card, catalogue: &catalogue, local: &local, here: args.local, prepared, rows, shown };
    if args.json { output::json(&json::answer(&answer)) } else { output::raw(&text::answer(&answer, wrap::columns())) }
}

fn filter(args: &Args) -> Filter {
    let capability = |task: Task| if let Task::Capability(one) = task { Some(one) } else { None };
    let branch = |task: Task| if let Task::Branch(one) = task { Some(one) } else { None };
    Filter {
        task: args.task.and_then(capability),
        taxonomy: args.task.and_then(branch),
        fits_only: args.fits,
        local_only: args.local,
        engine: args.engine,
        text: args.search.clone().unwrap_or_default(),
    }
}
