//! A vramdeck of a test's own: a home in a temporary folder, a known environment, no NVIDIA library, time-outs.
//!
//! ```text
//! let deck = Deck::new();
//! let out = deck.run(&["gpu", "--json"]);
//! assert_eq!(out.code, 0, "{out}");
//! let cards = out.json();
//! ```
//!
//! Every process started below it (keepers and engines too) carries its `VRAMDECK_HOME`, which is how `processes` finds
//! what is still there and how dropping the deck ends it.

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a command may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A home of its own and the environment that goes with it.
pub struct Deck {
    home: tempfile::TempDir,
    env: Vec<(String, String)>,
}

/// What a command printed and how it ended.
pub struct Output {
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit code {}\n-- stdout\n{}\n-- stderr\n{}", self.code, self.stdout, self.stderr)
    }
}

impl Output {
    /// Stdout as one JSON document.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("stdout is no JSON: {error}\n{self}"))
    }

    /// The `error` of the contract on stderr.
    pub fn error(&self) -> serde_json::Value {
        let document: serde_json::Value =
            serde_json::from_str(&self.stderr).unwrap_or_else(|error| panic!("stderr is no JSON: {error}\n{self}"));
        document.get("error").unwrap_or_else(|| panic!("stderr holds no error\n{self}")).clone()
    }
}

impl Deck {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        let path = home.path().display().to_string();
        let mut env: Vec<(String, String)> = [
            ("HOME", path.as_str()),
            ("VRAMDECK_HOME", &path),
            ("VRAMDECK_NVML_LIB", "/nonexistent/libnvidia-ml.so.1"),
            ("LANG", "C.UTF-8"),
            ("TERM", "xterm-256color"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        env.extend(std::env::var("PATH").ok().map(|path| ("PATH".to_owned(), path)));
        Self { home, env }
    }

    /// The same with one more variable, or another value for one.
    #[must_use]
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The whole environment of what this deck starts.
    pub fn env(&self) -> &[(String, String)] {
        &self.env
    }

    /// The program under test.
    pub fn program() -> PathBuf {
        env!("CARGO_BIN_EXE_vramdeck").into()
    }

    /// The program with this deck's environment, in a process group of its own, for tests that hold the child themselves.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(Self::program());
        command.args(arguments).env_clear().envs(self.env.iter().cloned()).current_dir(self.home());
        command.process_group(0);
        command
    }

    /// Runs a command to its end with nothing on stdin.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Output {
        self.run_with(arguments, "", PATIENCE)
    }

    /// Runs a command to its end; fails the test with what was printed when it takes longer than `patience`.
    pub fn run_with<A: AsRef<OsStr>>(&self, arguments: &[A], stdin: &str, patience: Duration) -> Output {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("vramdeck cannot be started: {error}"));
        let out = drain(child.stdout.take());
        let err = drain(child.stderr.take());
        if let Some(mut pipe) = child.stdin.take() {
            let text = stdin.to_owned();
            // A command that reads nothing closes the pipe early; that is its right.
            std::thread::spawn(move || drop(pipe.write_all(text.as_bytes())));
        }
        let code = await_exit(&mut child, patience);
        if code.is_none() {
            let _ = killpg(pid(child.id()), Signal::SIGKILL);
            let _ = child.wait();
        }
        // A process that outlives the command may hold its pipes: what came until then is told.
        let output =
            Output { code: code.unwrap_or(-1), stdout: collect(&out, patience), stderr: collect(&err, patience) };
        assert!(code.is_some(), "the command was still running after {patience:?}\n{output}");
        output
    }

    /// Processes that carry this deck's home, as (process id, command line); the deck's own runs, keepers, engines.
    pub fn processes(&self) -> Vec<(u32, String)> {
        let mark = format!("VRAMDECK_HOME={}", self.home().display()).into_bytes();
        let carries = |id: u32| {
            let env = std::fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
            env.split(|byte| *byte == 0).any(|variable| variable == mark)
        };
        let command = |id: u32| {
            let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).replace('\0', " ").trim().to_owned()
        };
        let listed = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = listed.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        ids.filter(|id| carries(*id)).map(|id| (id, command(id))).collect()
    }
}

impl Drop for Deck {
    fn drop(&mut self) {
        // Until none is left, as one may start another meanwhile; not for ever, as one may hang in the kernel.
        let end = Instant::now() + Duration::from_secs(5);
        while Instant::now() < end {
            let left = self.processes();
            if left.is_empty() {
                return;
            }
            for (id, _) in left {
                let _ = kill(pid(id), Signal::SIGKILL);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A process id as `nix` takes it.
pub fn pid(id: u32) -> Pid {
    Pid::from_raw(i32::try_from(id).unwrap_or_else(|error| panic!("process id {id}: {error}")))
}

fn await_exit(child: &mut Child, patience: Duration) -> Option<i32> {
    let end = Instant::now() + patience;
    while Instant::now() < end {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.code().unwrap_or(-1)),
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => panic!("cannot wait for vramdeck: {error}"),
        }
    }
    None
}

type Drained = std::sync::mpsc::Receiver<Vec<u8>>;

fn drain(pipe: Option<impl Read + Send + 'static>) -> Drained {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut pipe = pipe?;
        let mut buffer = [0; 8192];
        while let Ok(count @ 1..) = pipe.read(&mut buffer) {
            sender.send(buffer.get(..count)?.to_vec()).ok()?;
        }
        Some(())
    });
    receiver
}

fn collect(pipe: &Drained, patience: Duration) -> String {
    let end = Instant::now() + patience.min(Duration::from_secs(5));
    let mut bytes = Vec::new();
    while let Ok(piece) = pipe.recv_timeout(end.saturating_duration_since(Instant::now())) {
        bytes.extend(piece);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
