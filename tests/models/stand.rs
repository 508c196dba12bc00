//! vramdeck with a home of its own, no card, and no Hub unless one is scripted.

use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The small real model that comes with the tests.
pub const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models/tiny-tools");
pub const GIB: u64 = 1 << 30;

pub struct Stand {
    home: tempfile::TempDir,
    /// Variables beside the usual ones.
    pub env: Vec<(&'static str, String)>,
}

impl Stand {
    pub fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), env: vec![("HF_HUB_OFFLINE", "1".to_owned())] }
    }

    /// One that may ask a Hub at this address.
    pub fn online(url: &str) -> Self {
        Self { env: vec![("HF_ENDPOINT", url.to_owned())], ..Self::new() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vramdeck"));
        command.env_clear().env("HOME", self.home.path()).env("PATH", "/usr/bin:/bin");
        command.env("VRAMDECK_HOME", self.path("deck")).env("VRAMDECK_NVML_LIB", self.path("none.so"));
        command.envs(self.env.iter().map(|(name, value)| (name, value))).args(args).stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    pub fn feed(&self, args: &[&str], input: &str) -> Output {
        let mut command = self.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    pub fn text(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// One JSON document, and not a word on stderr.
    pub fn json(&self, args: &[&str]) -> Value {
        let output = self.run(args);
        assert!(output.status.success() && output.stderr.is_empty(), "{args:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}: {output:?}"))
    }

    /// The problem that a command ends with, in the form of the contract: nothing on stdout, three texts on stderr.
    pub fn error(&self, args: &[&str], code: i32) -> Value {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{args:?}: {output:?}");
        let value: Value =
            serde_json::from_slice(&output.stderr).unwrap_or_else(|error| panic!("{args:?}: {error}: {output:?}"));
        told(&value);
        value["error"].clone()
    }

    /// Answers to requests, one a line.
    pub fn batch(&self, requests: &[Value]) -> Vec<Value> {
        let lines: String = requests.iter().map(|request| format!("{request}\n")).collect();
        let output = self.feed(&["fit", "--batch", "-", "--json"], &lines);
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let answers: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(answers.len(), requests.len(), "one answer a line: {text}");
        answers
    }
}

/// Whether a line is a problem that says what, why and what to try.
pub fn told(value: &Value) {
    for field in ["what", "why", "hint"] {
        let said = value["error"][field].as_str().unwrap_or_default();
        assert!(!said.is_empty(), "{field} of {value}");
    }
}

/// A config of eight billion parameters.
pub fn config() -> Value {
    json!({
        "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": 4096, "intermediate_size": 12288,
        "num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
        "vocab_size": 151_936, "tie_word_embeddings": false, "max_position_embeddings": 40960,
        "torch_dtype": "bfloat16",
    })
}

/// An object with the keys of another laid over it; null takes a key away.
pub fn with(mut base: Value, over: Value) -> Value {
    let Value::Object(over) = over else { panic!("{over}") };
    let map = base.as_object_mut().unwrap();
    for (key, value) in over {
        if value.is_null() { drop(map.remove(&key)) } else { drop(map.insert(key, value)) }
    }
    base
}

/// A request on a card of 24 GiB, where it fits.
pub fn request(over: Value) -> Value {
    with(json!({"model": "m", "vram_bytes": 24 * GIB, "max_model_len": 8192, "config": config()}), over)
}

pub fn wide(text: &str, columns: usize) {
    for line in text.lines() {
        assert!(line.chars().count() <= columns, "{line}");
    }
}

pub fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}
