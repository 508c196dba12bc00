//! The user's own constraints: `structured/*.json` in the folder of settings.

use super::library::{Entry, Library, named, parse};
use crate::base::Problem;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Files that are read.
const FILES: usize = 512;
/// Bytes of one file.
const BYTES: u64 = 8 * 1024 * 1024;

/// The folder of the user's constraints.
pub fn folder(config: &Path) -> PathBuf {
    config.join("structured")
}

/// The shipped constraints with those of `<config>/structured/*.json` laid over them in the order of the files' names, and what
/// is wrong with files that cannot be used. At most 512 files of 8 MiB are read; a folder that is not there is an empty one.
pub fn library(config: &Path) -> (Library, Vec<Problem>) {
    let (files, mut problems) = files(config);
    let (library, more) = Library::with(files.iter().map(|(path, text)| (name(path), text.as_str())));
    problems.extend(more);
    (library, problems)
}

/// The names that the user's files define, also those that take a shipped one's place, in order.
pub fn own(config: &Path) -> Vec<String> {
    let read = files(config).0.into_iter().filter_map(|(_, text)| parse(&text, "").ok());
    let mut names: Vec<String> = read.flatten().map(|entry| entry.name).collect();
    names.sort();
    names.dedup();
    names
}

/// Writes an entry into the user's folder: in the file that defines it now, else in one of its own. A reader sees the old file
/// or the new one. Gives the file.
///
/// # Errors
/// When its name cannot be one, or the file cannot be written.
pub fn save(config: &Path, entry: &Entry) -> Result<PathBuf, Problem> {
    named(&entry.name).map_err(|why| Problem::usage("the constraint is not saved", why, "give it another name"))?;
    let own = folder(config).join(format!("{}.json", entry.name));
    // Of several files that define it the last one counts.
    let (path, entries) = holders(config, &entry.name).pop().unwrap_or_else(|| (free(own), Vec::new()));
    let mut library = Library { entries };
    library.put(entry.clone());
    write(&path, &library.to_file())?;
    Ok(path)
}

/// Takes an entry out of the user's folder; a shipped one of its name comes back by it. Whether there was one.
///
/// # Errors
/// When a file cannot be written.
pub fn delete(config: &Path, name: &str) -> Result<bool, Problem> {
    let holders = holders(config, name);
    for (path, mut entries) in holders.iter().cloned() {
        entries.retain(|one| one.name != name);
        if entries.is_empty() {
            fs::remove_file(&path).map_err(|error| broken(&path, &error))?;
        } else {
            write(&path, &Library { entries }.to_file())?;
        }
    }
    Ok(!holders.is_empty())
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or("a file")
}

/// A path at which nothing lies: a file that cannot be used is not written over.
fn free(path: PathBuf) -> PathBuf {
    let numbered = (2..1000).map(|count| path.with_extension(format!("{count}.json")));
    std::iter::once(path.clone()).chain(numbered).find(|path| !path.exists()).unwrap_or(path)
}

/// The files that define an entry of this name, with all they hold, in the order in which they are read.
fn holders(config: &Path, name: &str) -> Vec<(PathBuf, Vec<Entry>)> {
    let read = files(config).0.into_iter().filter_map(|(path, text)| Some((path, parse(&text, "").ok()?)));
    read.filter(|(_, entries)| entries.iter().any(|entry| entry.name == name)).collect()
}

/// The files of the folder with their texts.
fn files(config: &Path) -> (Vec<(PathBuf, String)>, Vec<Problem>) {
    let folder = folder(config);
    let (mut out, mut problems) = (Vec::new(), Vec::new());
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return (out, problems),
        Err(error) => return (out, vec![broken(&folder, &error)]),
    };
    let fitting = |path: &PathBuf| {
        path.extension().is_some_and(|end| end == "json") && path.is_file() && !name(path).starts_with('.')
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(fitting).collect();
    paths.sort();
    if paths.len() > FILES {
        let why = format!("it holds {} files; the first {FILES} are read", paths.len());
        problems.push(Problem::failed(
            format!("{} is not read whole", folder.display()),
            why,
            "put several into one file",
        ));
    }
    for path in paths.into_iter().take(FILES) {
        match text(&path) {
            Ok(text) => out.push((path, text)),
            Err(problem) => problems.push(problem),
        }
    }
    (out, problems)
}

fn text(path: &Path) -> Result<String, Problem> {
    let file = fs::File::open(path).map_err(|error| broken(path, &error))?;
    let mut text = String::new();
    file.take(BYTES + 1).read_to_string(&mut text).map_err(|error| broken(path, &error))?;
    if text.len() as u64 > BYTES {
        let why = format!("it is larger than {} MiB", BYTES >> 20);
        return Err(Problem::failed(format!("{} is not read", path.display()), why, "split it"));
    }
    Ok(text)
}

/// Writes a file whole or not at all, for its owner only.
fn write(path: &Path, text: &str) -> Result<(), Problem> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let temporary = folder.join(format!(".{}.{}.new", name(path), std::process::id()));
    let written = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).and_then(|()| {
        let mut file = fs::OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    });
    written.map_err(|error| {
        // The error that counts is the first.
        let _ = fs::remove_file(&temporary);
        broken(path, &error)
    })
}

fn broken(path: &Path, error: &std::io::Error) -> Problem {
    let hint = "check who owns it and its mode; VRAMDECK_HOME moves all of vramdeck's folders";
    Problem::failed(format!("{} cannot be used", path.display()), error.to_string(), hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::structured::Constraint;

    #[test]
    fn constraints_are_kept_changed_and_taken_out() {
        let home = tempfile::tempdir().unwrap();
        let entry = |name: &str, regex: &str| Entry {
            name: name.to_owned(),
            title: "t".to_owned(),
            category: String::new(),
            prompt: String::new(),
            constraint: Constraint::Regex(regex.to_owned()),
        };
        assert_eq!(library(home.path()), (Library::shipped().clone(), Vec::new()));
        let path = save(home.path(), &entry("own", "a")).unwrap();
        assert_eq!(path, folder(home.path()).join("own.json"));
        save(home.path(), &entry("own", "b")).unwrap();
        assert_eq!(library(home.path()).0.get("own").unwrap().constraint, Constraint::Regex("b".into()));
        assert_eq!(own(home.path()), ["own"]);
        assert!(delete(home.path(), "own").unwrap() && !delete(home.path(), "own").unwrap());
        fs::write(folder(home.path()).join("own.json"), "nope").unwrap();
        assert_eq!(library(home.path()).1.len(), 1);
        assert_eq!(save(home.path(), &entry("own", "c")).unwrap(), folder(home.path()).join("own.2.json"));
        assert_eq!(save(home.path(), &entry("../own", "c")).unwrap_err().exit_code(), 2);
    }
}
