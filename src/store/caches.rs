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

/// Whose cache a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CacheOf {
    /// Hugging Face's tools and vLLM.
    HuggingFace,
    /// Ollama.
    Ollama,
    /// llama.cpp.
    LlamaCpp,
}

/// Every folder that may be a cache, with whose it is: [`model_caches`] and the places that a system service or an older
/// variable uses. Nothing needs to exist.
pub fn labelled_caches() -> Vec<(CacheOf, PathBuf)> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let own = [CacheOf::HuggingFace, CacheOf::Ollama, CacheOf::LlamaCpp];
    let named = |of: CacheOf| match of {
        CacheOf::HuggingFace => {
            set("HF_HUB_CACHE").or_else(|| set("HUGGINGFACE_HUB_CACHE")).or_else(|| Some(set("HF_HOME")?.join("hub")))
        }
        CacheOf::Ollama => set("OLLAMA_MODELS"),
        CacheOf::LlamaCpp => set("LLAMA_CACHE"),
    };
    let dirs = directories::BaseDirs::new();
    let usual = |of: CacheOf| {
        let dirs = dirs.as_ref()?;
        Some(match of {
            CacheOf::HuggingFace => dirs.cache_dir().join("huggingface/hub"),
            CacheOf::Ollama => dirs.home_dir().join(".ollama/models"),
            CacheOf::LlamaCpp => dirs.cache_dir().join("llama.cpp"),
        })
    };
    let mut found: Vec<(CacheOf, PathBuf)> =
        own.into_iter().filter_map(|of| Some((of, named(of).or_else(|| usual(of))?))).collect();
    // Ollama as a service keeps its store in the home of its own user.
    found.push((CacheOf::Ollama, PathBuf::from("/usr/share/ollama/.ollama/models")));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_agree_with_the_plain_list() {
        let labelled: Vec<PathBuf> = labelled_caches().into_iter().map(|(_, path)| path).collect();
        let own = if std::env::var_os("HUGGINGFACE_HUB_CACHE").is_some() { Vec::new() } else { model_caches() };
        assert!(own.iter().all(|path| labelled.contains(path)), "{own:?} {labelled:?}");
        assert!(labelled.len() > own.len());
    }
}
