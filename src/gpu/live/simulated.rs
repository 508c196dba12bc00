//! The simulated card: a folder that every process of a demo shares. It holds the scenario with the moment it began,
//! so that all see the same desktop at the same second, and the claims of simulated engines.

use super::claims::{self, Kept};
use super::proc::Processes;
use super::reader::Cards;
use crate::base::{Bytes, Problem, Unknown};
use crate::gpu::scenario::{Activity, Held, Scenario, Shares, built_in, card_at, parse, share};
use crate::gpu::{Card, Driver, GpuProcess, ProcessUse, Source};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Environment variable by which a simulated engine finds the folder of the card it runs on.
pub const SIM_CARD_ENV: &str = "VRAMDECK_SIM_CARD";

/// A simulated card, or a machine of several. Cheap to clone; all clones and all processes on one folder see the same.
#[derive(Debug, Clone)]
pub struct SimCard {
    dir: PathBuf,
    name: String,
    epoch: SystemTime,
    scenario: Arc<Scenario>,
}

/// `card.json`: the scenario's own text goes with it, so that a child needs no presets.
#[derive(Serialize, Deserialize)]
struct State {
    scenario: String,
    epoch_seconds: f64,
    text: String,
}

impl SimCard {
    /// Opens the folder for a scenario, making it where needed. `scenario` is a name (a file of that name in
    /// `override_dir` wins over the one that comes with vramdeck) or the path of a TOML file. With the same scenario
    /// as before, time goes on where it was; with another one it begins anew and living claims stay.
    ///
    /// # Errors
    /// Unknown scenario, a file that is wrong (with its line), a folder that cannot be written.
    pub fn create(dir: &Path, scenario: &str, override_dir: Option<&Path>) -> Result<Self, Problem> {
        let Found { name, place, text } = find(scenario, override_dir)?;
        parse(&place, &text)?;
        let broken = |error: io::Error| unusable(dir, &error);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(dir.join("claims")).map_err(broken)?;
        let _lock = claims::lock(dir).map_err(broken)?;
        let same = read_state(dir).ok().filter(|state| state.scenario == name && state.text == text);
        if same.is_none() {
            let epoch_seconds = seconds(SystemTime::now());
            let state = State { scenario: name, epoch_seconds, text };
            let json = serde_json::to_vec(&state).map_err(|error| broken(error.into()))?;
            claims::write_whole(&dir.join("card.json"), &json).map_err(broken)?;
        }
        Self::open(dir)
    }

    /// Opens a folder that [`create`](Self::create) made, as a simulated engine does.
    ///
    /// # Errors
    /// When there is no card in it, or it cannot be read.
    pub fn open(dir: &Path) -> Result<Self, Problem> {
        let state = read_state(dir).map_err(|error| unusable(dir, &error))?;
        Ok(Self {
            dir: dir.to_owned(),
            epoch: SystemTime::UNIX_EPOCH + Duration::try_from_secs_f64(state.epoch_seconds).unwrap_or_default(),
            scenario: Arc::new(parse(&state.scenario, &state.text)?),
            name: state.scenario,
        })
    }

    /// The folder, for [`SIM_CARD_ENV`].
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The scenario's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The scenario itself.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Time since the scenario began; zero while the clock stands before that.
    pub fn elapsed(&self) -> Duration {
        SystemTime::now().duration_since(self.epoch).unwrap_or_default()
    }

    /// One card shared out between the scenario and claims of `claimed` bytes.
    pub(super) fn shares(&self, card: u32, claimed: Bytes) -> Option<Shares<'_>> {
        share(&self.scenario, card as usize, self.elapsed(), claimed)
    }

    /// Total, used and free bytes of one card now, as a program on it would ask. `None` for a card that is not there.
    pub fn memory(&self, card: u32) -> Option<crate::gpu::Memory> {
        let claimed =
            claims::living(&self.dir).iter().filter(|claim| claim.card == card).map(|claim| claim.bytes).sum();
        let shares = self.shares(card, claimed)?;
        let Shares { total, used, free, reserved, .. } = shares;
        Some(crate::gpu::Memory { total, used, free, reserved: Ok(reserved) })
    }

    /// Every card with who holds its memory.
    pub(super) fn read(&self, processes: &mut Processes) -> Cards {
        let claims = claims::living(&self.dir);
        let count = u32::try_from(self.scenario.cards.len()).unwrap_or(0);
        let spec = &self.scenario.driver;
        Cards {
            source: Source::Simulated(self.name.clone()),
            driver: Ok(Driver { version: spec.version.clone(), cuda: Ok(spec.cuda), nvml: Ok(spec.nvml.clone()) }),
            cards: (0..count).filter_map(|index| self.card(index, &claims, processes)).collect(),
            problem: None,
        }
    }

    fn card(&self, index: u32, claims: &[Kept], processes: &mut Processes) -> Option<Card> {
        let mine: Vec<&Kept> = claims.iter().filter(|claim| claim.card == index).collect();
        let shares = self.shares(index, mine.iter().map(|claim| claim.bytes).sum())?;
        let activities: Vec<Activity> = mine.iter().map(|claim| claim.activity()).collect();
        let mut card = card_at(&self.scenario, index as usize, &shares, &activities)?;
        let mut holding: Vec<GpuProcess> = shares.held.iter().map(|held| self.of_scenario(held)).collect();
        for claim in mine.into_iter().filter(|claim| claim.bytes > Bytes(0)) {
            match holding.iter_mut().find(|process| process.pid == claim.pid) {
                Some(process) => process.used = process.used.clone().map(|used| used + claim.bytes),
                None => holding.push(of_claim(claim, processes)),
            }
        }
        card.processes = Ok(holding);
        Some(card)
    }

    fn of_scenario(&self, held: &Held<'_>) -> GpuProcess {
        GpuProcess {
            pid: held.pid,
            name: Ok(crate::base::text::clean_line(&held.process.name)),
            command: Ok(crate::base::text::clean_line(&held.process.command)),
            own: false,
            used: Ok(held.bytes),
            usage: held.process.usage,
            run: None,
            since: Err(Unknown::because("a process of the scenario")),
        }
    }
}

fn of_claim(claim: &Kept, processes: &mut Processes) -> GpuProcess {
    let facts = processes.facts(claim.pid);
    let told = |unknown: &Unknown| unknown.clone();
    GpuProcess {
        pid: claim.pid,
        name: Ok(crate::base::text::clean_line(&claim.name)),
        command: facts.as_ref().map_err(told).and_then(|facts| facts.command.clone()),
        own: facts.as_ref().is_ok_and(|facts| facts.own),
        used: Ok(claim.bytes),
        usage: ProcessUse::Compute,
        run: None,
        since: facts.as_ref().map_err(told).and_then(|facts| facts.since.clone()),
    }
}

/// A scenario that was found, where, and its text.
struct Found {
    name: String,
    place: String,
    text: String,
}

fn find(scenario: &str, override_dir: Option<&Path>) -> Result<Found, Problem> {
    if scenario.contains('/') || scenario.ends_with(".toml") {
        let text = fs::read_to_string(scenario).map_err(|error| unreadable(scenario, &error))?;
        let name = Path::new(scenario).file_stem().map_or_else(|| scenario.into(), |stem| stem.to_string_lossy());
        return Ok(Found { name: crate::base::text::clean_line(&name), place: scenario.to_owned(), text });
    }
    if let Some(file) = override_dir.map(|dir| dir.join(format!("{scenario}.toml"))) {
        match fs::read_to_string(&file) {
            Ok(text) => return Ok(Found { name: scenario.to_owned(), place: file.display().to_string(), text }),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(error) => return Err(unreadable(&file.to_string_lossy(), &error)),
        }
    }
    let text = built_in(scenario).ok_or_else(|| unknown(scenario))?;
    Ok(Found { name: scenario.to_owned(), place: scenario.to_owned(), text: text.to_owned() })
}

fn unknown(scenario: &str) -> Problem {
    let names: Vec<&str> = crate::gpu::scenario::BUILT_IN.iter().map(|(name, _)| *name).collect();
    Problem::usage(
        format!("no card scenario is called {}", crate::base::text::clean_line(scenario)),
        format!("vramdeck brings {}", names.join(", ")),
        "name one of these, or give the path of a .toml file",
    )
}

fn unreadable(file: &str, error: &io::Error) -> Problem {
    Problem::usage(
        format!("the card scenario {} cannot be read", crate::base::text::clean_line(file)),
        error.to_string(),
        "check the path, or use --demo desktop",
    )
}

fn unusable(dir: &Path, error: &io::Error) -> Problem {
    Problem::failed(
        "the simulated card cannot be used",
        format!("{}: {error}", crate::base::text::clean_line(&dir.to_string_lossy())),
        "the demo keeps it in vramdeck's state folder; check that it can be written, or set VRAMDECK_HOME",
    )
}

fn read_state(dir: &Path) -> io::Result<State> {
    Ok(serde_json::from_slice(&fs::read(dir.join("card.json"))?)?)
}

pub(super) fn seconds(at: SystemTime) -> f64 {
    at.duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// A reading of a wall-clock time kept as seconds.
pub(super) fn age(epoch_seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds(SystemTime::now()) - epoch_seconds).unwrap_or_default()
}
