//! Names of runs.

/// A name safe as a file name, made from a model's path, hub name or tag: its last part, lower case.
pub fn from_model(model: &str) -> String {
    let last = model.trim_end_matches('/').rsplit('/').next().unwrap_or(model);
    let last = last.strip_suffix(".gguf").unwrap_or(last);
    let mut name: String = last
        .to_ascii_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' })
        .collect();
    name.truncate(48);
    let name = name.trim_matches(['.', '-']).to_owned();
    if name.is_empty() { "run".to_owned() } else { name }
}

/// Whether a name given by a person may be a run's.
pub fn is_valid(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && !name.starts_with(['.', '-'])
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_come_from_models() {
        for (model, name) in [
            ("Qwen/Qwen3-8B-AWQ", "qwen3-8b-awq"),
            ("/srv/models/tiny f16.gguf", "tiny-f16"),
            ("qwen3:0.6b", "qwen3-0.6b"),
            ("///", "run"),
            ("..", "run"),
        ] {
            assert_eq!(from_model(model), name, "{model}");
        }
    }

    proptest! {
        #[test]
        fn every_made_name_is_valid(model in any::<String>()) {
            prop_assert!(is_valid(&from_model(&model)), "{}", from_model(&model));
        }
    }
}
