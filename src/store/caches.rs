//! Where the engines keep their models.

use crate::base::HubFolders;
use std::ffi::OsString;
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

/// A variable of this process. `HOME` is known to the system where it is not set.
pub fn variable(name: &str) -> Option<OsString> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty());
    let home = || Some(directories::BaseDirs::new()?.home_dir().as_os_str().to_owned());
    value.or_else(|| if name == "HOME" { home() } else { None })
}

/// Where models lie on this machine: the caches of Hugging Face, Ollama and llama.cpp as their own variables name
/// them, else their usual places.
pub fn caches() -> Caches {
    of(&variable)
}

fn of(env: &dyn Fn(&str) -> Option<OsString>) -> Caches {
    let set = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = |path: &str| Some(set("HOME")?.join(path));
    let cache = || set("XDG_CACHE_HOME").filter(|path| path.is_absolute()).or_else(|| home(".cache"));
    Caches {
        hugging_face: Some(HubFolders::of(env).cache),
        ollama: set("OLLAMA_MODELS").or_else(|| home(".ollama/models")),
        llama_cpp: set("LLAMA_CACHE").or_else(|| Some(cache()?.join("llama.cpp"))),
    }
}

/// The same as a list, those that are named.
pub fn model_caches() -> Vec<PathBuf> {
    named(caches()).into_iter().map(|(_, path)| path).collect()
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

/// Every folder that may be a cache, with whose it is: [`model_caches`] and the place that a system service uses. Nothing needs to exist.
pub fn labelled_caches() -> Vec<(CacheOf, PathBuf)> {
    let mut found = named(caches());
    // Ollama as a service keeps its store in the home of its own user.
    found.push((CacheOf::Ollama, PathBuf::from("/usr/share/ollama/.ollama/models")));
    found
}

fn named(caches: Caches) -> Vec<(CacheOf, PathBuf)> {
    let all = [
        (CacheOf::HuggingFace, caches.hugging_face),
        (CacheOf::Ollama, caches.ollama),
        (CacheOf::LlamaCpp, caches.llama_cpp),
    ];
    all.into_iter().filter_map(|(of, path)| Some((of, path?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_agree_with_the_plain_list() {
        let labelled: Vec<PathBuf> = labelled_caches().into_iter().map(|(_, path)| path).collect();
        let own = model_caches();
        assert!(own.len() == 3 && labelled.starts_with(&own), "{own:?} {labelled:?}");
        assert!(labelled.len() > own.len());
    }

    #[test]
    fn each_engine_is_found_by_its_own_variables() {
        let found = |vars: &[(&str, &str)]| {
            let env = |name: &str| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
            named(of(&env)).into_iter().map(|(_, path)| path.display().to_string()).collect::<Vec<_>>()
        };
        let usual = ["/h/.cache/huggingface/hub", "/h/.ollama/models", "/h/.cache/llama.cpp"];
        assert_eq!(found(&[("HOME", "/h")]), usual);
        assert_eq!(found(&[("HOME", "/h"), ("HF_HOME", "/f"), ("HUGGINGFACE_HUB_CACHE", "/old")])[0], "/old");
        let own = [("HF_HUB_CACHE", "/1"), ("OLLAMA_MODELS", "/2"), ("LLAMA_CACHE", "/3")];
        assert_eq!(found(&own), ["/1", "/2", "/3"]);
        assert_eq!(found(&[]), ["huggingface/hub"]);
    }
}
