//! A place that a person names: a file, a model's folder, or a folder of models.

use super::draft::Draft;
use super::files::{Entry, EntryKind, Look};
use super::{fill, folder, hugging_face, identity, is_hub, ollama};
use crate::base::Problem;
use crate::models::local::Scan;
use std::path::Path;

/// What lies at a path: a GGUF or safetensors file, a folder with `config.json`, a repository or snapshot of the Hugging
/// Face cache, a whole cache or store, a folder of any of these.
///
/// # Errors
/// When the path does not exist, cannot be read, or holds no model.
pub fn look(path: &Path) -> Result<Scan, Problem> {
    let shown = path.display();
    let meta = std::fs::metadata(path).map_err(|error| {
        Problem::failed(format!("{shown} cannot be read"), error.to_string(), "check the path and its permissions")
    })?;
    let mut look = Look::default();
    let mut drafts = if meta.is_file() { file(&mut look, path)? } else { any(&mut look, path) };
    if drafts.is_empty() {
        let hint = "name a .gguf file, or the folder that holds config.json and the safetensors files";
        let told = look.problems.into_iter().map(|problem| problem.to_string());
        return Err(Problem::failed(format!("{shown} holds no model"), "no weights are in it", hint).with_detail(told));
    }
    drafts.sort_by(|a, b| a.name.cmp(&b.name));
    let mut models = fill(&drafts);
    identity::settle(&mut models);
    Ok(Scan { models, problems: look.problems })
}

fn any(look: &mut Look, path: &Path) -> Vec<Draft> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let repository = Entry { name, path: path.to_owned(), kind: EntryKind::Folder };
    match () {
        () if path.join("snapshots").is_dir() => {
            hugging_face::repository(look, path.parent().unwrap_or(path), &repository)
        }
        () if path.join("manifests").is_dir() && path.join("blobs").is_dir() => ollama::scan(look, path),
        () if is_hub(path) => hugging_face::scan(look, path),
        () => folder::scan(look, path),
    }
}

/// The model that a file is part of.
fn file(look: &mut Look, path: &Path) -> Result<Vec<Draft>, Problem> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !name.ends_with(".gguf") && !name.ends_with(".safetensors") && name != "config.json" {
        let what = format!("{} is no model", path.display());
        return Err(Problem::usage(what, "its name ends neither in .gguf nor in .safetensors", "name such a file"));
    }
    let drafts = folder::scan(look, parent);
    let holds = |draft: &Draft| draft.disk.pieces.iter().any(|piece| piece.path == parent.join(&name));
    Ok(drafts.into_iter().filter(holds).collect())
}
