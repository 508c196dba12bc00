//! A stand for tests: folders of its own, stand-in engines, and a look at what is alive.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use vramdeck::engines::{Dialect, EngineKind, Phase, Plan, RunId, RunState, live};
use vramdeck::store::Paths;

/// The program under test.
pub const VRAMDECK: &str = env!("CARGO_BIN_EXE_vramdeck");

/// Folders that vanish with the test, and with them every process that still carries their mark.
pub struct Stand {
    pub dir: tempfile::TempDir,
    pub paths: Paths,
}

impl Stand {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let paths = Paths::under(dir.path());
        Self { dir, paths }
    }

    /// A plan that runs a shell script in place of an engine.
    pub fn script(&self, script: &str) -> Plan {
        let argv = ["sh", "-c", script].map(str::to_owned).to_vec();
        let place = ("HERE".to_owned(), self.dir.path().to_string_lossy().into_owned());
        Plan { argv, env: vec![place], ..plan(EngineKind::Vllm, Dialect::Vllm, "http://127.0.0.1:9") }
    }

    pub fn start(&self, plan: &Plan) -> RunState {
        live::start_with(&self.paths, plan, Path::new(VRAMDECK)).unwrap()
    }

    pub fn get(&self, run: &RunId) -> RunState {
        live::get(&self.paths, run).unwrap()
    }

    /// Waits until the run satisfies a condition.
    pub fn until(&self, run: &RunId, what: &str, condition: impl Fn(&RunState) -> bool) -> RunState {
        let began = Instant::now();
        loop {
            let state = self.get(run);
            if condition(&state) {
                return state;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{what} did not come: {state:#?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn ended(&self, run: &RunId) -> RunState {
        self.until(run, "the end", |state| !state.phase.is_live() && !state.owner_alive)
    }

    /// A pid that a stand-in wrote into a file of this name.
    pub fn pid(&self, file: &str) -> u32 {
        let path = self.dir.path().join(file);
        let began = Instant::now();
        loop {
            if let Some(pid) = std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok()) {
                return pid;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "nobody wrote {}", path.display());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Live processes that carry the mark of any run of this stand.
    pub fn carriers(&self) -> Vec<u32> {
        let mark = format!("VRAMDECK_RUN_DIR={}", self.paths.runs().display());
        let pids = std::fs::read_dir("/proc").unwrap();
        let pids = pids.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        let carries = |pid: &u32| {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            environment.split(|b| *b == 0).any(|entry| entry.starts_with(mark.as_bytes()))
        };
        pids.filter(|pid| alive(*pid) && carries(pid)).collect()
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        for state in live::list(&self.paths) {
            let _ = live::stop(&self.paths, &state.run, Duration::ZERO);
        }
        for pid in self.carriers() {
            kill(pid, "KILL");
        }
    }
}

/// A plan without a command.
pub fn plan(engine: EngineKind, dialect: Dialect, endpoint: &str) -> Plan {
    Plan {
        engine,
        dialect,
        model: "stand-in".into(),
        served_name: "stand-in".into(),
        name: "stand-in".into(),
        name_is_fixed: false,
        argv: Vec::new(),
        env: Vec::new(),
        endpoint: endpoint.into(),
        key: None,
        asked: None,
        version: None,
        predicted: None,
        predicted_unknown: None,
    }
}

/// Whether a process is there and not just waiting to be reaped.
pub fn alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

/// Sends a signal.
pub fn kill(pid: u32, signal: &str) {
    let pid = nix::unistd::Pid::from_raw(pid as i32);
    let signal: nix::sys::signal::Signal = format!("SIG{signal}").parse().unwrap();
    let _ = nix::sys::signal::kill(pid, signal);
}

/// Waits until processes are gone.
pub fn gone(pids: &[u32]) {
    let began = Instant::now();
    while pids.iter().any(|pid| alive(*pid)) {
        assert!(began.elapsed() < Duration::from_secs(15), "still alive of {pids:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The failure of a run.
pub fn failure(state: &RunState) -> vramdeck::engines::phase::Failure {
    match &state.phase {
        Phase::Failed { problem } => problem.clone(),
        other => panic!("not a failure: {other:?}"),
    }
}

/// A file among the test data.
pub fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/tiny-tools").join(name)
}
