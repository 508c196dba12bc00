//! The names of a model's labels, out of its `config.json`.

use crate::base::text::clean_line;
use serde_json::Value;

/// Most labels whose names are read.
const MOST: usize = 10_000;
/// Most characters of a name.
const LONGEST: usize = 200;

/// The names by number (`id2label`); empty where the configuration names none. `LABEL_0` and the like are no names.
pub fn names(config: &str) -> Vec<String> {
    let told: Option<Value> = serde_json::from_str(config).ok();
    let list = told.as_ref().and_then(|config| config.get("id2label")).and_then(Value::as_object);
    let mut names: Vec<String> = Vec::new();
    for (number, name) in list.into_iter().flatten() {
        let (Ok(number), Some(name)) = (number.parse::<usize>(), name.as_str()) else { continue };
        if number >= MOST {
            continue;
        }
        if names.len() <= number {
            names.resize(number + 1, String::new());
        }
        let own = name.strip_prefix("LABEL_").is_none_or(|rest| rest.parse() != Ok(number));
        if own {
            names[number] = clean_line(name).chars().take(LONGEST).collect();
        }
    }
    names
}

/// The name of a label, or its number where it has none.
pub fn name(names: &[String], number: usize) -> String {
    match names.get(number).filter(|name| !name.is_empty()) {
        Some(name) => name.clone(),
        None => format!("label {number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_configuration() {
        let config = r#"{"id2label": {"1": "B-PER", "0": "O", "2": "LABEL_2", "x": "y", "99999999": "far", "3": 4}}"#;
        assert_eq!(names(config), ["O", "B-PER", ""]);
        assert_eq!((name(&names(config), 1), name(&names(config), 2)), ("B-PER".to_owned(), "label 2".to_owned()));
        for none in ["", "[]", r#"{"id2label": []}"#, "{}"] {
            assert!(names(none).is_empty());
        }
    }
}
