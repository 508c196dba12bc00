//! Whether an environment vramdeck made still is what it was.

use super::super::program::is_program;
use crate::base::Problem;
use crate::engines::install::Record;
use std::fs;
use std::path::{Path, PathBuf};

/// The program of an environment.
pub(in crate::engines::live) fn program(slot: &Path, record: &Record) -> PathBuf {
    slot.join("venv/bin").join(record.package.program())
}

/// The quick look: interpreter, program and module are there. Nothing is run.
///
/// # Errors
/// What is broken, and how it is put right.
pub(in crate::engines::live) fn quick(slot: &Path, record: &Record) -> Result<(), Problem> {
    let python = slot.join("venv/bin/python");
    if !is_program(&python) {
        let from = fs::read_link(&python).map(|target| format!(" ({})", target.display())).unwrap_or_default();
        return Err(broken(record, format!("the Python it was made with{from} is gone")));
    }
    let program = program(slot, record);
    if !is_program(&program) {
        return Err(broken(record, format!("{} is gone", program.display())));
    }
    match site(slot) {
        Some(site) if site.join(record.package.name()).is_dir() => Ok(()),
        _ => Err(broken(record, format!("its packages do not hold the module {}", record.package.name()))),
    }
}

/// The whole look: every package is there, and every file that it recorded, with its size. Nothing is run.
///
/// # Errors
/// What is broken, and how it is put right.
pub(super) fn whole(slot: &Path, record: &Record) -> Result<(), Problem> {
    quick(slot, record)?;
    let site = site(slot).unwrap_or_default();
    let mut wrong: Vec<String> = Vec::new();
    let there = metadata(&site);
    let gone = record.packages.saturating_sub(there.len() as u64);
    if gone > 0 {
        return Err(broken(record, format!("{gone} of its {} packages are gone", record.packages)));
    }
    for folder in there {
        let Ok(text) = fs::read_to_string(folder.join("RECORD")) else { continue };
        wrong.extend(text.lines().filter_map(listed).filter_map(|(path, size)| missing(&site, &path, size)));
    }
    match wrong.first() {
        None => Ok(()),
        Some(first) => Err(broken(record, format!("{first} (files missing or cut off: {})", wrong.len()))),
    }
}

/// How many packages an environment holds.
pub(super) fn packages(slot: &Path) -> u64 {
    site(slot).map_or(0, |site| metadata(&site).len() as u64)
}

/// The folders in which packages describe themselves.
fn metadata(site: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(site).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "dist-info")).collect()
}

/// Where its packages lie.
fn site(slot: &Path) -> Option<PathBuf> {
    let libs = fs::read_dir(slot.join("venv/lib")).ok()?;
    libs.flatten().map(|entry| entry.path().join("site-packages")).find(|path| path.is_dir())
}

/// Path and size of a line `path,hash,size`. Byte code has neither hash nor size and may go and come.
fn listed(line: &str) -> Option<(String, u64)> {
    let (rest, size) = line.rsplit_once(',')?;
    let (path, _) = rest.rsplit_once(',')?;
    let path = path.trim_matches('"').replace("\"\"", "\"");
    Some((path, size.parse().ok()?))
}

fn missing(site: &Path, path: &str, size: u64) -> Option<String> {
    match fs::metadata(site.join(path)) {
        // Scripts are written anew for their environment, so their size differs.
        Ok(meta) if meta.len() == size || path.starts_with("..") => None,
        Ok(_) => Some(format!("{path} has not the size it was installed with")),
        Err(_) => Some(format!("{path} is gone")),
    }
}

/// A problem with an environment.
pub(super) fn broken(record: &Record, why: String) -> Problem {
    let (title, version) = (record.package.title(), &record.version);
    let hint = format!("vramdeck engines repair {} makes it anew", record.package);
    Problem::failed(format!("vramdeck's own {title} {version} is broken"), why, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_record_are_read() {
        for (line, read) in [
            ("torch/lib/a.so,sha256=x,123", Some(("torch/lib/a.so", 123))),
            ("\"odd, name.py\",sha256=x,5", Some(("odd, name.py", 5))),
            ("a/__pycache__/b.pyc,,", None),
            ("nonsense", None),
        ] {
            assert_eq!(listed(line), read.map(|(path, size)| (path.to_owned(), size)), "{line}");
        }
    }
}
