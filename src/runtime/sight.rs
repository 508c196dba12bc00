//! Whether a model sees, and what its images cost.

use super::{images, shelves};
use crate::base::{Problem, Reading, Unknown};
use crate::models::catalogue::Capability;
use crate::models::config;
use crate::models::lookup::{Meant, lookup};
use crate::store::{Paths, files};
use crate::wire::live::Client;
use crate::wire::{Dialect, Endpoint};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What a model's files and the catalogue say of its eyes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sight {
    /// Whether it sees; `None` where neither tells.
    pub sees: Option<bool>,
    /// Tokens of its largest image, where the configuration tells.
    pub most_tokens: Option<u64>,
}

/// By the model's name or path: its own files where they lie here, else the catalogue. Reads the disk.
pub fn of_model(model: &str, paths: &Paths, folders: &[PathBuf]) -> Sight {
    let (catalogue, _) = shelves::catalogue(paths);
    let local = if Path::new(model).exists() { Vec::new() } else { shelves::local(folders, false).models };
    let meant = lookup(model, None, None, &catalogue, &local);
    let folder = match &meant {
        Some(Meant::Local(model)) => model.path.clone(),
        _ => PathBuf::from(model),
    };
    let own = files::read_text(&folder.join("config.json")).ok().flatten();
    let own: Option<Value> = own.and_then(|text| serde_json::from_str(&text).ok());
    let entry = match meant {
        Some(Meant::Variant(entry, _)) => Some(entry),
        _ => catalogue.find(model),
    };
    let listed = entry.map(|entry| entry.capabilities.contains(&Capability::Vision));
    let sees = own.as_ref().map(described).or(listed);
    let geometry = own.as_ref().and_then(|own| config::parse(&own.to_string()).ok()).map(|facts| facts.geometry);
    let published = || entry.and_then(|entry| Some(entry.variants.first()?.facts.geometry.clone()));
    let tower = geometry.or_else(published).and_then(|geometry| geometry.tower).filter(|_| sees == Some(true));
    Sight { sees, most_tokens: tower.map(|tower| tower.max_tokens).filter(|tokens| *tokens > 0) }
}

/// Whether a `config.json` describes a part that sees.
fn described(config: &Value) -> bool {
    const EYES: [&str; 6] =
        ["vision_config", "vit_config", "vision_encoder", "visual", "mm_vision_tower", "vision_tower"];
    let inner = config.get("thinker_config").unwrap_or(config);
    EYES.iter().any(|key| [config, inner].iter().any(|place| place.get(*key).is_some_and(|part| !part.is_null())))
}

/// Whether the model at an endpoint sees: by what the server says where it says it, else by the model.
///
/// # Errors
/// When neither tells.
pub async fn sees(endpoint: &Endpoint, known: &Sight, client: &Client) -> Reading<bool> {
    let says = match endpoint.dialect {
        Dialect::LlamaCpp | Dialect::Ollama => {
            client.abilities(endpoint).await.map(|words| words.iter().any(|word| word == "vision"))
        }
        Dialect::OpenAi => match client.abilities(endpoint).await {
            Ok(words) if words.iter().any(|word| word == "vision") => Ok(true),
            _ => Err(Unknown::because("the server does not say")),
        },
        Dialect::Vllm => Err(Unknown::because("vLLM does not say, and the model is not known")),
    };
    says.or_else(|unknown| known.sees.ok_or(unknown))
}

/// What the images among messages took: `whole` tokens of the prompt, less those that the engine counts without images.
///
/// # Errors
/// When the engine does not count the prompt.
pub async fn image_tokens(endpoint: &Endpoint, messages: &[Value], whole: u64, client: &Client) -> Reading<u64> {
    let unknown = |problem: Problem| Unknown::because(problem.why);
    let without = client.prompt(endpoint, &images::without(messages), None, &[]).await.map_err(unknown)?;
    let without = without.tokens.ok_or(Unknown::because("the engine does not count the prompt without images"))?;
    whole.checked_sub(without).ok_or(Unknown::because("the engine counts more without the images than with them"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eyes_are_known_by_the_configuration_or_the_catalogue() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths::under(home.path());
        let of = |model: &str| of_model(model, &paths, &[]);
        std::fs::write(home.path().join("config.json"), r#"{"model_type": "x", "vision_config": {"a": 1}}"#).unwrap();
        assert_eq!(of(&home.path().to_string_lossy()).sees, Some(true));
        std::fs::write(home.path().join("config.json"), r#"{"model_type": "x", "vision_config": null}"#).unwrap();
        assert_eq!(of(&home.path().to_string_lossy()).sees, Some(false));
        let listed = of("Qwen/Qwen2.5-VL-7B-Instruct");
        assert!(listed.sees == Some(true) && listed.most_tokens.is_some_and(|tokens| tokens > 100), "{listed:?}");
        assert_eq!(of("Qwen/Qwen3-8B").sees, Some(false));
        assert_eq!(of("nobody/nothing"), Sight::default());
    }
}
