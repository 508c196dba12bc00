//! What this machine has for an install.

use super::super::program::{is_program, on_path, output};
use super::room;
use crate::base::{Bytes, Reading, Unknown};
use crate::engines::install::plan::Python;
use crate::engines::install::{Machine, Package};
use crate::gpu::live::{Options, SourceChoice, read_once};
use crate::store::Paths;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Looks at the machine; runs each Python it finds once.
pub(super) fn probe(paths: &Paths, package: Package) -> Machine {
    let uv = uv();
    let pythons = pythons(uv.is_some());
    let card = card(package);
    let compiler = ["gcc", "nm", "readelf"].iter().all(|name| on_path(name).is_some());
    let place = room::Room::of(paths, package);
    Machine { uv, pythons, card, compiler, free: free(&place.root), cache: place.cache }
}

/// Whether the driver shows a card. LiteLLM computes nothing, so that for it no driver has to be asked.
pub(super) fn card(package: Package) -> bool {
    package == Package::Vllm && !read_once(SourceChoice::Nvml, Options::default()).cards.is_empty()
}

/// On the PATH, or where its own installer puts it; one that answers, for a shim may have nothing behind it.
fn uv() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let usual = || home.clone().into_iter().flat_map(|home| [home.join(".local/bin/uv"), home.join(".cargo/bin/uv")]);
    let answers = |path: &PathBuf| {
        let ask = [path.to_string_lossy().into_owned(), "--version".to_owned()];
        output(&ask, Duration::from_secs(10)).is_some_and(|(ok, _)| ok)
    };
    on_path("uv").into_iter().chain(usual()).filter(|path| is_program(path)).find(answers)
}

/// Every Python that can make environments. Shims of version managers answer with the interpreter behind them.
fn pythons(with_uv: bool) -> Vec<Python> {
    let names = ["python3.12", "python3.13", "python3.11", "python3.14", "python3.10", "python3"];
    let mut candidates: Vec<PathBuf> = names.iter().filter_map(|name| on_path(name)).collect();
    candidates.extend(managed());
    let mut found: Vec<Python> = Vec::new();
    for candidate in candidates {
        if let Some(python) = ask(&candidate, with_uv).filter(|python| !found.contains(python)) {
            found.push(python);
        }
    }
    // The newest Python is the one for which packages are missing longest.
    let rank = |python: &Python| [(3, 12), (3, 13), (3, 11)].iter().position(|one| *one == python.version).unwrap_or(9);
    found.sort_by_key(rank);
    found
}

/// Those of pyenv, which need not be switched on.
fn managed() -> Vec<PathBuf> {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".pyenv"));
    let Some(root) = std::env::var_os("PYENV_ROOT").map(PathBuf::from).or_else(home) else { return Vec::new() };
    let entries = std::fs::read_dir(root.join("versions")).into_iter().flatten().flatten();
    let mut names: Vec<OsString> = entries.map(|entry| entry.file_name()).collect();
    names.retain(|name| name.to_string_lossy().starts_with("3.1"));
    names.sort();
    names
        .iter()
        .map(|name| root.join("versions").join(name).join("bin/python3"))
        .filter(|path| is_program(path))
        .collect()
}

fn ask(candidate: &Path, with_uv: bool) -> Option<Python> {
    // uv makes environments without the help of venv and ensurepip.
    let needs = if with_uv { "" } else { "import venv, ensurepip\n" };
    let code = format!("import sys\n{needs}print('python', sys.version_info[0], sys.version_info[1], sys.executable)");
    let command = [candidate.to_string_lossy().into_owned(), "-c".to_owned(), code];
    let (_, said) = output(&command, Duration::from_secs(10)).filter(|(ok, _)| *ok)?;
    let line = said.lines().find_map(|line| line.strip_prefix("python "))?;
    let mut words = line.splitn(3, ' ');
    let version = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    let path = PathBuf::from(words.next()?);
    is_program(&path).then_some(Python { path, version })
}

/// Bytes free for this user where a folder lies or will lie.
fn free(place: &Path) -> Reading<Bytes> {
    let there = place.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("/"));
    let stat = nix::sys::statvfs::statvfs(there).map_err(|error| Unknown::because(error.to_string()))?;
    Ok(Bytes(stat.blocks_available().saturating_mul(stat.fragment_size())))
}
