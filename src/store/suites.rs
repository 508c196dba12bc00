//! Runs of suites: what was asked of whom, and what became of each case as it became known.

use super::Store;
use super::owner::Owner;
use crate::base::Problem;
use rusqlite::{Row, params};

/// Runs that are kept: the newest.
const KEPT: i64 = 200;

const COLUMNS: &str =
    "id, at, changed_at, suite, model, weights, variant, engine, version, endpoint, plan, cases, total,
    figures, state, coalesce(owner_pid, 0), coalesce(owner_start, 0),
    (SELECT count(*) FROM outcomes WHERE run = id),
    (SELECT count(*) FROM outcomes WHERE run = id AND label = 'right'),
    (SELECT count(*) FROM outcomes WHERE run = id AND label = 'failed')";

/// Where a kept run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuiteState {
    /// A living process works on it.
    Running,
    /// It was stopped by hand, or because nothing answered any more.
    Cancelled,
    /// The process that worked on it ended.
    Interrupted,
    /// All was asked.
    Done,
}

impl SuiteState {
    /// In files and documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
            Self::Done => "done",
        }
    }
}

/// A run of a suite. Keys and passwords are no part of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SuiteRow {
    /// When it began, seconds since the Unix epoch.
    pub at: f64,
    /// The suite's name.
    pub suite: String,
    /// The model as it was asked for.
    pub model: String,
    /// The repository or path that the engine was started with; empty where it is not known.
    pub weights: String,
    /// Which quantisation or parser this is, in the person's word; may be empty.
    pub variant: String,
    /// Kind of server.
    pub engine: String,
    /// Its version; empty where it did not say.
    pub version: String,
    /// Base URL, without user and password.
    pub endpoint: String,
    /// JSON of the plan.
    pub plan: String,
    /// The cases as JSONL, where they are the person's own; empty for those that come with vramdeck.
    pub cases: String,
    /// Jobs in all.
    pub total: u32,
}

/// A kept run and how far it came.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptSuite {
    /// Its number.
    pub id: i64,
    /// What was asked of whom.
    pub row: SuiteRow,
    /// When it last changed, seconds since the Unix epoch.
    pub changed_at: f64,
    /// Where it stands.
    pub state: SuiteState,
    /// JSON of what came out; empty before anything did.
    pub figures: String,
    /// Jobs that are done, failed ones among them.
    pub done: u32,
    /// Those that were right.
    pub right: u32,
    /// Those whose request failed.
    pub failed: u32,
}

/// What became of one case under one setting at one repeat.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutcomeRow {
    /// The setting's key.
    pub setting: String,
    /// The case's id.
    pub case: String,
    /// Which repeat, from 0.
    pub repeat: u32,
    /// The verdict in one word.
    pub label: String,
    /// JSON of all of it.
    pub outcome: String,
}

impl Store {
    /// Begins a run, on which this process works; gives its number. The oldest beyond 200 go.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn begin_suite(&mut self, row: &SuiteRow) -> Result<i64, Problem> {
        let (me, mut id) = (self.owner, 0);
        self.write("the run of the suite could not be saved", true, |write| {
            write.execute(
                "INSERT INTO suites (at, changed_at, suite, model, weights, variant, engine, version, endpoint, plan, cases,
                    total, figures, state, owner_pid, owner_start)
                 VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, '', 'running', ?12, ?13)",
                params![
                    row.at,
                    row.suite,
                    row.model,
                    row.weights,
                    row.variant,
                    row.engine,
                    row.version,
                    row.endpoint,
                    row.plan,
                    row.cases,
                    row.total,
                    me.pid,
                    me.start
                ],
            )?;
            id = write.last_insert_rowid();
            write.execute("DELETE FROM suites WHERE id <= ?1 - ?2", [id, KEPT])?;
            Ok(())
        })?;
        Ok(id)
    }

    /// Takes a run up again, on which this process works from now on.
    ///
    /// # Errors
    /// When another living process works on it, there is none of this number, or it could not be written.
    pub fn take_up_suite(&mut self, id: i64) -> Result<(), Problem> {
        let what = format!("run {id} of a suite is not gone on with");
        let me = self.owner;
        let Some(kept) = self.suite(id)? else {
            return Err(Problem::usage(what, "there is none of this number", "vramdeck tools results"));
        };
        if kept.state == SuiteState::Running && self.suite_owner(id)? != me {
            return Err(Problem::failed(what, "another vramdeck works on it", "wait until it is done"));
        }
        self.write(&what, false, |write| {
            write.execute(
                "UPDATE suites SET state = 'running', owner_pid = ?2, owner_start = ?3 WHERE id = ?1",
                params![id, me.pid, me.start],
            )?;
            Ok(())
        })
    }

    /// Keeps what became of one case; a second one for the same case, setting and repeat replaces the first. Survives the
    /// end of the process at once.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn save_outcome(&mut self, id: i64, row: &OutcomeRow, at: f64) -> Result<(), Problem> {
        self.write("the outcome of a case could not be saved", false, |write| {
            write
                .prepare_cached(
                    "INSERT OR REPLACE INTO outcomes (run, setting, case_id, repeat, label, outcome)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![id, row.setting, row.case, row.repeat, row.label, row.outcome])?;
            write.prepare_cached("UPDATE suites SET changed_at = ?2 WHERE id = ?1")?.execute(params![id, at])?;
            Ok(())
        })
    }

    /// Ends this process's work on a run, with what came out.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn end_suite(&mut self, id: i64, state: SuiteState, figures: &str, at: f64) -> Result<(), Problem> {
        self.write("the end of the suite could not be saved", true, |write| {
            write.execute(
                "UPDATE suites SET state = ?2, figures = ?3, changed_at = ?4, owner_pid = NULL, owner_start = NULL
                 WHERE id = ?1",
                params![id, state.name(), figures, at],
            )?;
            Ok(())
        })
    }

    /// Kept runs, newest first: all, or those of a model by the name it was asked or started under.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn suites(&self, model: Option<&str>, limit: usize) -> Result<Vec<KeptSuite>, Problem> {
        self.read("the kept runs could not be listed", |db| {
            db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM suites WHERE ?1 IS NULL OR model = ?1 OR weights = ?1 ORDER BY id DESC LIMIT ?2"
            ))?
            .query_map(params![model, limit as i64], kept)?
            .collect()
        })
    }

    /// One kept run; `None` when there is none of that number.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn suite(&self, id: i64) -> Result<Option<KeptSuite>, Problem> {
        self.read("the kept run could not be read", |db| {
            let mut find = db.prepare_cached(&format!("SELECT {COLUMNS} FROM suites WHERE id = ?1"))?;
            find.query_map([id], kept)?.next().transpose()
        })
    }

    /// What became of the cases of a run, as JSON, in the order in which it was written.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn outcomes(&self, id: i64) -> Result<Vec<String>, Problem> {
        self.read("the outcomes of the run could not be read", |db| {
            db.prepare_cached("SELECT outcome FROM outcomes WHERE run = ?1 ORDER BY rowid")?
                .query_map([id], |row| row.get(0))?
                .collect()
        })
    }

    fn suite_owner(&self, id: i64) -> Result<Owner, Problem> {
        self.read("the kept run could not be read", |db| {
            db.query_row(
                "SELECT coalesce(owner_pid, 0), coalesce(owner_start, 0) FROM suites WHERE id = ?1",
                [id],
                |row| Ok(Owner { pid: row.get(0)?, start: row.get(1)? }),
            )
        })
    }
}

fn kept(row: &Row<'_>) -> Result<KeptSuite, rusqlite::Error> {
    let owner = Owner { pid: row.get(15)?, start: row.get(16)? };
    let state = match row.get::<_, String>(14)?.as_str() {
        "done" => SuiteState::Done,
        "cancelled" => SuiteState::Cancelled,
        "running" if owner.is_alive() => SuiteState::Running,
        _ => SuiteState::Interrupted,
    };
    Ok(KeptSuite {
        id: row.get(0)?,
        changed_at: row.get(2)?,
        row: SuiteRow {
            at: row.get(1)?,
            suite: row.get(3)?,
            model: row.get(4)?,
            weights: row.get(5)?,
            variant: row.get(6)?,
            engine: row.get(7)?,
            version: row.get(8)?,
            endpoint: row.get(9)?,
            plan: row.get(10)?,
            cases: row.get(11)?,
            total: row.get(12)?,
        },
        figures: row.get(13)?,
        state,
        done: row.get(17)?,
        right: row.get(18)?,
        failed: row.get(19)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(model: &str) -> SuiteRow {
        SuiteRow {
            at: 1.5,
            suite: "quick".into(),
            model: model.into(),
            plan: "{}".into(),
            total: 3,
            ..SuiteRow::default()
        }
    }

    fn outcome(case: &str, label: &str) -> OutcomeRow {
        let outcome = format!("{{\"case\":\"{case}\",\"label\":\"{label}\"}}");
        OutcomeRow { setting: "s".into(), case: case.into(), repeat: 0, label: label.into(), outcome }
    }

    #[test]
    fn a_run_is_kept_as_its_outcomes_come() {
        let home = tempfile::tempdir().unwrap();
        let (mut store, problem) = Store::at(&home.path().join("deck.db"));
        assert!(problem.is_none(), "{problem:?}");
        let id = store.begin_suite(&row("a")).unwrap();
        for (case, label) in [("x", "failed"), ("y", "right"), ("x", "right"), ("z", "failed")] {
            store.save_outcome(id, &outcome(case, label), 2.0).unwrap();
        }
        let kept = store.suite(id).unwrap().unwrap();
        assert_eq!((kept.state, kept.done, kept.right, kept.failed), (SuiteState::Running, 3, 2, 1));
        assert_eq!((kept.row, kept.changed_at), (row("a"), 2.0));
        assert_eq!(store.outcomes(id).unwrap().len(), 3);
        assert!(store.save_outcome(99, &outcome("x", "right"), 2.0).is_err(), "no run, no outcome");
        store.end_suite(id, SuiteState::Done, "{}", 3.0).unwrap();
        let other = store.begin_suite(&SuiteRow { weights: "org/a".into(), ..row("b") }).unwrap();
        let ids = |model| store.suites(model, 9).unwrap().iter().map(|kept| kept.id).collect::<Vec<_>>();
        assert_eq!((ids(None), ids(Some("a")), ids(Some("org/a"))), (vec![other, id], vec![id], vec![other]));
        assert_eq!(store.suite(7).unwrap(), None);
    }

    #[test]
    fn a_run_belongs_to_one_living_process() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("deck.db");
        let (mut store, _) = Store::at(&path);
        let id = store.begin_suite(&row("a")).unwrap();
        let (mut other, _) = Store::at(&path);
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        other.owner = Owner { pid: i64::from(child.id()), ..other.owner };
        assert!(other.take_up_suite(id).unwrap_err().why.contains("another vramdeck"));
        store.end_suite(id, SuiteState::Cancelled, "", 2.0).unwrap();
        other.owner.start = 0;
        other.take_up_suite(id).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(store.suite(id).unwrap().unwrap().state, SuiteState::Interrupted);
        store.take_up_suite(id).unwrap();
        assert_eq!(store.suite(id).unwrap().unwrap().state, SuiteState::Running);
        assert_eq!(store.take_up_suite(99).unwrap_err().exit_code(), 2);
    }

    #[test]
    fn only_the_newest_are_kept() {
        let home = tempfile::tempdir().unwrap();
        let (mut store, _) = Store::at(&home.path().join("deck.db"));
        let first = store.begin_suite(&row("a")).unwrap();
        store.save_outcome(first, &outcome("x", "right"), 2.0).unwrap();
        for _ in 0..KEPT {
            store.begin_suite(&row("b")).unwrap();
        }
        assert_eq!(store.suites(None, 999).unwrap().len() as i64, KEPT);
        assert_eq!((store.suite(first).unwrap(), store.outcomes(first).unwrap()), (None, Vec::new()));
    }
}
