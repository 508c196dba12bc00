//! The files of the project: which there are, how long, what they name.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Longest file below `src` in lines. A file that needs more stands in `LONGER` with the reason.
const LONGEST: usize = 450;
const LONGER: &[(&str, &str)] = &[];

/// What may stand at the top besides hidden files.
const TOP: &[&str] =
    &["Cargo.lock", "Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "presets", "src", "tests", "themes"];

/// Folders whose files one source takes in by their bare names, in quotes; all other data is named by its path.
const LOADERS: &[(&str, &str)] = &[("themes/", "src/ui/theme/gallery.rs")];

/// The root of the project.
pub fn root() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into()))
}

/// Paths of the project's files relative to its root: what git tracks or would track; without git all but `target`.
pub fn files() -> Vec<String> {
    let root = root();
    let listed = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(&root)
        .output();
    let mut found = match listed {
        Ok(output) if output.status.success() && !output.stdout.is_empty() => {
            String::from_utf8_lossy(&output.stdout).split_terminator('\0').map(str::to_owned).collect()
        }
        _ => walk(&root, &root),
    };
    found.retain(|file| root.join(file).is_file());
    found.sort();
    found.dedup();
    found
}

fn walk(folder: &Path, root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !["target", ".git"].contains(&name.as_str()) => {
                found.extend(walk(&path, root))
            }
            Ok(kind) if kind.is_file() => found.push(name),
            _ => {}
        }
    }
    found
}

/// The text of a file of the project; bytes that are no text are replaced.
pub fn text(file: &str) -> String {
    let bytes = std::fs::read(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Rust files below `folder` with their text.
pub fn rust(folder: &str) -> Vec<(String, String)> {
    let wanted = |file: &String| file.starts_with(folder) && file.ends_with(".rs");
    files().into_iter().filter(wanted).map(|file| (file.clone(), text(&file))).collect()
}

/// What is wrong with the length of a file.
pub fn too_long(file: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    let excused = LONGER.iter().any(|(name, _)| *name == file);
    (lines > LONGEST && !excused)
        .then(|| format!("{file}: {lines} lines, the alarm is {LONGEST}: split it by what it does"))
}

/// What is wrong with the place of a file.
pub fn misplaced(file: &str) -> Option<String> {
    let top = file.split('/').next().unwrap_or_default();
    (!top.starts_with('.') && !TOP.contains(&top))
        .then(|| format!("{file}: `{top}` has no place at the top of the tree"))
}

/// Data files that no source names: `assets` are paths like `themes/nord.toml`.
pub fn unreferenced(assets: &[String], sources: &[(String, String)]) -> Vec<String> {
    let by_name = |asset: &str| {
        let (folder, loader) = LOADERS.iter().find(|(folder, _)| asset.starts_with(folder))?;
        let (bare, _) = asset.strip_prefix(folder)?.split_once('.')?;
        sources.iter().find(|(file, _)| file == loader).map(|(_, text)| text.contains(&format!("\"{bare}\"")))
    };
    let named = |asset: &str| by_name(asset) == Some(true) || sources.iter().any(|(_, text)| text.contains(asset));
    assets.iter().filter(|asset| !named(asset)).map(|asset| format!("{asset}: no file in src names it")).collect()
}

/// Words that tie a file to one machine or one mirror, taken apart so that this file does not hold them.
fn ties() -> Vec<String> {
    let fixed = [
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["/work", "space/"],
        ["/opt/", "engines"],
        ["crates.", "io/api"],
        ["index.crates", ".io"],
        ["static.crates", ".io"],
        ["pypi", ".org"],
        ["files.python", "hosted"],
        ["registry.npm", "js"],
        ["deb.debian", ".org"],
        ["proxy.golang", ".org"],
    ];
    let mut all: Vec<String> = fixed.iter().map(|[a, b]| format!("{a}{b}")).collect();
    let homes = [std::env::var("HOME").ok(), std::env::var("CARGO_HOME").ok(), Some(root().display().to_string())];
    // A folder one step below the root, as `/tmp`, is no secret of this machine.
    let telling = |path: &String| path.trim_end_matches('/').matches('/').count() > 1;
    all.extend(homes.into_iter().flatten().filter(telling));
    all
}

/// Places where a text names a machine's own path or a registry's host.
pub fn tied(file: &str, text: &str) -> Vec<String> {
    let ties = ties();
    let lines = text.lines().zip(1..);
    lines
        .filter_map(|(line, number)| {
            let tie = ties.iter().find(|tie| line.contains(tie.as_str()))?;
            Some(format!("{file}:{number}: names `{tie}`"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, misplaced, tied, too_long, unreferenced};

    #[test]
    fn a_long_file_is_told() {
        assert_eq!(too_long("src/a.rs", &"\n".repeat(LONGEST)), None);
        assert!(too_long("src/a.rs", &"\n".repeat(LONGEST + 1)).is_some());
    }

    #[test]
    fn a_stray_file_at_the_top_is_told() {
        for (file, stray) in
            [("src/a.rs", false), (".ci/run", false), ("README.md", false), ("notes.md", true), ("docs/a.md", true)]
        {
            assert_eq!(misplaced(file).is_some(), stray, "{file}");
        }
    }

    #[test]
    fn unused_data_is_told() {
        let sources = [
            ("src/engines/flags.rs".to_owned(), "include_str!(\"../../presets/flags.toml\")".to_owned()),
            ("src/ui/theme/gallery.rs".to_owned(), "shipped![\"nord\", \"mono\"]".to_owned()),
            ("src/ui/view.rs".to_owned(), "\"gone\"".to_owned()),
        ];
        let assets =
            ["presets/flags.toml", "presets/nord.toml", "themes/nord.toml", "themes/gone.toml"].map(str::to_owned);
        let want = ["presets/nord.toml: no file in src names it", "themes/gone.toml: no file in src names it"];
        assert_eq!(unreferenced(&assets, &sources), want);
    }

    #[test]
    fn a_machine_or_a_registry_is_told_with_its_line() {
        assert_eq!(tied("a", "fine\n/tmp/x\nhttps://example.com"), [""; 0]);
        let told = tied("a", &format!("fine\nsee https://{}{}/simple", "pypi", ".org"));
        assert_eq!(told.len(), 1);
        assert!(told.first().is_some_and(|line| line.starts_with("a:2: ")));
        assert_eq!(tied("a", &format!("{}/src", super::root().display())).len(), 1);
    }
}
