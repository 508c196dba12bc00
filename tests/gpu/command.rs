//! Runs `vramdeck gpu` and reads what it prints.

use serde_json::Value;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The command with a home of its own, and neither card nor settings of this machine.
pub fn vramdeck(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vramdeck"));
    command.env("VRAMDECK_HOME", home).env("VRAMDECK_NVML_LIB", home.join("no-such-library.so")).stdin(Stdio::null());
    command
}

/// `gpu` with variables; everything it printed.
pub fn gpu<K: AsRef<OsStr>, V: AsRef<OsStr>>(args: &[&str], env: impl IntoIterator<Item = (K, V)>) -> Output {
    let home = tempfile::tempdir().unwrap();
    vramdeck(home.path()).arg("gpu").args(args).envs(env).output().unwrap()
}

/// `gpu --json` with variables: its one document; it must succeed and say nothing else.
pub fn json<K: AsRef<OsStr>, V: AsRef<OsStr>>(env: impl IntoIterator<Item = (K, V)>) -> Value {
    let output = gpu(&["--json"], env);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// `gpu --json --watch 0.1`, ended when dropped.
pub struct Watch {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
    _home: tempfile::TempDir,
}

impl Watch {
    pub fn start<K: AsRef<OsStr>, V: AsRef<OsStr>>(env: impl IntoIterator<Item = (K, V)>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut child = vramdeck(home.path())
            .args(["gpu", "--json", "--watch", "0.1"])
            .envs(env)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines, _home: home }
    }

    pub fn next(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().expect("it goes on").unwrap()).unwrap()
    }

    /// The first object that satisfies the condition; the test fails when none does in time.
    pub fn until(&mut self, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let value = self.next();
            if condition(&value) {
                return value;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{what} did not happen: {value}");
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
