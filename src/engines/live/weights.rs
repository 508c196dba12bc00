//! Looks at model files before an engine does: an engine needs a minute to say what a look at a header says at once.

use crate::base::Problem;
use crate::engines::checks;
use crate::models::gguf;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// What is known of a model before launch.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    /// What was found, in words.
    pub found: String,
    /// The context the model was made for, tokens.
    pub context: Option<u64>,
    /// Whether its context may be stretched.
    pub stretches: bool,
}

/// A GGUF file for llama.cpp.
pub(super) fn gguf_file(path: &Path) -> Result<Model, Problem> {
    let shown = path.display();
    let file = open(path)?;
    let size = file.metadata().map_or(0, |meta| meta.len());
    let head = gguf::read(BufReader::with_capacity(1 << 20, file)).map_err(|broken| {
        let hint = if broken == gguf::Broken::Magic {
            "llama.cpp needs a GGUF file; for safetensors use --engine vllm"
        } else {
            "the file is incomplete or damaged: delete it and fetch it again"
        };
        Problem::failed(format!("{shown} cannot be loaded"), broken.to_string(), hint)
    })?;
    if head.least_bytes > size {
        return Err(Problem::failed(
            format!("{shown} is truncated"),
            format!("by its header it has at least {} bytes, and it is {size} long", head.least_bytes),
            "the download was cut off: delete the file and fetch it again",
        ));
    }
    let architecture = head.architecture.unwrap_or_else(|| "unknown architecture".to_owned());
    let found = format!("GGUF, {}, {}", crate::base::text::clean_line(&architecture), crate::base::Bytes(size));
    Ok(Model { found, context: head.context, stretches: true })
}

/// A folder in Hugging Face's layout.
pub(super) fn folder(path: &Path) -> Result<Model, Problem> {
    let shown = path.display();
    let text = fs::read_to_string(path.join("config.json")).map_err(|error| {
        Problem::failed(
            format!("{shown} holds no model"),
            format!("config.json: {error}"),
            "name the folder that holds config.json and the safetensors files",
        )
    })?;
    let config: Value = serde_json::from_str(&text).map_err(|error| {
        Problem::failed(format!("{shown}/config.json cannot be read"), error.to_string(), "fetch the model again")
    })?;
    let mut weights: Vec<PathBuf> = fs::read_dir(path)
        .map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
        .unwrap_or_default();
    weights.retain(|file| file.extension().is_some_and(|ext| ext == "safetensors"));
    weights.sort();
    let mut bytes = 0;
    for file in &weights {
        bytes += whole_safetensors(file)?;
    }
    missing_shards(path, &weights)?;
    let architecture = config.get("architectures").and_then(|list| list.get(0)?.as_str()).unwrap_or("unknown");
    let found = format!(
        "{}, {} in {} safetensors files",
        crate::base::text::clean_line(architecture),
        crate::base::Bytes(bytes),
        weights.len()
    );
    Ok(Model { found, context: checks::max_positions(&config), stretches: checks::has_rope_scaling(&config) })
}

fn open(path: &Path) -> Result<File, Problem> {
    let cannot = |why: String| {
        Problem::failed(
            format!("the model {} cannot be read", path.display()),
            why,
            "check the path and its permissions",
        )
    };
    match File::open(path) {
        Ok(file) if file.metadata().is_ok_and(|meta| meta.is_file()) => Ok(file),
        Ok(_) => Err(cannot("it is no file".to_owned())),
        Err(error) => Err(cannot(error.to_string())),
    }
}

fn whole_safetensors(path: &Path) -> Result<u64, Problem> {
    let mut file = open(path)?;
    let size = file.metadata().map_or(0, |meta| meta.len());
    let broken = |why: String| {
        Problem::failed(
            format!("{} is truncated or damaged", path.display()),
            why,
            "the download was cut off: delete the file and fetch it again",
        )
    };
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|error| broken(error.to_string()))?;
    let length = u64::from_le_bytes(length);
    if length > size || length > 100 << 20 {
        return Err(broken(format!("its header would be {length} bytes long and the file is {size}")));
    }
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header).map_err(|error| broken(error.to_string()))?;
    checks::safetensors(length, &header, size).map_err(broken)?;
    Ok(size)
}

fn missing_shards(path: &Path, present: &[PathBuf]) -> Result<(), Problem> {
    let Ok(text) = fs::read_to_string(path.join("model.safetensors.index.json")) else { return Ok(()) };
    let index: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let Some(map) = index.get("weight_map").and_then(Value::as_object) else { return Ok(()) };
    let has = |name: &str| present.iter().any(|file| file.file_name().is_some_and(|found| found == name));
    match map.values().filter_map(Value::as_str).find(|name| !has(name)) {
        None => Ok(()),
        Some(name) => Err(Problem::failed(
            format!("{} is not complete", path.display()),
            format!("{} is missing", crate::base::text::clean_line(name)),
            "fetch the model again; what is there is kept",
        )),
    }
}

/// The snapshot of a hub model in the local cache, newest first.
pub(super) fn cached(name: &str, env: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let hub =
        env("HF_HUB_CACHE").map(PathBuf::from).or_else(|| env("HF_HOME").map(|home| Path::new(&home).join("hub")));
    let hub = hub.or_else(|| Some(Path::new(&env("HOME")?).join(".cache/huggingface/hub")))?;
    let snapshots = hub.join(format!("models--{}", name.replace('/', "--"))).join("snapshots");
    let mut found: Vec<PathBuf> = fs::read_dir(snapshots).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.retain(|folder| folder.join("config.json").exists());
    found.sort_by_key(|folder| fs::metadata(folder).and_then(|meta| meta.modified()).ok());
    found.pop()
}

/// Whether a text can be the name of a model on the hub.
pub(super) fn is_hub_name(text: &str) -> bool {
    let parts: Vec<&str> = text.split('/').collect();
    let part_is_fine = |part: &&str| {
        !part.is_empty()
            && !part.starts_with(['-', '.'])
            && !part.ends_with(['-', '.'])
            && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    };
    parts.len() <= 2 && text.len() <= 96 && parts.iter().all(part_is_fine)
}
