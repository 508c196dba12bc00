//! Makes an environment: every step is written down before it is done, and until the new one is whole and has answered,
//! the old one stays the current one.

use super::super::now;
use super::lock::Lock;
use super::room::{Room, gone, size};
use super::tool::{self, Failure, Setting, Sign};
use super::verify;
use crate::base::Problem;
use crate::engines::install::journal::Event;
use crate::engines::install::progress::Counter;
use crate::engines::install::{Act, InstallPlan, Progress, Record, Stage, Step, fault};
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// How an install is done.
#[derive(Debug, Clone)]
pub struct Options {
    /// Set to cancel: the tool is ended, what is half made is deleted.
    pub cancel: Arc<AtomicBool>,
    /// A tool that says nothing for so long is ended. uv is silent while it fetches one large file.
    pub silence: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { cancel: Arc::default(), silence: Duration::from_secs(45 * 60) }
    }
}

/// What was installed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Installed {
    /// The program.
    pub path: PathBuf,
    /// What is kept about the environment.
    pub record: Record,
    /// Whether it was there already, so that nothing was done.
    pub already: bool,
    /// What else is to be said: an old environment that is still used, an install that was cut off before.
    pub notes: Vec<String>,
}

/// Carries out a plan.
///
/// # Errors
/// Why a step failed, with the tool's last lines. Nothing half made is left then; what was fetched is kept.
pub(super) fn carry_out(
    room: &Room,
    lock: &Lock,
    plan: &InstallPlan,
    options: &Options,
    tell: &mut dyn FnMut(&Progress),
) -> Result<Installed, Problem> {
    let name = plan.slot.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut work = Work { room, lock, plan, options, tell, begun: Instant::now(), reported: None };
    let made = work.make(&name);
    match made {
        Ok(record) => {
            room.remember_failure(None);
            let notes = work.tidy(&name);
            Ok(Installed { path: verify::program(&plan.slot, &record), record, already: false, notes })
        }
        Err(problem) => {
            room.remember_failure(Some(&problem));
            // Where this fails, too, the next command does it.
            let _ = room.delete(&name).and_then(|_| room.close());
            Err(problem)
        }
    }
}

struct Work<'a> {
    room: &'a Room,
    lock: &'a Lock,
    plan: &'a InstallPlan,
    options: &'a Options,
    tell: &'a mut dyn FnMut(&Progress),
    begun: Instant,
    reported: Option<Instant>,
}

impl Work<'_> {
    fn make(&mut self, name: &str) -> Result<Record, Problem> {
        let plan = self.plan;
        let begun = Event::Begun { slot: name.to_owned(), version: plan.version.clone(), build: plan.build };
        self.note(&begun)?;
        fs::create_dir_all(&plan.slot)
            .map_err(|error| self.io("the environment cannot be made", &plan.slot, &error))?;
        let mut said = Vec::new();
        for (index, step) in plan.steps.iter().enumerate() {
            self.note(&Event::Step { index, stage: step.stage })?;
            said = self.step(index, step)?;
        }
        let record = self.record(&said);
        verify::quick(&plan.slot, &record)?;
        let written = self.room.write_record(name, &record);
        written.map_err(|error| self.io("the record cannot be written", &plan.slot, &error))?;
        self.note(&Event::Made { slot: name.to_owned() })?;
        let switched = self.room.switch(name);
        switched.map_err(|error| self.io("the new environment cannot be made the current one", &plan.slot, &error))?;
        self.note(&Event::Switched { slot: name.to_owned() })?;
        Ok(record)
    }

    fn record(&self, said: &[String]) -> Record {
        let plan = self.plan;
        let said =
            said.last().map(|line| crate::base::text::fit(&crate::base::text::clean_line(line), 100).into_owned());
        Record {
            package: plan.package,
            build: plan.build,
            version: plan.version.clone(),
            said: said.unwrap_or_default(),
            python: format!("{}.{}", plan.python.version.0, plan.python.version.1),
            requirement: plan.requirement.clone(),
            made_at: now(),
            seconds: self.begun.elapsed().as_secs_f64(),
            disk_bytes: size(&plan.slot),
            packages: verify::packages(&plan.slot),
        }
    }

    /// Deletes what the new environment replaces, and the downloads it was made from.
    fn tidy(&mut self, name: &str) -> Vec<String> {
        let mut notes = Vec::new();
        for old in self.room.slots().into_iter().filter(|one| one.slot != name) {
            // Tens of thousands of files take a while.
            let text = format!("done; deleting {}, which it replaces", old.slot);
            let last = self.plan.steps.len().saturating_sub(1);
            self.progress(last, Stage::Verify, text, &Counter::default(), 0.0, true);
            match self.room.delete(&old.slot) {
                Ok(users) if users.is_empty() => {}
                Ok(users) => {
                    notes.push(format!("{} stays until it is no longer used by {}", old.slot, users.join(", ")))
                }
                Err(error) => notes.push(format!("{} could not be deleted: {error}", old.slot)),
            }
        }
        // Both are tried again by the next command.
        let _ = gone(fs::remove_dir_all(&self.room.cache));
        let _ = self.room.close();
        notes
    }

    fn note(&self, event: &Event) -> Result<(), Problem> {
        self.room.note(event).map_err(|error| self.io("the journal cannot be written", &self.room.root, &error))
    }

    fn io(&self, what: &str, path: &Path, error: &std::io::Error) -> Problem {
        self.room.problem(what, path, error)
    }

    fn step(&mut self, index: usize, step: &Step) -> Result<Vec<String>, Problem> {
        self.progress(index, step.stage, String::new(), &Counter::default(), 0.0, true);
        let plan = self.plan;
        match &step.act {
            Act::Write { path, text } => {
                let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
                let written = folder.and_then(|()| fs::write(path, text));
                written.map_err(|error| self.io("a file cannot be written", path, &error))?;
                Ok(Vec::new())
            }
            // Only ever below the slot, whatever a plan says.
            Act::Remove(path) if path.starts_with(&plan.slot) => {
                let removed = if path.is_dir() { fs::remove_dir_all(path) } else { gone(fs::remove_file(path)) };
                removed.map_err(|error| self.io("a file cannot be removed", path, &error))?;
                Ok(Vec::new())
            }
            Act::Remove(_) => Ok(Vec::new()),
            Act::Run { argv, env, may_fail } => match self.tool(index, step.stage, argv, env) {
                Err(Failure::Failed(..)) if *may_fail => Ok(Vec::new()),
                result => result.map_err(|failure| self.failed(step.stage, failure)),
            },
        }
    }

    fn tool(
        &mut self,
        index: usize,
        stage: Stage,
        argv: &[String],
        env: &[(String, String)],
    ) -> Result<Vec<String>, Failure> {
        let options = self.options;
        let silence = if stage == Stage::Verify { options.silence.min(VERIFY) } else { options.silence };
        let setting = Setting { lock: self.lock, cancel: &options.cancel, silence, env: variables(&self.room.cache) };
        let mut counter = Counter::default();
        let mut shown = String::new();
        tool::run(&setting, argv, env, |sign| match sign {
            Sign::Line(line) => {
                let text = counter.line(line);
                let fresh = text.is_some();
                shown = text.unwrap_or_else(|| std::mem::take(&mut shown));
                self.progress(index, stage, shown.clone(), &counter, 0.0, fresh && shown.starts_with("Downloading"));
            }
            Sign::Silence(quiet) => self.progress(index, stage, shown.clone(), &counter, quiet.as_secs_f64(), false),
        })
    }

    /// Tells how far it is, at most five times a second unless it is `news`.
    fn progress(&mut self, index: usize, stage: Stage, text: String, counter: &Counter, silent: f64, news: bool) {
        if !news && self.reported.is_some_and(|at| at.elapsed() < Duration::from_millis(200)) {
            return;
        }
        self.reported = Some(Instant::now());
        let progress = Progress {
            stage,
            step: index + 1,
            steps: self.plan.steps.len(),
            text,
            packages: counter.packages(),
            bytes: counter.bytes(),
            seconds: self.begun.elapsed().as_secs_f64(),
            silent_seconds: silent,
        };
        self.room.report(&progress);
        (self.tell)(&progress);
    }

    fn failed(&self, stage: Stage, failure: Failure) -> Problem {
        let title = self.plan.package.title();
        match failure {
            Failure::Cancelled => Problem::failed(
                format!("the install of {title} {} is cancelled", self.plan.version),
                format!("it was asked to end while {}", stage.words()),
                "what was half made is deleted; what was fetched is kept for the next try",
            ),
            Failure::Failed(how, tail) => {
                let (why, hint) = fault::cause(stage, &tail, &how);
                Problem::failed(format!("{title} {} is not installed", self.plan.version), why, hint).with_detail(tail)
            }
        }
    }
}

/// A first start compiles and loads much, on a slow disk for minutes.
const VERIFY: Duration = Duration::from_secs(600);

/// Variables of every tool: nothing is asked, nothing is written outside of vramdeck's folders.
fn variables(cache: &Path) -> Vec<(String, String)> {
    let below = |name: &str| cache.join(name).to_string_lossy().into_owned();
    [
        ("UV_CACHE_DIR", below("uv")),
        ("PIP_CACHE_DIR", below("pip")),
        ("UV_PYTHON_DOWNLOADS", "never".to_owned()),
        ("UV_NO_PROGRESS", "1".to_owned()),
        ("PIP_NO_INPUT", "1".to_owned()),
        ("PIP_DISABLE_PIP_VERSION_CHECK", "1".to_owned()),
        ("PYTHONNOUSERSITE", "1".to_owned()),
        ("PYTHONUNBUFFERED", "1".to_owned()),
        ("VLLM_NO_USAGE_STATS", "1".to_owned()),
        ("LITELLM_LOCAL_MODEL_COST_MAP", "True".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}
