//! What the project is built from, asked of cargo without the network.

use crate::mentions::mentions;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

/// Crates of which two versions in one binary would mean two incompatible sets of the same types.
const ONE_VERSION: &[&str] = &["crossterm", "http", "hyper", "ratatui", "ratatui-core", "reqwest", "rustls", "tokio"];

/// One dependency that Cargo.toml names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Direct {
    /// The name in Cargo.toml.
    pub name: String,
    /// A dev-dependency.
    pub dev: bool,
}

/// Runs cargo offline with the lock file as it is; says what to do when that cannot be.
pub fn cargo(arguments: &[&str]) -> String {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(program)
        .args(arguments)
        .args(["--offline", "--locked"])
        .current_dir(crate::tree::root())
        .output()
        .unwrap_or_else(|error| panic!("cargo cannot be run: {error}"));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "cargo {arguments:?} failed. If Cargo.lock is behind Cargo.toml: `cargo check`, then commit it; if a package is \
         not downloaded: `cargo fetch --locked`.\n{complaint}"
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// `cargo metadata` for this machine's platform, the one whose packages a build downloads.
pub fn metadata() -> Value {
    let version = Command::new("rustc").arg("-vV").output().map(|output| output.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&version).into_owned();
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap_or_else(|| panic!("rustc -vV names no host"));
    let text = cargo(&["metadata", "--format-version", "1", "--filter-platform", host]);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("cargo metadata is no JSON: {error}"))
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().into_iter().flatten()
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap_or_default()
}

/// Packages that do not come from a registry, the project itself aside.
pub fn unregistered(metadata: &Value) -> Vec<String> {
    let root = metadata["resolve"]["root"].as_str();
    let stray = |package: &&Value| {
        package["id"].as_str() != root && !package["source"].as_str().is_some_and(|from| from.starts_with("registry+"))
    };
    packages(metadata)
        .filter(stray)
        .map(|package| format!("{}: comes from {}", name(package), package["source"]))
        .collect()
}

/// Crates of `ONE_VERSION` that came in twice.
pub fn twice(metadata: &Value) -> Vec<String> {
    let versions = |wanted: &str| -> Vec<String> {
        let same = packages(metadata).filter(|package| name(package) == wanted);
        same.map(|package| package["version"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let all = ONE_VERSION.iter().map(|wanted| (wanted, versions(wanted)));
    all.filter(|(_, versions)| versions.len() > 1)
        .map(|(name, versions)| format!("{name}: {}", versions.join(" and ")))
        .collect()
}

/// The dependencies that Cargo.toml names, build scripts' aside.
pub fn direct(metadata: &Value) -> Vec<Direct> {
    let root = packages(metadata).find(|package| package["id"] == metadata["resolve"]["root"]);
    let listed = root.and_then(|package| package["dependencies"].as_array()).into_iter().flatten();
    listed
        .filter(|dependency| dependency["kind"] != "build")
        .map(|dependency| Direct {
            name: dependency["rename"].as_str().or(dependency["name"].as_str()).unwrap_or_default().to_owned(),
            dev: dependency["kind"] == "dev",
        })
        .collect()
}

/// First words of all paths in these sources: the crates they use are among them.
pub fn used<'a>(sources: impl IntoIterator<Item = &'a (String, String)>) -> BTreeSet<String> {
    let paths = sources.into_iter().flat_map(|(_, text)| mentions(text, &[]));
    paths.filter_map(|mention| mention.path.into_iter().next()).collect()
}

/// Dependencies that no code names: `src` those of the product, `all` those of `src` and `tests`.
pub fn unused(direct: &[Direct], src: &BTreeSet<String>, all: &BTreeSet<String>) -> Vec<String> {
    let told = |dependency: &Direct| {
        let path = dependency.name.replace('-', "_");
        let (in_src, anywhere) = (src.contains(&path), all.contains(&path));
        match (dependency.dev, in_src, anywhere) {
            (false, false, false) => Some("no code names it: take it out of [dependencies]"),
            (false, false, true) => Some("only tests name it: it belongs in [dev-dependencies]"),
            (true, _, false) => Some("no test names it: take it out of [dev-dependencies]"),
            _ => None,
        }
        .map(|why| format!("{}: {why}", dependency.name))
    };
    direct.iter().filter_map(told).collect()
}

/// Packages that are built, as `cargo tree` lists them (`name version|licence`), whose licence is not accepted.
pub fn refused(tree: &str) -> Vec<String> {
    // " (*)" marks a package that was listed before
    let lines = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    let lines: BTreeSet<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    let judged = lines.into_iter().map(|line| line.split_once('|').unwrap_or((line, "")));
    judged
        .filter(|(_, licence)| !crate::licence::accepted(licence.trim()))
        .map(|(package, licence)| format!("{package}: licence {licence:?} is not among those accepted"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{direct, refused, twice, unregistered, unused, used};
    use serde_json::{Value, json};

    fn sample() -> Value {
        json!({
            "packages": [
                {"id": "root", "name": "vramdeck", "source": null, "dependencies": [
                    {"name": "ratatui-textarea", "rename": "tui-textarea", "kind": null},
                    {"name": "serde_json", "rename": null, "kind": null},
                    {"name": "axum", "rename": null, "kind": null},
                    {"name": "vt100", "rename": null, "kind": "dev"},
                    {"name": "insta", "rename": null, "kind": "dev"},
                ]},
                {"id": "a", "name": "ratatui", "version": "0.29.0", "source": "registry+index"},
                {"id": "b", "name": "ratatui", "version": "0.30.1", "source": "registry+index"},
                {"id": "c", "name": "mine", "version": "1.0.0", "source": "git+https://example.com/mine"},
                {"id": "d", "name": "near", "version": "1.0.0", "source": null},
            ],
            "resolve": {"root": "root"},
        })
    }

    #[test]
    fn sources_and_double_versions_are_told() {
        assert_eq!(
            unregistered(&sample()),
            ["mine: comes from \"git+https://example.com/mine\"", "near: comes from null"]
        );
        assert_eq!(twice(&sample()), ["ratatui: 0.29.0 and 0.30.1"]);
    }

    #[test]
    fn unused_dependencies_are_told_under_the_name_code_uses() {
        let src = [("a.rs".to_owned(), "use tui_textarea::TextArea; // axum::Router".to_owned())];
        let tests = [("b.rs".to_owned(), "fn f() { serde_json::json!(1); vt100::Parser::new() }".to_owned())];
        let told = unused(&direct(&sample()), &used(&src), &used(src.iter().chain(&tests)));
        let want = [
            "serde_json: only tests name it: it belongs in [dev-dependencies]",
            "axum: no code names it: take it out of [dependencies]",
            "insta: no test names it: take it out of [dev-dependencies]",
        ];
        assert_eq!(told, want);
    }

    #[test]
    fn a_licence_outside_the_list_is_told() {
        let tree = "a v1.0.0|MIT\na v1.0.0|MIT (*)\nb v2.0.0|GPL-3.0-only\n\nc v3.0.0|\n";
        let want = [
            "b v2.0.0: licence \"GPL-3.0-only\" is not among those accepted",
            "c v3.0.0: licence \"\" is not among those accepted",
        ];
        assert_eq!(refused(tree), want);
    }
}
