//! Ollama's `/api/ps`: which models are loaded, how large they are and how much of each is on the card.

use super::Gauges;
use crate::base::text::clean_line;
use crate::base::{Bytes, Unknown};
use serde::Deserialize;

#[derive(Deserialize)]
struct Loaded {
    #[serde(default)]
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    #[serde(default)]
    name: String,
    #[serde(default)]
    model: String,
    size: Option<u64>,
    size_vram: Option<u64>,
    context_length: Option<u64>,
    expires_at: Option<String>,
}

/// What the text says of one model.
pub(super) fn gauges(model: &str, text: &str) -> Gauges {
    let none = Gauges::untold(&Unknown::because("Ollama does not tell"));
    let why = |why: &'static str| Gauges {
        held: Err(Unknown::because(why)),
        on_card: Err(Unknown::because(why)),
        context: Err(Unknown::because(why)),
        expires: Err(Unknown::because(why)),
        ..none.clone()
    };
    let Ok(loaded) = serde_json::from_str::<Loaded>(text) else {
        return why("/api/ps does not answer as Ollama does");
    };
    let tag = |name: &str| name.strip_suffix(":latest").unwrap_or(name).to_owned();
    let wanted = tag(model);
    let Some(found) = loaded.models.into_iter().find(|m| tag(&m.name) == wanted || tag(&m.model) == wanted) else {
        return why("the model is not loaded now");
    };
    let untold = || Unknown::because("this version does not tell");
    Gauges {
        held: found.size.map(Bytes).ok_or_else(untold),
        on_card: found.size_vram.map(Bytes).ok_or_else(untold),
        context: found.context_length.ok_or_else(untold),
        expires: found.expires_at.map(|at| clean_line(&at)).ok_or_else(untold),
        ..none
    }
}
