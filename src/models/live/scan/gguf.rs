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
    let broken = contents.broken.iter().map(|(name, _)| name);
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
    let wanted: Vec<String> = match part(file) {
        Some(part) => part
            .names()
            .take(10_000)
            .map(|name| if folder.is_empty() { name } else { format!("{folder}/{name}") })
            .collect(),
        None => files.to_vec(),
    };
    let here = |name: &str| contents.files.iter().any(|(file, ..)| file == name);
    let amiss = wanted.iter().filter(|name| !here(name)).take(20).map(|name| {
        let broken = contents.broken.iter().find(|(file, _)| file == name).map(|(_, why)| why.as_str());
        format!("{}: {}", clean_line(name), broken.unwrap_or("it is missing"))
    });
    let disk_amiss = amiss.collect();
    let (pieces, last_used) = contents.pieces(|name| wanted.iter().any(|wanted| wanted == name));
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
