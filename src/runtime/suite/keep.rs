//! Results in the database: rows as what they mean.

use super::cases;
use super::order::{now, when};
use crate::base::Problem;
use crate::lab::suite::{About, Brief, Case, Family, Kept, Outcome, Plan, Run, Setting, State};
use crate::store::{KeptSuite, OutcomeRow, Store, StoreHandle, SuiteRow, SuiteState};

/// Kept runs among which one is looked for.
const LOOKED: usize = 200;

/// A kept run with all that it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// What it is.
    pub kept: Kept,
    /// Its plan.
    pub plan: Plan,
    /// Its cases.
    pub cases: Vec<Case>,
    /// What is done.
    pub outcomes: Vec<Outcome>,
}

/// Kept runs, newest first: all, or those of a family and of a model by the name it was asked or started under.
///
/// # Errors
/// When the database cannot be read.
pub fn list(store: &Store, family: Option<Family>, model: Option<&str>, limit: usize) -> Result<Vec<Kept>, Problem> {
    let all = store.suites(model, limit)?.into_iter().map(kept);
    Ok(all.filter(|kept| family.is_none_or(|family| kept.family == family)).collect())
}

/// The newest result about tool calls of each model and variant that ran to its end and holds an answer, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn newest(store: &Store) -> Result<Vec<Kept>, Problem> {
    let mut found: Vec<Kept> = Vec::new();
    for kept in list(store, Some(Family::Tools), None, LOOKED)? {
        let alike = |one: &Kept| {
            (&one.about.model, &one.weights, &one.about.variant)
                == (&kept.about.model, &kept.weights, &kept.about.variant)
        };
        let counts =
            kept.state == SuiteState::Done.name() && kept.brief.as_ref().is_some_and(|brief| brief.headline.is_some());
        if counts && !found.iter().any(alike) {
            found.push(kept);
        }
    }
    Ok(found)
}

/// Reads a kept run. Outcomes that a newer vramdeck wrote in another way are left out.
///
/// # Errors
/// When there is none of that number, the database cannot be read, or its plan or cases are not known any more.
pub fn load(store: &Store, id: i64) -> Result<Loaded, Problem> {
    let what = format!("run {id} of a suite is not read");
    let Some(found) = store.suite(id)? else {
        return Err(Problem::usage(what, "there is none of this number", "vramdeck tools results"));
    };
    let plan: Plan = serde_json::from_str(&found.row.plan)
        .map_err(|error| Problem::failed(what, format!("its plan is not understood: {error}"), "run the suite anew"))?;
    let cases = cases::again(&found.row.suite, &found.row.cases)?;
    let read = store.outcomes(id)?;
    let mut outcomes: Vec<Outcome> = read.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    // They were written as they came; they are told in the order of the cases.
    let settings: Vec<String> = plan.settings().iter().map(Setting::key).collect();
    outcomes.sort_by_cached_key(|outcome| {
        let setting = settings.iter().position(|key| *key == outcome.setting);
        (setting, cases.iter().position(|case| case.id == outcome.case), outcome.repeat)
    });
    Ok(Loaded { kept: kept(found), plan, cases, outcomes })
}

/// The newest run that is not done and in nobody's hands, of the same suite, plan, cases and subject.
pub(super) fn unfinished(store: &mut Store, like: &SuiteRow) -> Result<Option<i64>, Problem> {
    let alike = |kept: &KeptSuite| {
        let row = SuiteRow { at: like.at, total: like.total, endpoint: like.endpoint.clone(), ..kept.row.clone() };
        matches!(kept.state, SuiteState::Cancelled | SuiteState::Interrupted) && row == *like
    };
    let newest = store.suites(Some(&like.model), LOOKED)?.into_iter().find(|kept| {
        let row = SuiteRow { at: like.at, total: like.total, endpoint: like.endpoint.clone(), ..kept.row.clone() };
        row == *like
    });
    Ok(newest.filter(alike).map(|kept| kept.id))
}

/// Whether a kept run speaks of the same suite, model and engine; a variant that is not named is that of the run.
pub(super) fn same_subject(store: &Store, id: i64, like: &SuiteRow) -> Result<(), Problem> {
    let Some(KeptSuite { row, .. }) = store.suite(id)? else { return Ok(()) };
    let pairs = [
        ("suite", &row.suite, &like.suite),
        ("model", &row.model, &like.model),
        ("engine", &row.engine, &like.engine),
        ("version", &row.version, &like.version),
        ("variant", &row.variant, if like.variant.is_empty() { &row.variant } else { &like.variant }),
    ];
    match pairs.into_iter().find(|(_, kept, asked)| kept != asked) {
        Some((what, kept, asked)) => Err(Problem::usage(
            format!("run {id} of a suite is not gone on with"),
            format!("its {what} is {kept}, not {asked}"),
            "results of two are not mixed: begin anew with --fresh",
        )),
        None => Ok(()),
    }
}

/// Where outcomes of a run go; nowhere by default.
#[derive(Debug, Clone, Default)]
pub struct Keeper(Option<(StoreHandle, i64)>);

impl Keeper {
    /// To this run in the database.
    pub(super) fn of(store: &StoreHandle, id: i64) -> Self {
        Self(Some((store.clone(), id)))
    }

    /// The run's number.
    pub(super) fn id(&self) -> Option<i64> {
        self.0.as_ref().map(|(_, id)| *id)
    }

    pub(super) async fn save(&self, outcome: &Outcome) -> Result<(), Problem> {
        let Some((store, id)) = self.0.clone() else { return Ok(()) };
        let row = outcome_row(outcome);
        store.call(move |store| store.save_outcome(id, &row, now())).await
    }

    pub(super) async fn end(&self, run: &Run) -> Result<(), Problem> {
        let Some((store, id)) = self.0.clone() else { return Ok(()) };
        let state = if run.state() == State::Done { SuiteState::Done } else { SuiteState::Cancelled };
        let figures = figures(run);
        store.call(move |store| store.end_suite(id, state, &figures, now())).await
    }
}

fn outcome_row(outcome: &Outcome) -> OutcomeRow {
    let label = serde_json::to_value(outcome.label).ok().and_then(|word| word.as_str().map(str::to_owned));
    OutcomeRow {
        setting: outcome.setting.clone(),
        case: outcome.case.clone(),
        repeat: outcome.repeat,
        label: label.unwrap_or_default(),
        outcome: serde_json::to_string(outcome).unwrap_or_default(),
    }
}

fn figures(run: &Run) -> String {
    let outcomes: Vec<Outcome> = run.outcomes().cloned().collect();
    let brief = Brief::of(run.plan(), &outcomes);
    brief.and_then(|brief| serde_json::to_string(&brief).ok()).unwrap_or_default()
}

pub(super) fn about(row: &SuiteRow) -> About {
    About {
        suite: row.suite.clone(),
        model: row.model.clone(),
        variant: row.variant.clone(),
        engine: [row.engine.as_str(), row.version.as_str()].join(" ").trim().to_owned(),
        started: when(row.at),
    }
}

fn kept(found: KeptSuite) -> Kept {
    Kept {
        id: found.id,
        family: serde_json::from_str::<Plan>(&found.row.plan).map(|plan| plan.family).unwrap_or_default(),
        about: about(&found.row),
        weights: found.row.weights,
        endpoint: found.row.endpoint,
        at: found.row.at,
        changed_at: found.changed_at,
        state: found.state.name(),
        total: found.row.total,
        done: found.done,
        right: found.right,
        failed: found.failed,
        brief: serde_json::from_str(&found.figures).ok(),
    }
}
