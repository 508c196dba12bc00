//! llama.cpp's own downloads: GGUF files side by side, with a manifest per repository and tag.

use super::draft::Draft;
use super::files::{Look, small};
use super::sort::{Belongs, Contents};
use crate::models::local::{Shelf, names};
use serde_json::Value;
use std::path::Path;

/// What llama.cpp appends to a file that is still coming.
const COMING: &str = ".downloadInProgress";

/// All models of the folder.
pub(super) fn scan(look: &mut Look, root: &Path) -> Vec<Draft> {
    let entries = look.entries(root);
    let mut contents = Contents { at: root.to_owned(), ..Contents::default() };
    contents.take("", &entries);
    for entry in entries.iter().filter_map(|entry| entry.name.strip_suffix(COMING)) {
        contents.broken.insert(entry.to_owned(), "its download was cut off".to_owned());
    }
    let belongs = Belongs {
        name: String::new(),
        shelf: Shelf::LlamaCpp,
        root: root.to_owned(),
        home: None,
        revision: None,
        refs: Vec::new(),
    };
    let mut drafts = super::gguf::sets(&contents, &belongs);
    for (name, piece, _) in contents.files.iter().filter(|(name, ..)| name.starts_with("manifest=")) {
        if let Some((file, told)) = told(name, &piece.path) {
            let of = |draft: &&mut Draft| draft.path.file_name().is_some_and(|found| found.to_string_lossy() == file);
            if let Some(draft) = drafts.iter_mut().find(of) {
                draft.name = told;
            }
        }
    }
    drafts
}

/// The file that a manifest `manifest=ORG=NAME=TAG.json` names, and the repository with its quantisation.
fn told(name: &str, path: &Path) -> Option<(String, String)> {
    let mut parts = name.strip_prefix("manifest=")?.strip_suffix(".json")?.split('=');
    let (org, repo, tag) = (parts.next()?, parts.next()?, parts.next()?);
    let value: Value = serde_json::from_slice(&small(path, 1 << 20).ok()?).ok()?;
    let file = value.get("ggufFile")?.get("rfilename")?.as_str()?;
    let tag = if tag == "latest" { names::quant_label(file).unwrap_or_else(|| tag.to_owned()) } else { tag.to_owned() };
    Some((format!("{org}_{repo}_{}", file.replace('/', "_")), format!("{org}/{repo}:{tag}")))
}
