//! Models on this machine that match what was typed: recent ones, files and folders.

use crate::app::Msg as Root;
use crate::app::screens::engines::Msg;
use crate::engines::{EngineKind, live};
use crate::runtime::world::World;
use crate::store::Paths;
use std::fs;
use std::path::{Path, PathBuf};

/// How many are offered.
const MOST: usize = 8;
/// How many entries of a folder are looked at.
const ENTRIES: usize = 2_000;

/// Answers with what matches, best first.
pub fn run(generation: u64, engine: EngineKind, typed: String, world: &World) {
    let (paths, demo) = (world.paths.clone(), world.demo.is_some());
    world.spawn_blocking(move || {
        let models =
            if engine == EngineKind::Simulated || demo { simulated(&typed) } else { real(&paths, engine, &typed) };
        Some(Root::Engines(Msg::Suggestions { generation, models }))
    });
}

/// Names whose size the simulated engine can assume.
fn simulated(typed: &str) -> Vec<String> {
    let names = ["demo-8B-awq", "demo-4B", "demo-14B-awq", "demo-1B"];
    names.iter().filter(|name| name.contains(typed)).map(|name| (*name).to_owned()).collect()
}

fn real(paths: &Paths, engine: EngineKind, typed: &str) -> Vec<String> {
    let mut found: Vec<String> = live::list(paths)
        .into_iter()
        .rev()
        .filter(|run| run.engine == engine && run.model.contains(typed))
        .map(|run| run.model)
        .collect();
    found.extend(match engine {
        EngineKind::Vllm | EngineKind::LlamaCpp => in_folder(engine, typed),
        EngineKind::LiteLlm if "runs".contains(typed) => vec!["runs".to_owned()],
        _ => Vec::new(),
    });
    if engine == EngineKind::Vllm {
        found.extend(hub_cache(typed));
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|model| seen.insert(model.clone()));
    found.truncate(MOST);
    found
}

/// Files and folders that complete the typed path.
fn in_folder(engine: EngineKind, typed: &str) -> Vec<String> {
    let expanded = expand(typed);
    let (folder, start) = match typed.rsplit_once('/') {
        Some((_, start)) => (expanded.parent().map_or_else(|| PathBuf::from("/"), Path::to_owned), start),
        None => (PathBuf::from("."), typed),
    };
    let folder = if typed.ends_with('/') { expanded } else { folder };
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let prefix = typed.rsplit_once('/').map_or(String::new(), |(head, _)| format!("{head}/"));
    let mut names: Vec<String> = entries
        .take(ENTRIES)
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = entry.path();
            let fits = path.is_dir() || (engine == EngineKind::LlamaCpp && name.ends_with(".gguf"));
            let hidden = name.starts_with('.') && !start.starts_with('.');
            let slash = if path.is_dir() && !path.join("config.json").exists() { "/" } else { "" };
            (fits && !hidden && name.starts_with(start)).then(|| format!("{prefix}{name}{slash}"))
        })
        .collect();
    names.sort();
    names
}

fn expand(typed: &str) -> PathBuf {
    match (typed.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(typed),
    }
}

/// Names of models in the Hugging Face cache.
fn hub_cache(typed: &str) -> Vec<String> {
    let folder = std::env::var_os("HF_HUB_CACHE")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HF_HOME")?).join("hub")))
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/huggingface/hub")));
    let Some(Ok(entries)) = folder.map(fs::read_dir) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .take(ENTRIES)
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().strip_prefix("models--")?.replacen("--", "/", 1);
            name.to_lowercase().contains(&typed.to_lowercase()).then_some(name)
        })
        .collect();
    names.sort();
    names
}
