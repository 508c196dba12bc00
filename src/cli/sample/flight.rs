//! The asking: whom, all that was planned, then the branches.

use super::{Args, WhatIf};
use crate::base::Problem;
use crate::cli::chat::target::{Found, Whom, find};
use crate::cli::{Context, output};
use crate::lab::samples::{Answer, Place, Plan, Step, Wish, branch, plan, ranked};
use crate::runtime::samples::{self, Ended, Target};
use crate::wire::DetectedEngine;
use crate::wire::live::Client;
use std::io::IsTerminal;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// All that came of one model.
pub(super) struct Flown {
    pub(super) wish: Wish,
    pub(super) plan: Arc<Plan>,
    pub(super) target: Target,
    pub(super) version: Option<String>,
    pub(super) ended: Ended,
}

impl Flown {
    /// Answers of one settings, those that branched off included.
    pub(super) fn of(&self, setting: usize) -> impl Iterator<Item = &Answer> {
        self.ended.answers.iter().filter(move |answer| answer.place.setting == setting)
    }

    /// The answer of a settings that `best_of` shows.
    pub(super) fn chosen(&self, setting: usize) -> Option<Place> {
        self.plan.emulated.as_ref()?;
        let all: Vec<&Answer> = self.of(setting).filter(|answer| answer.parent.is_none()).collect();
        ranked(&all).first().map(|at| all[*at].place)
    }

    /// Why the answers of a settings were asked for one by one, where they were and somebody wanted several.
    pub(super) fn apart(&self, setting: usize) -> Option<&str> {
        use crate::lab::samples::Asked;
        let later = self.ended.apart.get(&setting).map(String::as_str);
        later.or_else(|| match &self.plan.settings.get(setting)?.asked {
            Asked::Apart(why) => why.as_deref(),
            Asked::Together => None,
        })
    }

    /// How the answers of a settings were asked for.
    pub(super) fn asked(&self, setting: usize) -> &'static str {
        match (self.ended.apart.contains_key(&setting), self.plan.settings.get(setting)) {
            (false, Some(planned)) => planned.asked.words(),
            _ => "separate requests",
        }
    }
}

/// Asks every model, one after another: two at a time on one card would measure each other.
pub(super) async fn fly(
    args: &Args,
    context: &Context,
    wish: &Wish,
    what_if: &[WhatIf],
) -> Result<Vec<Flown>, Problem> {
    let client = Client::new();
    let mut targets = Vec::new();
    for whom in args.whom() {
        let found = find(&whom, &context.paths, &client).await?;
        let found = target(found, &client).await;
        // Whatever cannot be asked is said before anything is.
        let planned = plan(wish, found.0.endpoint.dialect)?;
        targets.push((found, Arc::new(planned)));
    }
    let cancel = CancellationToken::new();
    let mut all = Vec::new();
    for ((target, version), plan) in targets {
        if !args.json {
            plan.notes.iter().for_each(|note| output::aside(&format!("note: {note}")));
        }
        let ended = until_interrupted(ask(args, &plan, &target, what_if, &cancel), &cancel).await?;
        let stopped = ended.stopped;
        all.push(Flown { wish: wish.clone(), plan, target, version, ended });
        if stopped {
            break;
        }
    }
    Ok(all)
}

/// Waits for the end; Ctrl-C cancels, and what had come by then is the end.
async fn until_interrupted<T>(work: impl Future<Output = T>, cancel: &CancellationToken) -> T {
    tokio::pin!(work);
    loop {
        tokio::select! {
            ended = &mut work => return ended,
            Ok(()) = tokio::signal::ctrl_c(), if !cancel.is_cancelled() => cancel.cancel(),
        }
    }
}

impl Args {
    /// Every model that is named.
    fn whom(&self) -> Vec<Whom<'_>> {
        let some = |list: &'_ [String]| -> Vec<Option<usize>> {
            if list.is_empty() { vec![None] } else { (0..list.len()).map(Some).collect() }
        };
        let mut all = Vec::new();
        for run in some(&self.run) {
            for model in some(&self.model) {
                all.push(Whom {
                    url: self.url.as_deref(),
                    key: self.key.as_deref(),
                    model: model.and_then(|at| self.model.get(at)).map(String::as_str),
                    run: run.and_then(|at| self.run.get(at)).map(String::as_str),
                    dialect: self.dialect.as_deref(),
                });
            }
        }
        all
    }
}

/// Whom to ask, with the context and version that it tells of itself.
async fn target(found: Found, client: &Client) -> (Target, Option<String>) {
    let Found { endpoint, run, detected } = found;
    let detected: Option<DetectedEngine> = match detected {
        Some(detected) => Some(detected),
        // What the endpoint does not say of itself stays unknown.
        None => client.detect(&endpoint.base_url, endpoint.key.clone()).await.ok(),
    };
    let context = detected.as_ref().and_then(|detected| detected.context_tokens(&endpoint.model));
    let context = context.or(run.and_then(|run| run.context_tokens));
    (Target { client: client.clone(), endpoint, context }, detected.and_then(|detected| detected.version))
}

async fn ask(
    args: &Args,
    plan: &Arc<Plan>,
    target: &Target,
    what_if: &[WhatIf],
    cancel: &CancellationToken,
) -> Result<Ended, Problem> {
    let shown = !args.json && std::io::stderr().is_terminal();
    let (total, mut done) = (plan.total(), 0usize);
    let (tx, mut steps) = mpsc::channel(64);
    let telling = async {
        while let Some(step) = steps.recv().await {
            if let (Step::Ended(_), true) = (&step, shown) {
                done += 1;
                output::aside(&format!("{done} of {total} answers"));
            }
        }
    };
    let asking = samples::run(Arc::clone(plan), target, usize::from(args.concurrency), cancel, tx);
    let (mut ended, ()) = tokio::join!(asking, telling);
    if ended.stopped || ended.failed().is_some() {
        return Ok(ended);
    }
    for wanted in what_if {
        let Some(first) = ended.answers.first().cloned() else { break };
        let branch = branch(&first, wanted.token, &wanted.text, plan.dialect)?;
        let setting = first.place.setting;
        let index = ended.answers.iter().filter(|answer| answer.place.setting == setting).count();
        // Nobody watches the pieces here.
        let (tx, _) = mpsc::channel(1);
        let going = samples::go_on(plan, target, branch, Place { setting, index }, &tx);
        tokio::select! {
            () = cancel.cancelled() => { ended.stopped = true; break; }
            answer = going => ended.answers.push(answer?),
        }
    }
    Ok(ended)
}
