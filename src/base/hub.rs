//! The folders of the Hugging Face Hub's own tools, by their variables: one home for whoever looks there or writes there.

use std::ffi::OsString;
use std::path::PathBuf;

/// Where the Hub's tools keep their things. Nothing needs to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubFolders {
    /// Their home: the token lies in it.
    pub home: PathBuf,
    /// The cache: the folder that holds `models--…`.
    pub cache: PathBuf,
}

impl HubFolders {
    /// By `HF_HOME`, `HF_HUB_CACHE` and its older name `HUGGINGFACE_HUB_CACHE`, `XDG_CACHE_HOME` and `HOME`, as `env` gives
    /// them; unset and empty are the same. Without any of them the folders are relative.
    pub fn of(env: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let set = |name: &str| env(name).filter(|value| !is_blank(value)).map(PathBuf::from);
        let caches = || set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache"))).unwrap_or_default();
        let home = set("HF_HOME").unwrap_or_else(|| caches().join("huggingface"));
        let cache = set("HF_HUB_CACHE").or_else(|| set("HUGGINGFACE_HUB_CACHE"));
        Self { cache: cache.unwrap_or_else(|| home.join("hub")), home }
    }
}

fn is_blank(value: &OsString) -> bool {
    value.to_str().is_some_and(|text| text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_variable_wins() {
        for (vars, home, cache) in [
            (&[("HOME", "/h")][..], "/h/.cache/huggingface", "/h/.cache/huggingface/hub"),
            (&[("HOME", "/h"), ("XDG_CACHE_HOME", "/c")], "/c/huggingface", "/c/huggingface/hub"),
            (&[("HOME", "/h"), ("HF_HOME", "/f"), ("XDG_CACHE_HOME", "/c")], "/f", "/f/hub"),
            (&[("HF_HOME", "/f"), ("HUGGINGFACE_HUB_CACHE", "/old")], "/f", "/old"),
            (&[("HF_HOME", "/f"), ("HUGGINGFACE_HUB_CACHE", "/old"), ("HF_HUB_CACHE", "/new")], "/f", "/new"),
            (
                &[("HOME", "/h"), ("HF_HOME", " "), ("HF_HUB_CACHE", "")],
                "/h/.cache/huggingface",
                "/h/.cache/huggingface/hub",
            ),
            (&[], "huggingface", "huggingface/hub"),
        ] {
            let env = |name: &str| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
            let folders = HubFolders { home: home.into(), cache: cache.into() };
            assert_eq!(HubFolders::of(&env), folders, "{vars:?}");
        }
    }
}
