//! The stand-in NVML library, built once, and a file that drives it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The stand-in with every function.
pub fn library() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build("nvml_standin", "libnvml_standin.so"))
}

/// The stand-in of an old driver, which lacks most functions.
pub fn old_library() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build("nvml_standin_old", "libnvml_standin_old.so"))
}

/// A program that holds memory on a simulated card until its stdin ends: `DIR BYTES`.
pub fn claim_holder() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build("claim_holder", "claim_holder"))
}

/// An MCP server over its standard input and output: `KIND`. The tests of cards start none.
pub fn mcp_server() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build("mcp_standin", "mcp_standin"))
}

/// `cargo test --test gpu` builds no examples, so the tests do: into the folder that this test itself came from.
fn build(example: &str, file: &str) -> PathBuf {
    let program = std::env::current_exe().expect("the test knows its own path");
    let profile = program.ancestors().nth(2).expect("target/PROFILE/deps/test");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--offline", "--locked", "--example", example]).arg("--target-dir");
    cargo.arg(profile.parent().expect("target/PROFILE")).current_dir(env!("CARGO_MANIFEST_DIR"));
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    // What cargo tells this test about itself would make build scripts run again, and half the tree with them.
    let told = |name: &str| {
        ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"].iter().any(|start| name.starts_with(start))
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(told)) {
        cargo.env_remove(name);
    }
    let built = cargo.output().expect("cargo starts");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    profile.join("examples").join(file)
}

/// A stand-in card driven by a file that only this test has.
pub struct Standin {
    dir: tempfile::TempDir,
}

impl Standin {
    /// Starts with these lines (see `tests/standin/card.rs`).
    pub fn new(lines: &str) -> Self {
        let standin = Self { dir: tempfile::tempdir().expect("a temporary folder") };
        standin.say(lines);
        standin
    }

    /// Replaces the lines, in one step.
    pub fn say(&self, lines: &str) {
        let new = self.dir.path().join("new");
        std::fs::write(&new, lines).and_then(|()| std::fs::rename(&new, self.file())).expect("the file can be written");
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("standin.txt")
    }

    /// The variables that make a program use this stand-in.
    pub fn env(&self) -> [(&'static str, PathBuf); 2] {
        [("VRAMDECK_NVML_LIB", library().to_owned()), ("NVML_STANDIN_FILE", self.file())]
    }
}
