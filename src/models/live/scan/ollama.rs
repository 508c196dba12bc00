//! An Ollama store: `manifests/HOST/NAMESPACE/MODEL/TAG` name layers, `blobs/sha256-…` hold them.

use super::draft::{Draft, Kind};
use super::files::{EntryKind, Look, piece, small};
use crate::base::text::clean_line;
use crate::models::local::ollama::{Layer, layers, name};
use crate::models::local::{Disk, Shelf};
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
    let models = layers.iter().filter(|layer| layer.is_model());
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
            if layer.is_model() {
                weights.push(blob);
            }
            draft.disk.pieces.push(piece);
        }
        Err(why) => draft.disk.amiss.push(format!("its {} is missing: {why}", clean_line(what))),
    }
}
