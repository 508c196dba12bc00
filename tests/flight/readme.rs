//! The README tells of things that are there: commands, options, keys, settings, scenarios, themes, variables, files.

use crate::support::deck::Deck;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const README: &str = include_str!("../../README.md");

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// What stands between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// The cells of the rows of the table below the line `header`.
fn table(header: &str) -> Vec<Vec<&'static str>> {
    let rows = README.lines().skip_while(|line| *line != header).skip(2).take_while(|line| line.starts_with('|'));
    let rows: Vec<_> = rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect();
    assert!(!rows.is_empty(), "the README has no table {header}");
    rows
}

/// Lines of the fenced blocks in these languages.
fn fenced(languages: &[&str]) -> Vec<&'static str> {
    let blocks = README.split("\n```").skip(1).step_by(2);
    let wanted = blocks.filter(|block| languages.iter().any(|name| block.starts_with(&format!("{name}\n"))));
    wanted.flat_map(|block| block.lines().skip(1)).collect()
}

/// Names of the files in a folder, without their ending.
fn stems(folder: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let stem = |path: PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    files.flatten().filter_map(|entry| stem(entry.path())).collect()
}

/// Text of every file below a folder.
fn texts(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())).flatten() {
        match entry.path() {
            path if path.is_dir() => texts(&path, into),
            path if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("readme.rs") => {
                into.push_str(&std::fs::read_to_string(&path).unwrap_or_default());
            }
            _ => {}
        }
    }
}

#[test]
fn each_command_and_option_it_prints_exists() {
    let deck = Deck::new();
    let mut seen = BTreeSet::new();
    for line in fenced(&["sh", "console"]) {
        let line = line.strip_prefix("$ ").unwrap_or(line);
        let Some(rest) = line.strip_prefix("vramdeck ") else { continue };
        let own = rest.split(" -- ").next().unwrap_or(rest);
        let words: Vec<&str> = own.split_whitespace().collect();
        let command = words.iter().find(|word| !word.starts_with('-')).copied().unwrap_or_default();
        if command.ends_with(':') {
            continue; // A message, not a command.
        }
        // The second word of `tools parse` is a command of its own.
        let nested = ["tools", "structured", "pool"].contains(&command);
        let inner = words.get(1).filter(|_| nested).copied().unwrap_or_default();
        let help = [command, inner, "--help"].into_iter().filter(|word| !word.is_empty());
        let help = deck.run(&help.collect::<Vec<_>>());
        assert_eq!(help.code, 0, "{line}: {help}");
        for option in words.iter().filter(|word| word.starts_with("--") && word.len() > 2) {
            assert!(help.stdout.contains(&format!("{option} ")), "{line}: there is no {option}\n{help}");
        }
        seen.insert(command);
    }
    for wanted in ["gpu", "launch", "ps", "logs", "stop", "chat", "probe", "sample", "completions", "man"] {
        assert!(seen.contains(wanted), "no example of {wanted}");
    }
}

#[test]
fn each_key_is_bound_to_the_action_beside_it() {
    let keys: toml::Table = read("presets/keys.toml").parse().unwrap_or_else(|error| panic!("{error}"));
    let (mut context, mut rows) = ("", 0);
    for line in README.lines() {
        let named = line.rsplit_once("(`").and_then(|(_, rest)| rest.strip_suffix("`):").or(rest.strip_suffix("`)")));
        context = named.filter(|name| keys.contains_key(*name)).unwrap_or(context);
        context = if line.starts_with("## ") { "" } else { context };
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let [spellings, actions, _] = cells[..] else { continue };
        if context.is_empty() || !spellings.contains('`') {
            continue;
        }
        let bound = |key: &str| keys[context].get(key).and_then(toml::Value::as_str);
        let (spellings, actions) = (quoted(spellings), quoted(actions));
        for key in &spellings {
            let action = bound(key).unwrap_or_else(|| panic!("{context} does not bind {key}"));
            assert!(actions.contains(&action), "{context}: {key} is {action}, not {actions:?}");
        }
        for action in &actions {
            assert!(spellings.iter().any(|key| bound(key) == Some(action)), "{context}: no key given for {action}");
        }
        rows += 1;
    }
    assert!(rows > 40, "{rows} rows of keys");
}

#[test]
fn settings_and_their_defaults_are_those_shipped() {
    let shipped: toml::Table = read("presets/config.toml").parse().unwrap_or_else(|error| panic!("{error}"));
    let mut named = BTreeSet::new();
    for row in table("| Setting | Default | Meaning and range |") {
        for setting in quoted(row[0]) {
            let mut value = &toml::Value::Table(shipped.clone());
            for key in setting.replace("\"llama.cpp\"", "llama-cpp").split('.') {
                let key = if key == "llama-cpp" { "llama.cpp" } else { key };
                value = value.get(key).unwrap_or_else(|| panic!("no setting {setting}"));
            }
            assert_eq!(quoted(row[1]), [value.to_string()], "{setting}");
            named.insert(setting);
        }
    }
    for (key, value) in &shipped {
        let told = named.iter().any(|name| *name == key || value.is_table() && name.starts_with(&format!("{key}.")));
        assert!(told, "{key} is not in the README");
    }
}

#[test]
fn themes_and_scenarios_are_the_files_there_are() {
    let themes = README.split("Shipped: ").nth(1).and_then(|rest| rest.split("\n\n").next()).unwrap_or_default();
    let named: BTreeSet<String> = quoted(themes).into_iter().map(str::to_owned).collect();
    assert_eq!(named, stems("themes"));
    let named: BTreeSet<String> =
        table("| Scenario | Machine |").iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    assert_eq!(named, stems("presets/cards"));
}

#[test]
fn variables_and_tests_it_names_are_known() {
    let mut sources = read(".ci/run");
    texts(&root().join("src"), &mut sources);
    texts(&root().join("tests"), &mut sources);
    for row in table("| Variable | Meaning |") {
        for name in quoted(row[0]) {
            assert!(sources.contains(name), "nothing reads {name}");
        }
    }
    let manifest = read("Cargo.toml");
    for row in table("| Command | Tests |") {
        for command in quoted(row[0]) {
            let (_, name) = command.rsplit_once(' ').unwrap_or_default();
            assert!(name == "--lib" || manifest.contains(&format!("name = \"{name}\"")), "there is no {command}");
        }
    }
}

#[test]
fn links_within_the_repository_lead_somewhere() {
    let titles: BTreeSet<String> = README
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-"))
        .map(|title| title.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect())
        .collect();
    for link in README.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
        match link.strip_prefix('#') {
            Some(title) => assert!(titles.contains(title), "no title #{title} among {titles:?}"),
            None => assert!(root().join(link).is_file(), "no file {link}"),
        }
    }
}
