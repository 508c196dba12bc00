//! The house rules, checked on the project itself: who imports whom, how long files are, what lies where, what it is
//! built from. Each check is plain functions in `tests/house/`, tried there on samples that break it.

// Helpers of a test may end it where they stand; the lints' own test exemption reaches #[test] functions only.
#![allow(clippy::panic)]

#[path = "house/licence.rs"]
mod licence;
#[path = "house/mentions.rs"]
mod mentions;
#[path = "house/rules.rs"]
mod rules;
#[path = "house/supply.rs"]
mod supply;
#[path = "house/tokens.rs"]
mod tokens;
#[path = "house/tree.rs"]
mod tree;

#[track_caller]
fn none(what: &str, wrong: &[impl ToString]) {
    let lines: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{what}:\n  {}\n", lines.join("\n  "));
}

#[test]
fn rooms_import_in_the_order_of_the_house() {
    let sources = tree::rust("src/");
    assert!(sources.len() > 10, "the sources were not found");
    let sources: Vec<_> = sources.iter().map(|(file, text)| (file.trim_start_matches("src/"), text.as_str())).collect();
    let plain = rules::store_types(sources.iter().copied());
    let each = sources.iter().flat_map(|(file, text)| rules::breaches(file, text, &plain));
    none("imports against the rules", &each.collect::<Vec<_>>());
}

#[test]
fn files_stay_small() {
    let long: Vec<String> = tree::rust("src/").iter().filter_map(|(file, text)| tree::too_long(file, text)).collect();
    none("files beyond the alarm", &long);
}

#[test]
fn the_top_level_holds_only_what_belongs_there() {
    none("strays", &tree::files().iter().filter_map(|file| tree::misplaced(file)).collect::<Vec<_>>());
}

#[test]
fn every_preset_and_theme_is_used() {
    let data = |file: &String| file.starts_with("presets/") || file.starts_with("themes/");
    let assets: Vec<String> = tree::files().into_iter().filter(data).collect();
    none("data that nothing loads", &tree::unreferenced(&assets, &tree::rust("src/")));
}

#[test]
fn no_file_is_tied_to_a_machine_or_a_registry() {
    let files = tree::files().into_iter().filter(|file| file != "Cargo.lock");
    none("ties", &files.flat_map(|file| tree::tied(&file, &tree::text(&file))).collect::<Vec<_>>());
}

#[test]
fn every_licence_is_accepted() {
    let built = supply::cargo(&["tree", "--prefix", "none", "--edges", "normal,build,dev", "--format", "{p}|{l}"]);
    assert!(built.lines().count() > 50, "cargo tree lists too little:\n{built}");
    none("licences", &supply::refused(&built));
}

#[test]
fn every_dependency_is_used() {
    let (src, tests) = (tree::rust("src/"), tree::rust("tests/"));
    let direct = supply::direct(&supply::metadata());
    assert!(!direct.is_empty(), "cargo metadata lists no dependency");
    none("dependencies", &supply::unused(&direct, &supply::used(&src), &supply::used(src.iter().chain(&tests))));
}

#[test]
fn dependencies_come_once_and_from_the_registry() {
    let metadata = supply::metadata();
    none("not from the registry", &supply::unregistered(&metadata));
    none("two versions", &supply::twice(&metadata));
}
