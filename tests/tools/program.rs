//! `vramdeck tools` as a program: given words and a stdin, what it said.

use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What it said.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    /// Its stdout as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {} {}", self.out, self.err))
    }
}

/// Runs it with files of its own below `home`.
pub fn vramdeck(home: &Path, args: &[&str], stdin: &[u8]) -> Said {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vramdeck"))
        .arg("tools")
        .args(args)
        .env("HOME", home)
        .env("VRAMDECK_HOME", home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // What needs no input, or refuses its arguments, closes it unread.
    let _ = child.stdin.take().unwrap().write_all(stdin);
    let done = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Said { code: done.status.code(), out: text(&done.stdout), err: text(&done.stderr) }
}

/// Runs it with nothing kept.
pub fn fresh(args: &[&str], stdin: &[u8]) -> Said {
    vramdeck(tempfile::tempdir().unwrap().path(), args, stdin)
}
