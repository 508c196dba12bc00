//! The configuration of a LiteLLM proxy on disk.

use crate::base::Problem;
use crate::engines::checks::Check;
use crate::engines::litellm::{RUNS, first_name, over};
use crate::engines::plan::Proxy;
use crate::store::Paths;
use std::io::Read;
use std::path::Path;

/// No configuration is larger.
const LARGEST: u64 = 4 << 20;

/// What a launch of this model is to serve: the configuration file that it names, else one written over all ready runs.
///
/// # Errors
/// When it cannot be read or written, or nothing is ready.
pub(super) fn proxy(paths: &Paths, file: &Path, model: &str) -> Result<Proxy, Problem> {
    if model != RUNS {
        let first = first_name(&read(file)?).unwrap_or_else(|| model.to_owned());
        return Ok(Proxy { config: file.to_string_lossy().into_owned(), first });
    }
    let (config, names) = over(&super::list(paths));
    let Some(first) = names.into_iter().next() else {
        let hint = "start an engine first, or name a configuration file";
        return Err(Problem::failed("there is nothing to put behind a proxy", "no run is ready", hint));
    };
    let folder = paths.state.join("litellm");
    let file = folder.join("runs.yaml");
    let text = serde_json::to_string_pretty(&config).unwrap_or_default();
    let broken = |error: std::io::Error| {
        Problem::failed(format!("cannot write {}", file.display()), error.to_string(), "check the disk and its rights")
    };
    std::fs::create_dir_all(&folder).map_err(broken)?;
    super::records::write_atomic(&file, text.as_bytes()).map_err(broken)?;
    Ok(Proxy { config: file.to_string_lossy().into_owned(), first })
}

fn read(file: &Path) -> Result<String, Problem> {
    let broken = |error: std::io::Error| {
        let hint = "name a LiteLLM configuration file, or write runs for all that is ready";
        Problem::failed(format!("cannot read {}", file.display()), error.to_string(), hint)
    };
    let mut text = String::new();
    std::fs::File::open(file).map_err(broken)?.take(LARGEST).read_to_string(&mut text).map_err(broken)?;
    Ok(text)
}

/// Whether the configuration is there and names a model.
pub(super) fn check(file: &Path, model: &str) -> Check {
    if model == RUNS {
        return Check::pass("model", "all runs that are ready");
    }
    match read(file) {
        Err(problem) => Check::fail("model", problem),
        Ok(text) => match first_name(&text) {
            Some(name) => Check::pass("model", format!("a configuration whose first model is {name}")),
            None => Check::warn("model", "the configuration names no model that could be found"),
        },
    }
}
