//! The parts that see and hear: parameters and sizes, from `vision_config` and `audio_config`.

mod merging;
mod sight;
mod sound;

use super::keys::{Keys, said};
use crate::base::Problem;
use crate::models::geometry::Tower;
use serde_json::{Map, Value};

pub(super) use sound::whisper;

/// Reads the towers, where there are some; sight and hearing are summed.
pub(super) fn tower(keys: &mut Keys<'_>, text: u64) -> Result<Option<Tower>, Problem> {
    let holder = said(keys.top, "thinker_config").and_then(Value::as_object).unwrap_or(keys.top);
    let outer = keys.top.get("model_type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut found: Option<Tower> = None;
    if let Some(part) = part(holder, &["vision_config", "vit_config", "vision_encoder"]) {
        found = Some(sees(&view(part), holder, &outer, text)?);
    }
    if let Some(part) = part(holder, &["audio_config", "encoder_config"]) {
        match sound::hears(&view(part), &outer, text)? {
            Some(heard) => found = Some(joined(found, heard)),
            None => keys.grave("the part that hears is not counted: its config names no sizes that are known"),
        }
    }
    if found.is_none() && ["mm_vision_tower", "vision_tower", "visual"].iter().any(|key| said(keys.top, key).is_some())
    {
        keys.grave("the part that sees is named but not described: it is not counted");
    }
    Ok(found)
}

fn part<'a>(holder: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Map<String, Value>> {
    names.iter().find_map(|name| said(holder, name)).and_then(Value::as_object).filter(|part| !part.is_empty())
}

fn view(part: &Map<String, Value>) -> Keys<'_> {
    Keys { text: part, top: part, doubts: Vec::new() }
}

fn sees(view: &Keys<'_>, top: &Map<String, Value>, outer: &str, text: u64) -> Result<Tower, Problem> {
    let own = view.word(&["model_type"]).unwrap_or(outer);
    if outer.starts_with("qwen") || own.starts_with("qwen") {
        return merging::qwen(view, if outer.starts_with("qwen") { outer } else { own }, text);
    }
    if outer.starts_with("glm4v") || outer.starts_with("glm_ocr") {
        return merging::glm(view, outer, text);
    }
    sight::plain(view, top, outer, text)
}

fn joined(one: Option<Tower>, other: Tower) -> Tower {
    match one {
        Some(tower) => Tower { params: tower.params.saturating_add(other.params), ..tower },
        None => other,
    }
}
