//! A run of a suite from order to end, kept all the way.

use super::ask::Target;
use super::cases::Suite;
use super::drive::{Driven, drive};
use super::keep::{self, Keeper};
use super::subject::Subject;
use crate::base::Problem;
use crate::base::units::utc;
use crate::lab::suite::{About, Outcome, Plan, Progress, Run, State};
use crate::store::{StoreHandle, SuiteRow};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;

/// Whether an earlier run is gone on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GoOn {
    /// With the newest one that is not done, of the same suite, plan and subject.
    #[default]
    Alike,
    /// With this one, of the same suite and subject: its plan and cases count.
    With(i64),
    /// With none.
    Fresh,
}

/// What to run.
#[derive(Debug, Clone)]
pub struct Order {
    /// The cases.
    pub suite: Suite,
    /// How to ask them.
    pub plan: Plan,
    /// Of whom the result speaks.
    pub subject: Subject,
    /// Whom to ask.
    pub target: Target,
    /// Whether an earlier run is gone on with.
    pub go_on: GoOn,
}

/// What happens on the way.
#[derive(Debug)]
pub enum Step<'a> {
    /// It begins; `id` is its number where it is kept, `earlier` how many jobs an earlier run has done.
    Begun {
        /// Its number.
        id: Option<i64>,
        /// Jobs done before.
        earlier: usize,
        /// How far it is.
        progress: Progress,
    },
    /// A case is done.
    Done {
        /// What became of it.
        outcome: &'a Outcome,
        /// How far it is.
        progress: Progress,
    },
    /// Something is not kept; told once.
    Unsaved(&'a Problem),
}

/// What came of a run.
#[derive(Debug)]
pub struct Ended {
    /// Its number, where it is kept.
    pub id: Option<i64>,
    /// What was measured.
    pub about: About,
    /// Base URL, without user and password.
    pub endpoint: String,
    /// Where it stands.
    pub state: State,
    /// The run with its plan and outcomes.
    pub run: Run,
    /// The last request that failed, if one did.
    pub trouble: Option<Problem>,
    /// Whether it was given up because nothing answered.
    pub given_up: bool,
}

/// Runs an order. `each` hears of every step on the task that calls; without a store nothing is kept.
///
/// # Errors
/// When the plan or the cases cannot be run, or the run to go on with is not there or in other hands. Requests that fail are no
/// error: they are outcomes, and [`Ended::trouble`] tells of them.
pub async fn run(
    order: Order,
    store: Option<&StoreHandle>,
    cancel: &CancellationToken,
    mut each: impl FnMut(Step<'_>),
) -> Result<Ended, Problem> {
    let Begun { run, about, keeper, unsaved } = begin(&order, store).await?;
    let id = keeper.id();
    each(Step::Begun { id, earlier: run.progress().done, progress: run.progress() });
    let mut told = false;
    let mut tell = |problem: &Problem, each: &mut dyn FnMut(Step<'_>)| {
        if !std::mem::replace(&mut told, true) {
            each(Step::Unsaved(problem));
        }
    };
    if let Some(problem) = unsaved {
        tell(&problem, &mut each);
    }
    let driven = drive(run, order.target, &keeper, cancel, |outcome, progress, unsaved| {
        if let Some(problem) = unsaved {
            tell(problem, &mut each);
        }
        each(Step::Done { outcome, progress });
    })
    .await;
    let Driven { run, trouble, given_up } = driven;
    let state = run.state();
    if let Err(problem) = keeper.end(&run).await {
        tell(&problem, &mut each);
    }
    Ok(Ended { id, about, endpoint: bare(&order.subject.endpoint), state, run, trouble, given_up })
}

struct Begun {
    run: Run,
    about: About,
    keeper: Keeper,
    unsaved: Option<Problem>,
}

async fn begin(order: &Order, store: Option<&StoreHandle>) -> Result<Begun, Problem> {
    let (at, row) = (now(), row(order));
    let fresh = |row: &SuiteRow| -> Result<(Run, SuiteRow), Problem> {
        let run = Run::new(order.plan.clone(), order.suite.cases.clone(), Vec::new())?;
        let total = u32::try_from(run.progress().total).unwrap_or(u32::MAX);
        Ok((run, SuiteRow { at, total, ..row.clone() }))
    };
    let Some(store) = store else {
        let (run, row) = fresh(&row)?;
        return Ok(Begun { run, about: keep::about(&row), keeper: Keeper::default(), unsaved: None });
    };
    let earlier = match order.go_on {
        GoOn::Fresh => None,
        GoOn::With(id) => Some(id),
        GoOn::Alike => {
            let like = row.clone();
            store.call(move |store| keep::unfinished(store, &like)).await.unwrap_or(None)
        }
    };
    if let Some(id) = earlier {
        let like = row.clone();
        let loaded = store
            .call(move |store| {
                keep::same_subject(store, id, &like)?;
                store.take_up_suite(id)?;
                keep::load(store, id)
            })
            .await?;
        let run = Run::new(loaded.plan, loaded.cases, loaded.outcomes)?;
        return Ok(Begun { run, about: loaded.kept.about, keeper: Keeper::of(store, id), unsaved: None });
    }
    let (run, row) = fresh(&row)?;
    let about = keep::about(&row);
    match store.call(move |store| store.begin_suite(&row)).await {
        Ok(id) => Ok(Begun { run, about, keeper: Keeper::of(store, id), unsaved: None }),
        Err(problem) => Ok(Begun { run, about, keeper: Keeper::default(), unsaved: Some(problem) }),
    }
}

fn row(order: &Order) -> SuiteRow {
    let Subject { model, weights, variant, engine, version, endpoint } = order.subject.clone();
    SuiteRow {
        at: 0.0,
        suite: order.suite.name.clone(),
        model,
        weights,
        variant,
        engine,
        version,
        endpoint: bare(&endpoint),
        plan: serde_json::to_string(&order.plan).unwrap_or_default(),
        cases: order.suite.own.clone(),
        total: 0,
    }
}

/// A URL without user and password.
fn bare(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{scheme}://{}{path}", host.rsplit('@').next().unwrap_or_default())
}

pub(super) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// A time as results tell it.
pub(super) fn when(at: f64) -> String {
    utc(Duration::try_from_secs_f64(at).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_kept() {
        for (url, kept) in [
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("https://me:secret@host/v1@x", "https://host/v1@x"),
            ("http://a:b@c:d@host:1", "http://host:1"),
        ] {
            assert_eq!(bare(url), kept);
        }
    }
}
