//! What a deletion would remove: a plan over plain data, shown before anything happens.

use super::{InUse, LocalModel, Piece, Shelf};
use crate::base::Problem;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

/// One thing to remove, in the order of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    /// A file or a link; what a link leads to stays.
    File(PathBuf),
    /// A folder that is the model's own, with all that is in it; links in it are removed, not followed.
    Folder(PathBuf),
}

impl Removal {
    /// Its path.
    pub fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Folder(path) => path,
        }
    }
}

/// What a deletion would remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletePlan {
    /// The model.
    pub name: String,
    /// In which kind of place it lies.
    pub shelf: Shelf,
    /// What an engine may have opened to run it: what it is given, its files, and where their bytes lie.
    pub opened: Vec<PathBuf>,
    /// The folder of the cache; nothing outside it is touched.
    pub root: PathBuf,
    /// What goes: first what names the model, then its bytes, so that an end in between leaves no half model named whole.
    pub files: Vec<Removal>,
    /// Bytes that become free.
    pub bytes_freed: u64,
    /// What stays because another model, revision or name uses it.
    pub kept_shared: Vec<PathBuf>,
    /// What to think of first, a sentence each.
    pub warnings: Vec<String>,
}

/// What deleting `model` would remove, given `all` models of the machine and what runs.
///
/// # Errors
/// When one of `in_use` works with it, when nothing is known of its files, or another model of its store cannot be read, so that what they share is unknown.
pub fn plan_delete(model: &LocalModel, all: &[LocalModel], in_use: &[InUse]) -> Result<DeletePlan, Problem> {
    let others: Vec<&LocalModel> = all.iter().filter(|other| !is_same(other, model)).collect();
    let mut plan = DeletePlan {
        name: model.name.clone(),
        shelf: model.shelf,
        opened: opened(model),
        root: model.disk.root.clone(),
        files: Vec::new(),
        bytes_freed: 0,
        kept_shared: Vec::new(),
        warnings: Vec::new(),
    };
    match (&model.disk.home, model.shelf) {
        (Some(home), _) if !others.iter().any(|other| other.disk.home.as_ref() == Some(home)) => {
            whole(&mut plan, model, home, &others);
        }
        (_, Shelf::Ollama) if others.iter().any(|other| is_unread(other, model)) => {
            return Err(Problem::failed(
                format!("{} cannot be deleted safely", model.name),
                "another manifest of this store cannot be read, so what the two share is not known",
                format!("ollama rm {}", model.name),
            ));
        }
        _ => pieces(&mut plan, model, &others),
    }
    if plan.files.is_empty() {
        let hint = "delete it by hand";
        return Err(Problem::failed(format!("{} cannot be deleted", model.name), "none of its files are known", hint));
    }
    match in_use.iter().find(|one| plan.is_used_by(one)) {
        Some(one) => Err(plan.refusal(one)),
        None => Ok(plan),
    }
}

fn is_same(one: &LocalModel, other: &LocalModel) -> bool {
    one.shelf == other.shelf && one.name == other.name && one.path == other.path
}

/// A neighbour in the same Ollama store whose layers are not known.
fn is_unread(other: &LocalModel, model: &LocalModel) -> bool {
    other.shelf == Shelf::Ollama && other.disk.root == model.disk.root && other.disk.pieces.len() < 2 && !other.complete
}

/// What an engine may have opened to run the model: what it is given, its files, and where their bytes lie.
fn opened(model: &LocalModel) -> Vec<PathBuf> {
    let files = model.disk.pieces.iter().flat_map(|piece| [&piece.path, &piece.blob]);
    let mut paths: Vec<PathBuf> = files.chain([&model.path]).cloned().collect();
    paths.sort();
    paths.dedup();
    paths
}

/// The only model of its repository: the whole folder goes.
fn whole(plan: &mut DeletePlan, model: &LocalModel, home: &Path, others: &[&LocalModel]) {
    plan.files.push(Removal::Folder(home.to_owned()));
    let used: HashSet<(u64, u64)> = ids(others);
    let mut seen = HashSet::new();
    for piece in model.disk.pieces.iter().filter(|piece| seen.insert(piece.id)) {
        if !piece.blob.starts_with(home) && piece.blob.starts_with(&plan.root) {
            let told = "its weights lie in the cache's shared store and stay there: `hf cache prune` clears it";
            if !plan.warnings.iter().any(|known| known == told) {
                plan.warnings.push(told.to_owned());
            }
        }
        if !piece.blob.starts_with(home) || used.contains(&piece.id) || piece.names > 1 {
            plan.kept_shared.push(piece.blob.clone());
        } else {
            plan.bytes_freed = plan.bytes_freed.saturating_add(piece.bytes);
        }
    }
}

/// Its files one by one: links and what names the model first, then bytes that nobody else uses.
fn pieces(plan: &mut DeletePlan, model: &LocalModel, others: &[&LocalModel]) {
    let used = ids(others);
    let named: HashSet<&Path> = others.iter().flat_map(|other| &other.disk.pieces).map(|piece| &*piece.path).collect();
    let shares = |other: &&LocalModel| other.disk.home == model.disk.home && other.disk.revision == model.disk.revision;
    if !others.iter().any(shares) {
        plan.files.extend(model.disk.refs.iter().cloned().map(Removal::File));
    }
    let mut blobs: BTreeMap<(u64, u64), &Piece> = BTreeMap::new();
    for piece in &model.disk.pieces {
        if piece.path == piece.blob {
            blobs.entry(piece.id).or_insert(piece);
        } else if named.contains(&*piece.path) {
            // A link that another model of the same revision needs as well (its config, its tokenizer).
            continue;
        } else {
            plan.files.push(Removal::File(piece.path.clone()));
            blobs.entry(piece.id).or_insert(piece);
        }
    }
    let mut rest: Vec<&Piece> = blobs.into_values().collect();
    // The smallest files first: manifest and config name the model, weights are the bulk.
    rest.sort_by_key(|piece| (piece.bytes, piece.blob.clone()));
    rest.sort_by_key(|piece| piece.blob.extension().is_some_and(|end| end == "safetensors" || end == "gguf"));
    if model.shelf == Shelf::Ollama {
        rest.sort_by_key(|piece| piece.blob.starts_with(model.disk.root.join("blobs")));
    }
    for piece in rest {
        let stays = used.contains(&piece.id) || !piece.blob.starts_with(&model.disk.root);
        if stays {
            plan.kept_shared.push(piece.blob.clone());
            continue;
        }
        plan.files.push(Removal::File(piece.blob.clone()));
        if piece.names > 1 {
            plan.kept_shared.push(piece.blob.clone());
        } else {
            plan.bytes_freed = plan.bytes_freed.saturating_add(piece.bytes);
        }
    }
}

fn ids(models: &[&LocalModel]) -> HashSet<(u64, u64)> {
    models.iter().flat_map(|model| &model.disk.pieces).map(|piece| piece.id).collect()
}
