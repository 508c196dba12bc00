//! Where the engines keep their models.

use std::path::PathBuf;

/// The caches of the engines, where a home or a variable names them. Nothing needs to exist.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caches {
    /// Of Hugging Face: the folder that holds `models--…`.
    pub hugging_face: Option<PathBuf>,
    /// Of Ollama: the folder that holds `manifests` and `blobs`.
    pub ollama: Option<PathBuf>,
    /// Of llama.cpp: its own downloads.
    pub llama_cpp: Option<PathBuf>,
}

/// Where models lie on this machine: the caches of Hugging Face, Ollama and llama.cpp as their own variables name
/// them, else their usual places.
pub fn caches() -> Caches {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let dirs = directories::BaseDirs::new();
    let home = |path: &str| dirs.as_ref().map(|dirs| dirs.home_dir().join(path));
    let cache = |path: &str| dirs.as_ref().map(|dirs| dirs.cache_dir().join(path));
    let hub = set("HF_HUB_CACHE").or_else(|| set("HF_HOME").map(|home| home.join("hub")));
    Caches {
        hugging_face: hub.or_else(|| cache("huggingface/hub")),
        ollama: set("OLLAMA_MODELS").or_else(|| home(".ollama/models")),
        llama_cpp: set("LLAMA_CACHE").or_else(|| cache("llama.cpp")),
    }
}

/// The same as a list, those that are named.
pub fn model_caches() -> Vec<PathBuf> {
    let caches = caches();
    [caches.hugging_face, caches.ollama, caches.llama_cpp].into_iter().flatten().collect()
}
