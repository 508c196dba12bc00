//! Keeps one setting in the user's settings file; everything else in it stays as the user wrote it.

use crate::app::Msg;
use crate::runtime::world::Common;
use crate::store::files;

/// Writes `key = value` into `config.toml`, on a thread; tells only when it could not.
pub fn save(key: &'static str, value: toml::Value, common: &Common) {
    let file = common.paths.config.join("config.toml");
    let turn = common.saving.clone();
    common.spawn_blocking(move || {
        // One after the other: each reads what the one before has written.
        let _turn = turn.lock();
        let saved = files::read_text(&file)
            .and_then(|text| files::write_private(&file, with(&text.unwrap_or_default(), key, &value).as_bytes()));
        saved.err().map(Msg::Problem)
    });
}

/// The text with the setting in it: in the place of the old line, else before the first table.
fn with(text: &str, key: &str, value: &toml::Value) -> String {
    let line = format!("{key} = {value}");
    let mut lines: Vec<&str> = text.lines().collect();
    let top = lines.iter().position(|line| line.trim_start().starts_with('[')).unwrap_or(lines.len());
    let names = |line: &&str| line.split_once('=').is_some_and(|(name, _)| name.trim().trim_matches('"') == key);
    match lines[..top].iter().position(names) {
        Some(at) => lines[at] = &line,
        None => lines.insert(top, &line),
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_changes_and_the_rest_stays() {
        let nord = toml::Value::String("nord".to_owned());
        for (before, after) in [
            ("", "theme = \"nord\"\n"),
            ("# mine\ntheme = \"mono\" # dark\nmouse = true\n", "# mine\ntheme = \"nord\"\nmouse = true\n"),
            ("[engines.vllm]\ntheme = 1\n", "theme = \"nord\"\n[engines.vllm]\ntheme = 1\n"),
            ("\"theme\" = \"mono\"", "theme = \"nord\"\n"),
        ] {
            assert_eq!(with(before, "theme", &nord), after);
        }
        assert_eq!(with("", "sample_hz", &toml::Value::Float(1.0)), "sample_hz = 1.0\n");
    }
}
