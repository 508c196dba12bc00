//! A suite asked of a model, with its score.

use super::progress::Teller;
use super::score::{Told, document, text};
use crate::base::Problem;
use crate::cli::chat::target::{Found, Whom, find};
use crate::cli::{Context, output};
use crate::engines::flags::backend;
use crate::lab::suite::{Family, Outcome, Plan, Report, Setting, State, advise, markdown, to_jsonl};
use crate::runtime::suite::{self, Ended, GoOn, Known, Order, Suite, Target};
use crate::store::StoreHandle;
use crate::wire::live::Client;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Arguments of every command that runs a suite.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub struct Args {
    /// Model to ask; may be left out where the endpoint serves one
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Base URL of an OpenAI-compatible endpoint, for example http://127.0.0.1:8000
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The run to ask, as `vramdeck ps` names it
    #[arg(long, value_name = "RUN", conflicts_with = "url")]
    run: Option<String>,
    /// Key of the endpoint; else VRAMDECK_API_KEY or OPENAI_API_KEY from the environment
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Whose API the endpoint speaks: vllm, llama.cpp, ollama or openai; else it is asked
    #[arg(long, value_name = "DIALECT")]
    dialect: Option<String>,
    /// Temperatures; the first asks all cases, further ones the quick cases again
    #[arg(long, value_name = "T", value_delimiter = ',', num_args = 1..)]
    temperature: Vec<f64>,
    /// Ask each case so often; pass^k counts cases of which all were right
    #[arg(long, value_name = "K", default_value_t = 1)]
    repeats: u32,
    /// Decides the seeds of sampling
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Stream the answers (the default)
    #[arg(long, conflicts_with_all = ["whole", "both_ways"])]
    stream: bool,
    /// Wait for whole answers
    #[arg(long, conflicts_with = "both_ways")]
    whole: bool,
    /// Stream, and ask the quick cases again for whole answers
    #[arg(long)]
    both_ways: bool,
    /// What this is, to tell results apart: a quantisation, a parser, a template
    #[arg(long, value_name = "LABEL", default_value = "")]
    variant: String,
    /// Requests at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,
    /// The most tokens of one answer (2048, or a quarter of the context where that is less)
    #[arg(long, value_name = "N")]
    max_tokens: Option<u64>,
    /// The longest one answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// Go on with this run, by its number
    #[arg(long, value_name = "ID", conflicts_with = "fresh")]
    resume: Option<i64>,
    /// Begin anew even where a run like this one is not done
    #[arg(long)]
    fresh: bool,
    /// Write every answer to this file, as JSONL
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write the tables to this file, as Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// Asks a suite; `sweep` adds to the plan what its family sweeps over.
///
/// # Errors
/// When the plan or the endpoint cannot be used, nothing was answered, or it was stopped; what was done is printed before and
/// kept.
pub fn run(args: &Args, context: &Context, suite: Suite, sweep: impl FnOnce(Plan) -> Plan) -> Result<(), Problem> {
    suite.notes.iter().for_each(|note| output::aside(&format!("note: {note}")));
    let plan = sweep(args.plan(&suite));
    plan.check()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::failed("the client cannot start", error.to_string(), "try again"))?;
    let ended = runtime.block_on(fly(args, context, suite, plan))?;
    let outcomes: Vec<Outcome> = ended.run.outcomes().cloned().collect();
    tell(args, &ended, &outcomes)?;
    verdict(&ended, &outcomes)
}

impl Args {
    fn plan(&self, suite: &Suite) -> Plan {
        let (first, further) = self.temperature.split_first().unwrap_or((&0.0, &[]));
        Plan {
            family: suite.family,
            base: Setting {
                variant: self.variant.clone(),
                temperature: *first,
                stream: !self.whole,
                ..Setting::default()
            },
            temperatures: further.to_vec(),
            streaming: self.both_ways,
            // One's own cases may name none as quick.
            sweep_quick: suite.cases.iter().any(|case| case.quick),
            repeats: self.repeats,
            seed: self.seed,
            concurrency: u32::from(self.concurrency),
            max_tokens: self.max_tokens,
            ..Plan::default()
        }
    }
}

async fn fly(args: &Args, context: &Context, suite: Suite, plan: Plan) -> Result<Ended, Problem> {
    let client = Client::new();
    let [url, key, model, run, dialect] =
        [&args.url, &args.key, &args.model, &args.run, &args.dialect].map(|given| given.as_deref());
    let found = find(&Whom { url, key, model, run, dialect }, &context.paths, &client).await?;
    let Found { endpoint, run, detected } = found;
    let backend = run.as_ref().filter(|_| suite.family == Family::Structured).and_then(backend);
    let (weights, context_tokens) = run.map(|run| (run.model, run.context_tokens)).unwrap_or_default();
    let variant = args.variant.clone();
    let known = Known { detected, weights, context: context_tokens, variant, backend };
    let (subject, most) = suite::subject(&client, &endpoint, known).await;
    let target = Target {
        patience: Duration::from_secs(args.timeout),
        // One limit holds, not also that of the silence between two pieces.
        ..Target::new(client.with_idle_timeout(Duration::from_secs(args.timeout.saturating_add(1))), endpoint)
    };
    let plan = Plan { max_tokens: plan.max_tokens.or(Some(most)), ..plan };
    let store = StoreHandle::start(context.paths.clone(), |_, problem| {
        problem.iter().for_each(|problem| output::aside(&format!("note: {}: {}", problem.what, problem.why)));
    })?;
    let go_on = match (args.resume, args.fresh) {
        (Some(id), _) => GoOn::With(id),
        (None, true) => GoOn::Fresh,
        (None, false) => GoOn::Alike,
    };
    let order = Order { suite, plan, subject, target, go_on };
    let cancel = CancellationToken::new();
    let teller = Teller::new(args.json);
    let work = suite::run(order, Some(&store), &cancel, |step| teller.step(&step));
    tokio::pin!(work);
    let ended = loop {
        tokio::select! {
            ended = &mut work => break ended,
            Ok(()) = tokio::signal::ctrl_c(), if !cancel.is_cancelled() => cancel.cancel(),
        }
    };
    teller.over();
    ended
}

fn tell(args: &Args, ended: &Ended, outcomes: &[Outcome]) -> Result<(), Problem> {
    let (about, plan) = (&ended.about, ended.run.plan());
    if let Some(path) = &args.out {
        write(path, &to_jsonl(about, plan, outcomes))?;
    }
    if let Some(path) = &args.markdown {
        let report = Report::of(about.clone(), plan, outcomes);
        write(path, &markdown(&report, plan, &advise(plan, outcomes)))?;
    }
    let told = Told {
        id: ended.id,
        about,
        endpoint: &ended.endpoint,
        state: match ended.state {
            State::Done => "done",
            State::Cancelled | State::Running => "cancelled",
        },
        total: ended.run.progress().total,
        plan,
        outcomes,
    };
    if args.json { output::json(&document(&told)) } else { output::raw(&text(&told)) }
}

fn write(path: &Path, text: &str) -> Result<(), Problem> {
    std::fs::write(path, text).map_err(|error| {
        Problem::failed(
            format!("{} cannot be written", path.display()),
            error.to_string(),
            "check folder and permissions",
        )
    })
}

/// Whether it ran through and something was answered.
fn verdict(ended: &Ended, outcomes: &[Outcome]) -> Result<(), Problem> {
    let failed = ended.run.progress().failed;
    let go_on = ended.id.map_or_else(|| "run it again".to_owned(), |id| format!("--resume {id} goes on with it"));
    match &ended.trouble {
        Some(problem) if ended.given_up || failed == outcomes.len() => {
            let hint = [problem.hint.as_str(), go_on.as_str()].join("; ");
            let why = format!("{}: {}", problem.what, problem.why);
            Err(Problem::failed("the suite did not run through", why, hint).with_detail(problem.detail.clone()))
        }
        _ if ended.state != State::Done => Err(Problem::failed("the suite was stopped", "Ctrl-C was pressed", go_on)),
        _ => Ok(()),
    }
}
