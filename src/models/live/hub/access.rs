//! Address, token and cache, from the places that the Hub's own tools read.

use crate::base::Secret;
use crate::models::hub::{Access, PUBLIC, Token, is_yes};
use std::path::{Path, PathBuf};

/// How to reach the Hub, by these variables: `HF_ENDPOINT`, `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, `HF_TOKEN_PATH`,
/// `HF_HOME`, `HF_HUB_CACHE`, `HF_HUB_OFFLINE` and older names. Unset and empty are the same.
pub fn access(env: &dyn Fn(&str) -> Option<String>) -> Access {
    let set = |name: &str| env(name).filter(|value| !value.trim().is_empty());
    let caches = set("XDG_CACHE_HOME").or_else(|| Some(format!("{}/.cache", set("HOME")?)));
    let home = set("HF_HOME").map(PathBuf::from);
    let home = home.unwrap_or_else(|| Path::new(&caches.unwrap_or_default()).join("huggingface"));
    let cache = set("HF_HUB_CACHE").or_else(|| set("HUGGINGFACE_HUB_CACHE")).map(PathBuf::from);
    let endpoint = set("HF_ENDPOINT").unwrap_or_else(|| PUBLIC.to_owned());
    let offline = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"];
    Access {
        endpoint: endpoint.trim().trim_end_matches('/').to_owned(),
        token: token(&set, &home),
        offline: offline.into_iter().find(|name| set(name).is_some_and(|value| is_yes(value.trim()))),
        cache: cache.unwrap_or_else(|| home.join("hub")),
    }
}

fn token(set: &dyn Fn(&str) -> Option<String>, home: &Path) -> Option<Token> {
    if set("HF_HUB_DISABLE_IMPLICIT_TOKEN").is_some_and(|value| is_yes(value.trim())) {
        return None;
    }
    let clean = |text: String| text.trim().to_owned();
    for name in ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"] {
        if let Some(value) = set(name) {
            return Some(Token { secret: Secret::new(clean(value)), from: name.to_owned() });
        }
    }
    let path = set("HF_TOKEN_PATH").map_or_else(|| home.join("token"), PathBuf::from);
    let text = std::fs::read_to_string(&path).ok().map(clean).filter(|text| !text.is_empty() && text.len() < 4096)?;
    Some(Token { secret: Secret::new(text), from: path.display().to_string() })
}
