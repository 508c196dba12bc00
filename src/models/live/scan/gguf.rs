//! GGUF files: one model a file, or a set of parts.

use super::draft::{Draft, Kind};
use super::sort::{Belongs, Contents};
use crate::base::text::clean_line;
use crate::models::gguf::part;
use crate::models::local::{Shelf, names};
use std::collections::{BTreeMap, HashMap};

/// The models among the GGUF files of a folder.
pub(super) fn sets(contents: &Contents, belongs: &Belongs) -> Vec<Draft> {
    let mut sets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let broken = contents.broken.keys();
    for name in contents.files.iter().map(|(name, ..)| name).chain(broken) {
        if name.ends_with(".gguf") && !names::is_companion(name) {
            sets.entry(first_part(name)).or_default().push(name.clone());
        }
    }
    let mut labels: HashMap<String, usize> = HashMap::new();
    for first in sets.keys() {
        *labels.entry(names::quant_label(first).unwrap_or_default()).or_default() += 1;
    }
    let named = |first: &str| {
        let label = names::quant_label(first).filter(|label| labels.get(label) == Some(&1));
        match (belongs.shelf, label) {
            (Shelf::HuggingFace, Some(label)) => format!("{}:{label}", belongs.name),
            (Shelf::HuggingFace, None) => format!("{}/{first}", belongs.name),
            _ => stem(first),
        }
    };
    sets.iter().map(|(first, files)| set(contents, belongs, (named(first), first), files)).collect()
}

/// The name of the first part of a set; a file alone is its own first part.
fn first_part(name: &str) -> String {
    let (folder, file) = name.rsplit_once('/').map_or((None, name), |(folder, file)| (Some(folder), file));
    let first = part(file).and_then(|part| part.names().next()).unwrap_or_else(|| file.to_owned());
    folder.map_or(first.clone(), |folder| format!("{folder}/{first}"))
}

/// What people call a file: its name without part and ending.
fn stem(file: &str) -> String {
    let file = file.rsplit('/').next().unwrap_or(file);
    part(file).map_or_else(|| file.trim_end_matches(".gguf").to_owned(), |part| part.stem.to_owned())
}

fn set(contents: &Contents, belongs: &Belongs, (name, first): (String, &str), files: &[String]) -> Draft {
    let (folder, file) = first.rsplit_once('/').unwrap_or(("", first));
    let beside = |name: String| if folder.is_empty() { name } else { format!("{folder}/{name}") };
    let part = part(file);
    let alone = part.is_none().then(|| files.iter().cloned());
    let parts = part.iter().flat_map(|part| part.names().map(beside));
    let amiss = parts.chain(alone.into_iter().flatten()).filter(|name| !contents.has(name)).take(20).map(|name| {
        let broken = contents.broken.get(&name).map(String::as_str);
        format!("{}: {}", clean_line(&name), broken.unwrap_or("it is missing"))
    });
    let disk_amiss = amiss.collect();
    let (pieces, last_used) = contents.named(files);
    Draft {
        name,
        shelf: belongs.shelf,
        path: contents.at.join(first),
        kind: Kind::Gguf(pieces.iter().map(|piece| piece.path.clone()).collect()),
        disk: belongs.disk(pieces, disk_amiss),
        last_used,
        digest: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::local::Piece;
    use std::path::PathBuf;
    use std::time::{Duration, Instant};

    /// A folder with very many files, each the first of very many parts, is sorted in a moment.
    #[test]
    fn many_files_take_little_time() {
        let mut contents = Contents::default();
        for number in 0..20_000_u64 {
            let name = format!("model{number}-00001-of-99999.gguf");
            let path = PathBuf::from(&name);
            let piece = Piece { path: path.clone(), blob: path, bytes: 1, id: (0, number), names: 1 };
            contents.places.insert(name.clone(), contents.files.len());
            contents.files.push((name, piece, None));
        }
        let belongs = Belongs {
            name: "many".to_owned(),
            shelf: Shelf::Folder,
            root: PathBuf::new(),
            home: None,
            revision: None,
            refs: Vec::new(),
        };
        let begun = Instant::now();
        let drafts = sets(&contents, &belongs);
        assert_eq!((drafts.len(), drafts[0].disk.pieces.len(), drafts[0].disk.amiss.len()), (20_000, 1, 20));
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    }
}
