//! Where models come from: the shipped catalogue with the user's own lines over it, and the shelves of this machine. One
//! home for the screen and the commands, so that both see the same.

use crate::base::Problem;
use crate::models::catalogue::Catalogue;
use crate::models::live::scan;
use crate::models::local::{Places, Scan, Shelf};
use crate::store::Paths;
use crate::store::caches::{CacheOf, labelled_caches};
use crate::store::files::texts;
use std::path::PathBuf;

/// The shipped catalogue with the `.jsonl` files of the `models` folder beside the settings laid over it, in the order of
/// their names; with each file that could not be used.
pub fn catalogue(paths: &Paths) -> (Catalogue, Vec<Problem>) {
    let (mut read, mut problems) = (Vec::new(), Vec::new());
    for (name, text) in texts(&paths.config.join("models"), ".jsonl") {
        match text {
            Ok(text) => read.push((name, text)),
            Err(problem) => problems.push(problem),
        }
    }
    let (catalogue, wrong) = Catalogue::with(read.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    problems.extend(wrong);
    (catalogue, problems)
}

/// All places where models lie: the caches of the engines, then `folders` of the settings, none twice. Nothing needs to
/// exist. A demo has none: its machine is not this one.
pub fn places(folders: &[PathBuf], is_demo: bool) -> Places {
    if is_demo {
        return Places::default();
    }
    let shelf = |of: CacheOf| match of {
        CacheOf::HuggingFace => Shelf::HuggingFace,
        CacheOf::Ollama => Shelf::Ollama,
        CacheOf::LlamaCpp => Shelf::LlamaCpp,
    };
    let caches = labelled_caches().into_iter().map(|(of, path)| (shelf(of), path));
    let own = folders.iter().map(|folder| (Shelf::Folder, folder.clone()));
    caches.chain(own).fold(Places::default(), |places, (shelf, path)| {
        let is_known = places.list.iter().any(|place| place.path == path);
        if is_known { places } else { places.with(shelf, path) }
    })
}

/// What lies there, and what of it could not be read. Reads the disk.
pub fn local(folders: &[PathBuf], is_demo: bool) -> Scan {
    scan(&places(folders, is_demo))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_once_and_a_demo_has_none() {
        let all = places(&[], false);
        let cache = all.list.first().map(|place| place.path.clone()).unwrap();
        let folders = [PathBuf::from("/my/models"), cache, PathBuf::from("/my/models")];
        let with = places(&folders, false);
        assert_eq!(with.list.len(), all.list.len() + 1, "{with:?}");
        assert_eq!(with.of(Shelf::Folder).collect::<Vec<_>>(), [&folders[0]]);
        assert_eq!(places(&folders, true), Places::default());
    }

    #[test]
    fn lines_of_the_user_lie_over_the_shipped_catalogue() {
        let home = tempfile::tempdir().unwrap();
        let all = home.path().join("config");
        let folder = all.join("models");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("broken.jsonl"), "{\"id\": 1}\n").unwrap();
        std::fs::write(folder.join("notes.txt"), "nothing\n").unwrap();
        let paths = Paths { config: all, ..Paths::from_env().unwrap() };
        let (catalogue, problems) = catalogue(&paths);
        assert_eq!(&catalogue, Catalogue::shipped());
        assert_eq!(problems.len(), 1);
        assert!(problems[0].what.contains("line 1 of broken.jsonl"), "{problems:?}");
    }
}
