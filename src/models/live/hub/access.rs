//! Address, token and cache, from the places that the Hub's own tools read.

use crate::base::{HubFolders, Secret};
use crate::models::hub::{Access, PUBLIC, Token, is_yes};
use crate::models::live::scan::files::small;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The longest file of a token that is read, bytes.
const TOKEN: u64 = 4096;

/// How to reach the Hub, by these variables: `HF_ENDPOINT`, `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, `HF_TOKEN_PATH`,
/// `HF_HOME`, `HF_HUB_CACHE`, `HF_HUB_OFFLINE` and older names. Unset and empty are the same.
pub fn access(env: &dyn Fn(&str) -> Option<OsString>) -> Access {
    let text = |name: &str| env(name).and_then(|value| value.into_string().ok());
    let set = |name: &str| text(name).filter(|value| !value.trim().is_empty());
    let folders = HubFolders::of(env);
    let endpoint = set("HF_ENDPOINT").unwrap_or_else(|| PUBLIC.to_owned());
    let offline = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"];
    Access {
        endpoint: endpoint.trim().trim_end_matches('/').to_owned(),
        token: token(&set, &folders.home),
        offline: offline.into_iter().find(|name| set(name).is_some_and(|value| is_yes(value.trim()))),
        cache: folders.cache,
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
    // A pipe, a device or a long file is none.
    let bytes = small(&path, TOKEN).ok()?;
    let text = String::from_utf8(bytes).ok().map(clean).filter(|text| !text.is_empty())?;
    Some(Token { secret: Secret::new(text), from: path.display().to_string() })
}
