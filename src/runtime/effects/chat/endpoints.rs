//! Endpoints added by the person, in `endpoints.toml` of the configuration folder, readable by the user alone.

use crate::app::screens::chat::target::{Added, KeyFrom, Resolved};
use crate::base::{Problem, Secret};
use crate::store::{Paths, files};
use crate::wire::{Dialect, Endpoint};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    endpoint: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    url: String,
    #[serde(default = "unknown", skip_serializing_if = "is_unknown")]
    dialect: Dialect,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key_env: Option<String>,
}

fn unknown() -> Dialect {
    Dialect::OpenAi
}

fn is_unknown(dialect: &Dialect) -> bool {
    *dialect == Dialect::OpenAi
}

impl From<Entry> for Added {
    fn from(entry: Entry) -> Self {
        let key = match (entry.key_env, entry.key) {
            (Some(name), _) => KeyFrom::Env(name),
            (None, Some(key)) => KeyFrom::Stored(key),
            (None, None) => KeyFrom::Nowhere,
        };
        Self { base_url: entry.url, key, dialect: entry.dialect }
    }
}

impl From<&Added> for Entry {
    fn from(added: &Added) -> Self {
        let (key, key_env) = match &added.key {
            KeyFrom::Nowhere => (None, None),
            KeyFrom::Stored(key) => (Some(key.clone()), None),
            KeyFrom::Env(name) => (None, Some(name.clone())),
        };
        Self { url: added.base_url.clone(), dialect: added.dialect, key, key_env }
    }
}

/// The endpoints kept.
pub(super) fn load(paths: &Paths) -> Result<Vec<Added>, Problem> {
    let path = paths.config.join("endpoints.toml");
    let Some(text) = files::read_text(&path)? else { return Ok(Vec::new()) };
    let file: File = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Problem::usage(
            format!("{} line {line} cannot be read", path.display()),
            error.message().to_owned(),
            "an endpoint is [[endpoint]] with url, and key or key_env where one is needed; dialect is found out",
        )
    })?;
    Ok(file.endpoint.into_iter().map(Into::into).collect())
}

/// Keeps the endpoints.
pub(super) fn save(paths: &Paths, added: &[Added]) -> Result<(), Problem> {
    let file = File { endpoint: added.iter().map(Into::into).collect() };
    let text = toml::to_string(&file)
        .map_err(|error| Problem::failed("the endpoints are not saved", error.to_string(), "add them again"))?;
    files::write_private(&paths.config.join("endpoints.toml"), text.as_bytes())
}

/// The key itself.
pub(in crate::runtime::effects) fn key(from: &KeyFrom) -> Result<Option<Secret>, Problem> {
    match from {
        KeyFrom::Nowhere => Ok(None),
        KeyFrom::Stored(key) => Ok(Some(key.clone())),
        KeyFrom::Env(name) => match std::env::var(name) {
            Ok(key) if !key.trim().is_empty() => Ok(Some(Secret::new(key.trim()))),
            _ => Err(Problem::usage(
                "the endpoint's key is not there",
                format!("the environment variable {name} is not set"),
                format!("export {name} and start vramdeck again, or add the endpoint with the key itself"),
            )),
        },
    }
}

/// Whom to ask, with the key.
///
/// # Errors
/// When the key cannot be had.
pub(in crate::runtime::effects) fn endpoint(target: Resolved) -> Result<Endpoint, Problem> {
    let key = key(&target.key)?;
    Ok(Endpoint { base_url: target.base_url, key, dialect: target.dialect, model: target.model })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn keys_lie_in_a_private_file_or_nowhere() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        assert_eq!(load(&paths).unwrap(), []);
        let added = |url: &str, key| Added { base_url: url.into(), key, dialect: Dialect::Vllm };
        let all = vec![
            added("http://a", KeyFrom::Stored(Secret::new("sk-1"))),
            added("http://b", KeyFrom::parse("${A_KEY_THAT_IS_NOT_SET}")),
            added("http://c", KeyFrom::parse(" ")),
        ];
        save(&paths, &all).unwrap();
        assert_eq!(load(&paths).unwrap(), all);
        let file = paths.config.join("endpoints.toml");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(key(&all[1].key).unwrap_err().why.contains("A_KEY_THAT_IS_NOT_SET"));
        assert_eq!(key(&all[2].key).unwrap(), None);
        std::fs::write(&file, "[[endpoint]]\nurl = \"x\"\nkey_file = \"y\"\n").unwrap();
        assert!(load(&paths).unwrap_err().what.contains("line"), "unknown keys are refused");
    }
}
