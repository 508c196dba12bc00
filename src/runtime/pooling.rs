//! A pooling model asked, and what is known of the tasks that a server serves.

use super::shelves;
use crate::base::{Problem, Reading, Unknown};
use crate::engines::RunState;
use crate::lab::pooling::{About, Serves, Told, labels, serves, tell};
use crate::models::catalogue::Catalogue;
use crate::models::local::LocalModel;
use crate::models::lookup::{Meant, lookup};
use crate::models::{Facts, config};
use crate::store::files;
use crate::wire::live::Client;
use crate::wire::pooling::{Ask, Pooled, Task};
use crate::wire::{Dialect, Endpoint};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The largest `config.json` that is read.
const CONFIG: u64 = 8 << 20;
/// Texts whose tokens are asked for; each is a request.
const TOKENISED: usize = 32;

/// Asks and puts the answer in order; `about` gives the names of labels.
///
/// # Errors
/// When the question cannot be asked, is refused, or its answer cannot be used.
pub async fn ask(ask: Ask, endpoint: &Endpoint, about: &About, client: &Client) -> Result<Told, Problem> {
    let begun = Instant::now();
    let answer = client.pool(endpoint, &ask).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let mut texts = Vec::new();
    if matches!(answer.pooled, Pooled::Tokens(_)) {
        for text in ask.texts.iter().take(TOKENISED) {
            texts.push(client.tokens_of(endpoint, text).await);
        }
        let rest = ask.texts.len().saturating_sub(TOKENISED);
        let why = format!("the tokens of the first {TOKENISED} texts alone are asked for");
        texts.extend((0..rest).map(|_| Err(Unknown::because(why.clone()))));
    }
    Ok(tell(ask, answer, &about.labels, texts, seconds))
}

/// The tasks that a server serves: by the flags of its run and by its model where they tell, else asked of it.
///
/// # Errors
/// When neither tells and it cannot be asked.
pub async fn serves(endpoint: &Endpoint, run: Option<&RunState>, about: &About, client: &Client) -> Reading<Serves> {
    let asked = run.filter(|run| !run.facts.external).and_then(|run| run.facts.asked.as_ref());
    let flags =
        asked.map(|asked| asked.flags.iter().map(|set| (set.flag.as_str(), set.value.as_deref())).collect::<Vec<_>>());
    if let Some(known) = serves::known(endpoint.dialect, flags.as_deref(), about) {
        return Ok(known);
    }
    if matches!(endpoint.dialect, Dialect::Vllm | Dialect::LlamaCpp) {
        let mut answers = Vec::new();
        for task in Task::ALL {
            answers.push((task, client.serves(endpoint, task).await));
        }
        return serves::answered(endpoint.dialect, &answers);
    }
    let words = client.abilities(endpoint).await?;
    serves::described(endpoint.dialect, &words).ok_or_else(serves::untold)
}

/// What is known of a model by its name or path: out of its files where they lie here, else out of the catalogue. Reads the
/// disk.
pub fn about(model: &str, catalogue: &Catalogue, local: &[LocalModel]) -> About {
    let folder = Path::new(model).is_dir().then(|| PathBuf::from(model));
    let meant = lookup(model, None, None, catalogue, local);
    let (facts, folder) = match (&meant, folder) {
        (Some(Meant::Local(found)), folder) => {
            (found.facts.as_ref().ok().cloned(), folder.or(Some(found.path.clone())))
        }
        (Some(Meant::Variant(_, variant)), folder) => (Some(variant.facts.clone()), folder),
        (None, folder) => (None, folder),
    };
    let config = folder.and_then(|folder| read_config(&folder));
    let facts: Option<Facts> = config.as_ref().and_then(|text| config::parse(text).ok()).or(facts);
    About {
        taxonomy: catalogue.find(model).map(|entry| entry.taxonomy),
        architecture: facts.as_ref().map(|facts| facts.geometry.architecture.clone()).filter(|name| !name.is_empty()),
        runner: facts.as_ref().map(|facts| facts.geometry.runner),
        labels: config.map(|text| labels::names(&text)).unwrap_or_default(),
    }
}

fn read_config(folder: &Path) -> Option<String> {
    let path = folder.join("config.json");
    let size = std::fs::metadata(&path).ok()?.len();
    if size > CONFIG {
        return None;
    }
    files::read_text(&path).ok().flatten()
}

/// The same with all that lies on this machine looked through.
pub fn about_here(model: &str, paths: &crate::store::Paths, folders: &[PathBuf], is_demo: bool) -> About {
    let (catalogue, _) = shelves::catalogue(paths);
    if Path::new(model).is_dir() {
        return about(model, &catalogue, &[]);
    }
    about(model, &catalogue, &shelves::local(folders, is_demo).models)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::geometry::Runner;

    #[test]
    fn a_model_is_known_by_its_files_or_by_the_catalogue() {
        let home = tempfile::tempdir().unwrap();
        let config = r#"{"architectures": ["Qwen3ForSequenceClassification"], "model_type": "qwen3", "hidden_size": 64,
            "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2, "vocab_size": 100,
            "intermediate_size": 128, "max_position_embeddings": 512, "id2label": {"0": "no", "1": "yes"}}"#;
        std::fs::write(home.path().join("config.json"), config).unwrap();
        let catalogue = Catalogue::shipped();
        let known = about(&home.path().to_string_lossy(), catalogue, &[]);
        assert_eq!(known.architecture.as_deref(), Some("Qwen3ForSequenceClassification"));
        assert_eq!((known.labels.len(), known.runner), (2, Some(Runner::Pooling { encoder: false })));
        let listed = about("BAAI/bge-m3", catalogue, &[]);
        assert_eq!(listed.taxonomy.map(|taxonomy| taxonomy.name()), Some("text/pooling/embedding"));
        assert_eq!(about("nobody/nothing", catalogue, &[]), About::default());
    }
}
