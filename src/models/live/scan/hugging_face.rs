//! The Hugging Face cache: `models--ORG--NAME/{blobs,refs,snapshots}`.

use super::draft::{Draft, Kind};
use super::files::{Entry, EntryKind, Look, piece, small};
use super::sort::{Belongs, Contents};
use crate::base::Bytes;
use crate::models::local::{Shelf, names};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// How deep files may lie in a snapshot.
const DEPTH: usize = 5;

/// All repositories of a cache.
pub(super) fn scan(look: &mut Look, root: &Path) -> Vec<Draft> {
    let folders = look.folders(root);
    folders.iter().flat_map(|entry| repository(look, root, entry)).collect()
}

/// The models of one repository; none for data sets and other folders.
pub(super) fn repository(look: &mut Look, root: &Path, entry: &Entry) -> Vec<Draft> {
    let Some(name) = names::repository(&entry.name) else { return Vec::new() };
    let home = entry.path.clone();
    let refs = refs(look, &home.join("refs"), "", 3);
    let mut snapshots = look.folders(&home.join("snapshots"));
    // The revision that the main branch stood at comes first, then other named ones.
    snapshots.sort_by_key(|entry| {
        let named = refs.get(&entry.name);
        let main = named.is_some_and(|names| names.iter().any(|(name, _)| name == "main"));
        (!main, named.is_none(), entry.name.clone())
    });
    let (blobs, partial) = blobs(look, &home.join("blobs"));
    let mut found: Vec<Draft> = Vec::new();
    for (place, snapshot) in snapshots.iter().enumerate() {
        let belongs = Belongs {
            name: if place == 0 { name.clone() } else { format!("{name}@{}", short(&snapshot.name)) },
            shelf: Shelf::HuggingFace,
            root: root.to_owned(),
            home: Some(home.clone()),
            revision: Some(snapshot.name.clone()),
            refs: refs.get(&snapshot.name).cloned().unwrap_or_default().into_iter().map(|(_, path)| path).collect(),
        };
        let contents = Contents::tree(look, &snapshot.path, DEPTH);
        for draft in contents.models(look, &belongs) {
            add(&mut found, draft);
        }
    }
    found.iter_mut().for_each(|draft| finish(draft, &partial));
    if found.is_empty() && blobs + partial.len() > 0 {
        found.push(unfinished(look, root, &home, &name, &partial));
    }
    found
}

/// A revision whose weights are those of one before adds only its links: it is the same model.
fn add(found: &mut Vec<Draft>, draft: Draft) {
    let largest = |draft: &Draft| draft.disk.largest().map(|piece| piece.blob.clone());
    let wanted = largest(&draft);
    let same = found.iter_mut().find(|known| {
        wanted.is_some()
            && largest(known) == wanted
            && known.disk.amiss.is_empty()
            && known.disk.revision != draft.disk.revision
    });
    match same {
        Some(known) => {
            known.disk.pieces.extend(draft.disk.pieces);
            known.disk.refs.extend(draft.disk.refs);
        }
        None => found.push(draft),
    }
}

fn finish(draft: &mut Draft, partial: &[(PathBuf, u64)]) {
    let largest = draft.disk.largest().and_then(|piece| piece.blob.file_name()).map(|name| name.to_string_lossy());
    draft.digest = largest.filter(|name| is_sha256(name)).map(|name| format!("sha256:{name}"));
    if !draft.disk.amiss.is_empty() && !partial.is_empty() {
        draft.disk.amiss.push(cut_off(partial));
    }
}

fn cut_off(partial: &[(PathBuf, u64)]) -> String {
    let bytes = partial.iter().fold(0_u64, |sum, (_, bytes)| sum.saturating_add(*bytes));
    format!("{} of a download that was cut off lie in its blobs", Bytes(bytes))
}

/// A repository of which nothing usable has come yet.
fn unfinished(look: &mut Look, root: &Path, home: &Path, name: &str, partial: &[(PathBuf, u64)]) -> Draft {
    let contents = Contents::tree(look, &home.join("blobs"), 0);
    let (pieces, last_used) = contents.pieces(|_| true);
    let why = if partial.is_empty() { "it holds no weights".to_owned() } else { cut_off(partial) };
    let belongs = Belongs {
        name: name.to_owned(),
        shelf: Shelf::HuggingFace,
        root: root.to_owned(),
        home: Some(home.to_owned()),
        revision: None,
        refs: Vec::new(),
    };
    Draft {
        name: name.to_owned(),
        shelf: Shelf::HuggingFace,
        path: home.to_owned(),
        disk: belongs.disk(pieces, vec![why.clone()]),
        kind: Kind::Nothing(why),
        last_used,
        digest: None,
    }
}

/// How many whole blobs there are, and the partial ones with their bytes.
fn blobs(look: &mut Look, folder: &Path) -> (usize, Vec<(PathBuf, u64)>) {
    let (partial, whole): (Vec<Entry>, Vec<Entry>) =
        look.entries(folder).into_iter().partition(|entry| entry.name.ends_with(".incomplete"));
    let partial = partial.into_iter().map(|entry| {
        let bytes = piece(&entry.path).map_or(0, |(piece, _)| piece.bytes);
        (entry.path, bytes)
    });
    (whole.len(), partial.collect())
}

/// Branches and tags, each with the file that says so, by the commit that they stand for.
type Refs = BTreeMap<String, Vec<(String, PathBuf)>>;

fn refs(look: &mut Look, folder: &Path, below: &str, depth: usize) -> Refs {
    let mut found = Refs::new();
    for entry in look.entries(folder) {
        let name = format!("{below}{}", entry.name);
        if entry.kind == EntryKind::Folder && depth > 0 {
            for (commit, names) in refs(look, &entry.path, &format!("{name}/"), depth - 1) {
                found.entry(commit).or_default().extend(names);
            }
        } else if entry.kind == EntryKind::File {
            match small(&entry.path, 4096) {
                Ok(bytes) => {
                    let commit = String::from_utf8_lossy(&bytes).trim().to_owned();
                    found.entry(commit).or_default().push((name, entry.path));
                }
                Err(why) => look.amiss(&entry.path, why),
            }
        }
    }
    found
}

fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

fn is_sha256(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
