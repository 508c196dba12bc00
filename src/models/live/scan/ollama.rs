//! An Ollama store: `manifests/HOST/NAMESPACE/MODEL/TAG` name layers, `blobs/sha256-…` hold them.

use super::draft::{Draft, Kind};
use super::files::{EntryKind, Look, piece, small};
use crate::base::text::clean_line;
use crate::models::local::{Disk, Shelf};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The longest manifest that is read, bytes.
const MANIFEST: u64 = 1 << 20;

/// All models of a store.
pub(super) fn scan(look: &mut Look, root: &Path) -> Vec<Draft> {
    let mut found = Vec::new();
    manifests(look, &root.join("manifests"), &mut Vec::new(), &mut found);
    found.into_iter().map(|(parts, path)| model(root, &parts, &path)).collect()
}

/// Manifests with the parts of their names: host, namespaces, model, tag.
fn manifests(look: &mut Look, folder: &Path, parts: &mut Vec<String>, found: &mut Vec<(Vec<String>, PathBuf)>) {
    for entry in look.entries(folder) {
        parts.push(entry.name.clone());
        match entry.kind {
            EntryKind::Folder if parts.len() < 6 => manifests(look, &entry.path, parts, found),
            EntryKind::File if parts.len() >= 3 && !entry.name.starts_with('.') => {
                found.push((parts.clone(), entry.path));
            }
            _ => {}
        }
        parts.pop();
    }
}

/// As Ollama names it: the usual host and namespace are left out.
fn name(parts: &[String]) -> String {
    let Some((tag, rest)) = parts.split_last() else { return String::new() };
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    let rest = match rest.as_slice() {
        ["registry.ollama.ai", "library", rest @ ..] | ["registry.ollama.ai", rest @ ..] => rest,
        rest => rest,
    };
    format!("{}:{tag}", rest.join("/"))
}

/// One layer of a manifest.
struct Layer {
    kind: String,
    digest: String,
    size: u64,
}

fn layers(bytes: &[u8]) -> Result<Vec<Layer>, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| clean_line(&error.to_string()))?;
    let list = value.get("layers").and_then(Value::as_array).ok_or("it names no layers")?;
    let mut layers = Vec::new();
    for layer in list.iter().chain(value.get("config")) {
        let text = |key: &str| layer.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let digest = text("digest");
        let hex = digest.strip_prefix("sha256:").or_else(|| digest.strip_prefix("sha256-")).unwrap_or_default();
        if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!("`{}` is no digest", clean_line(&digest)));
        }
        let size = layer.get("size").and_then(Value::as_u64).unwrap_or(0);
        layers.push(Layer { kind: text("mediaType"), digest: hex.to_ascii_lowercase(), size });
    }
    Ok(layers)
}

fn model(root: &Path, parts: &[String], manifest: &Path) -> Draft {
    let disk = Disk { root: root.to_owned(), ..Disk::default() };
    let mut draft = Draft {
        name: name(parts),
        shelf: Shelf::Ollama,
        path: manifest.to_owned(),
        disk,
        kind: Kind::Nothing("its manifest cannot be read".to_owned()),
        last_used: None,
        digest: None,
    };
    if let Ok((piece, used)) = piece(manifest) {
        draft.last_used = used;
        draft.disk.pieces.push(piece);
    }
    let layers = match small(manifest, MANIFEST).and_then(|bytes| layers(&bytes)) {
        Ok(layers) => layers,
        Err(why) => {
            draft.disk.amiss.push(format!("its manifest cannot be read: {why}"));
            return draft;
        }
    };
    let mut weights = Vec::new();
    for layer in &layers {
        take(&mut draft, root, layer, &mut weights);
    }
    let models = layers.iter().filter(|layer| is_model(&layer.kind));
    draft.digest = models.max_by_key(|layer| layer.size).map(|layer| format!("sha256:{}", layer.digest));
    match weights.as_slice() {
        [first, ..] => {
            draft.path = first.clone();
            draft.kind = Kind::Gguf(weights);
        }
        [] if draft.disk.amiss.is_empty() => {
            draft.kind = Kind::Nothing("it runs elsewhere: no weights belong to it".to_owned());
        }
        [] => draft.kind = Kind::Nothing("its weights are missing".to_owned()),
    }
    draft
}

fn is_model(kind: &str) -> bool {
    kind == "application/vnd.ollama.image.model"
}

fn take(draft: &mut Draft, root: &Path, layer: &Layer, weights: &mut Vec<PathBuf>) {
    let blob = root.join("blobs").join(format!("sha256-{}", layer.digest));
    let what = layer.kind.rsplit('.').next().unwrap_or_default();
    match piece(&blob) {
        Ok((piece, used)) => {
            if piece.bytes != layer.size {
                let amiss = format!("its {what} should be {} bytes long and is {}", layer.size, piece.bytes);
                draft.disk.amiss.push(clean_line(&amiss));
            }
            draft.last_used = draft.last_used.max(used);
            if is_model(&layer.kind) {
                weights.push(blob);
            }
            draft.disk.pieces.push(piece);
        }
        Err(why) => draft.disk.amiss.push(format!("its {} is missing: {why}", clean_line(what))),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_those_that_ollama_shows() {
        for (parts, want) in [
            (["registry.ollama.ai", "library", "qwen3", "8b"].as_slice(), "qwen3:8b"),
            (&["registry.ollama.ai", "someone", "model", "latest"], "someone/model:latest"),
            (&["hf.co", "bartowski", "Qwen3-8B-GGUF", "Q4_K_M"], "hf.co/bartowski/Qwen3-8B-GGUF:Q4_K_M"),
        ] {
            let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
            assert_eq!(super::name(&parts), want);
        }
    }
}
