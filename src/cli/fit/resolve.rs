//! From what a person calls a model to its facts.

use crate::base::Problem;
use crate::models::{Facts, config};
use crate::store::Paths;
use std::io::Read;
use std::path::Path;

/// A config is a few kilobytes; nobody writes one of this size.
const LARGEST: u64 = 16 << 20;

/// The facts of `model`: a directory with a `config.json`, or such a file.
///
/// # Errors
/// When nothing of that name can be read.
pub(super) fn resolve(model: &str, paths: &Paths) -> Result<Facts, Problem> {
    let _ = paths;
    let path = Path::new(model);
    if path.is_dir() {
        return self::config(&path.join("config.json"));
    }
    if path.is_file() {
        return self::config(path);
    }
    let hint = "--config FILE with its config.json, or the directory it lies in";
    Err(Problem::usage(format!("{model} is not known"), "no such directory or file", hint))
}

/// The facts that a `config.json` holds.
///
/// # Errors
/// When it cannot be read or understood.
pub(super) fn config(file: &Path) -> Result<Facts, Problem> {
    let fail = |why: String| Problem::failed(format!("cannot read {}", file.display()), why, "check the path");
    let open = std::fs::File::open(file).map_err(|error| fail(error.to_string()))?;
    let mut text = String::new();
    let read = open.take(LARGEST + 1).read_to_string(&mut text).map_err(|error| fail(error.to_string()))?;
    if read as u64 > LARGEST {
        return Err(fail(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    config::parse(&text)
}
