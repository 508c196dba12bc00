//! `vramdeck probe`: the capability card of an endpoint and its model.

mod told;

use super::chat::target::{Flags, Found, find};
use super::{Context, output};
use crate::base::Problem;
use crate::lab::probes::{self, Card, Situation, Subject};
use crate::runtime::probes::{self as runner, Ended, Order, Target};
use crate::store::{Store, StoreHandle};
use crate::wire::live::Client;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use told::Teller;

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    whom: Flags,
    /// Probe these alone, by name or group, separated by commas; `--list` names them
    #[arg(long, value_name = "NAME", value_delimiter = ',', num_args = 1.., conflicts_with = "quick")]
    only: Vec<String>,
    /// Probe what is asked for most, with fewer requests
    #[arg(long)]
    quick: bool,
    /// Name the capabilities and what a yes means; nothing is asked
    #[arg(long, conflicts_with_all = ["show", "fresh"])]
    list: bool,
    /// Take nothing over from an earlier card: what is not probed now is not on the card
    #[arg(long, conflicts_with = "show")]
    fresh: bool,
    /// Show the newest kept card; nothing is asked
    #[arg(long)]
    show: bool,
    /// Decides the seeds and the words that no model writes by itself
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Requests at a time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    concurrency: u16,
    /// The longest one answer may take
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,
    /// The longest all of it may take; what is found by then is kept
    #[arg(long, value_name = "SECONDS", default_value_t = 900, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    /// The longest prompt that is sent to probe the context, in tokens
    #[arg(long, value_name = "TOKENS", default_value_t = probes::LONGEST)]
    longest: u64,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// When a capability or the endpoint cannot be used, nothing answers, or it was stopped; what was found is printed before and kept.
pub fn run(args: &Args, context: &Context) -> Result<(), Problem> {
    if args.list {
        return told::list(args.json);
    }
    if args.show {
        return told::card(&kept(args, context)?, args.json);
    }
    let capabilities = probes::chosen(&args.only, args.quick)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Problem::failed("the client cannot start", error.to_string(), "try again"))?;
    let ended = runtime.block_on(fly(args, context, capabilities))?;
    told::card(&ended.card, args.json)?;
    ended.trouble.map_or(Ok(()), Err)
}

fn kept(args: &Args, context: &Context) -> Result<Card, Problem> {
    let (store, problem) = Store::open(&context.paths);
    problem.iter().for_each(|problem| output::aside(&format!("note: {}: {}", problem.what, problem.why)));
    let whom = args.whom.whom();
    let found = match whom.model {
        Some(model) => runner::of(&store, model, whom.dialect, None)?,
        None => runner::list(&store, None, 1)?.into_iter().next(),
    };
    found.ok_or_else(|| {
        Problem::failed("there is no card to show", "none was made of it", "vramdeck probe makes one; add --model")
    })
}

async fn fly(args: &Args, context: &Context, capabilities: Vec<&'static probes::Capability>) -> Result<Ended, Problem> {
    let client = Client::new();
    let found = find(&args.whom.whom(), &context.paths, &client).await?;
    let order = order(args, found, client, capabilities).await;
    let store = StoreHandle::start(context.paths.clone(), |_, problem| {
        problem.iter().for_each(|problem| output::aside(&format!("note: {}: {}", problem.what, problem.why)));
    })?;
    let cancel = CancellationToken::new();
    let teller = Teller::new(args.json);
    let work = runner::run(order, Some(&store), &cancel, |step| teller.step(&step));
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

async fn order(args: &Args, found: Found, client: Client, capabilities: Vec<&'static probes::Capability>) -> Order {
    let Found { endpoint, run, detected } = found;
    let detected = match detected {
        Some(detected) => Some(detected),
        // What the endpoint does not say of itself stays unknown.
        None => client.detect(&endpoint.base_url, endpoint.key.clone()).await.ok(),
    };
    let context = detected.as_ref().and_then(|detected| detected.context_tokens(&endpoint.model));
    let context = context.or(run.as_ref().and_then(|run| run.context_tokens));
    let subject = Subject {
        model: endpoint.model.clone(),
        engine: endpoint.dialect.name().to_owned(),
        version: detected.and_then(|detected| detected.version).unwrap_or_default(),
        url: endpoint.base_url.clone(),
        weights: run.map(|run| run.model).unwrap_or_default(),
    };
    let situation = Situation { dialect: endpoint.dialect, context, seed: args.seed, longest: args.longest };
    let patience = Duration::from_secs(args.timeout);
    // One limit holds, not also that of the silence between two pieces.
    let client = client.with_idle_timeout(patience + Duration::from_secs(1));
    Order {
        target: Target { client, endpoint, patience },
        subject,
        situation,
        capabilities,
        at_once: usize::from(args.concurrency),
        limit: Duration::from_secs(args.limit),
        take_over: !args.fresh,
    }
}
