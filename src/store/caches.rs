//! Where the engines keep their models.

use std::path::PathBuf;

/// Where models lie on this machine: the caches of Hugging Face, Ollama and llama.cpp, in this order, as their own
/// variables name them, else their usual places. Nothing needs to exist.
pub fn model_caches() -> Vec<PathBuf> {
    caches_by_engine().into_iter().flatten().collect()
}

/// The same, each at its place: Hugging Face, Ollama, llama.cpp. `None` where not even a home folder is known.
pub fn caches_by_engine() -> [Option<PathBuf>; 3] {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let dirs = directories::BaseDirs::new();
    let home = |path: &str| dirs.as_ref().map(|dirs| dirs.home_dir().join(path));
    let cache = |path: &str| dirs.as_ref().map(|dirs| dirs.cache_dir().join(path));
    let hub = set("HF_HUB_CACHE").or_else(|| set("HF_HOME").map(|home| home.join("hub")));
    [
        hub.or_else(|| cache("huggingface/hub")),
        set("OLLAMA_MODELS").or_else(|| home(".ollama/models")),
        set("LLAMA_CACHE").or_else(|| cache("llama.cpp")),
    ]
}
