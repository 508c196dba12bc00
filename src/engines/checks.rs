//! Checks before a launch: each has a name and a result, and a failed one is a problem with a next step.

use crate::base::Problem;
use serde::Serialize;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// In order.
    Pass,
    /// Worth knowing, no reason not to launch.
    Warn,
    /// The launch would fail.
    Fail,
    /// Could not be checked; the text says why.
    Skip,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// What was checked: `program`, `version`, `flags`, `model`, `context`, `server`, `host`, `port`, `disk`.
    pub name: &'static str,
    /// How it came out.
    pub outcome: Outcome,
    /// What was found.
    pub found: String,
    /// The problem, where it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

impl Check {
    /// A check that passed.
    pub fn pass(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Pass, found: found.into(), problem: None }
    }

    /// A check with a remark.
    pub fn warn(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Warn, found: found.into(), problem: None }
    }

    /// A check that could not be made.
    pub fn skip(name: &'static str, why: impl Into<String>) -> Self {
        Self { name, outcome: Outcome::Skip, found: why.into(), problem: None }
    }

    /// A check that failed.
    pub fn fail(name: &'static str, problem: Problem) -> Self {
        Self { name, outcome: Outcome::Fail, found: problem.what.clone(), problem: Some(problem) }
    }

    /// From a result: the text found, or the problem.
    pub fn of(name: &'static str, result: Result<String, Problem>) -> Self {
        match result {
            Ok(found) => Self::pass(name, found),
            Err(problem) => Self::fail(name, problem),
        }
    }
}

/// The first problem among checks.
pub fn first_problem(checks: &[Check]) -> Option<Problem> {
    checks.iter().find_map(|check| check.problem.clone())
}

/// Checks a context length asked for against the model's own.
///
/// # Errors
/// When vLLM would refuse it, or when llama.cpp would hang on it.
pub fn context(asked: u64, model_max: Option<u64>, flag: &str) -> Result<String, Problem> {
    /// Beyond this no model of today goes; llama-server hangs without a word when asked for absurd sizes.
    const ABSURD: u64 = 16 * 1024 * 1024;
    let what = format!("{flag} {asked} is longer than the model's context");
    match model_max {
        Some(max) if asked > max => Err(Problem::usage(
            what,
            format!("the model was made for {max} tokens"),
            format!("{flag} {max}, or leave it out"),
        )),
        Some(max) => Ok(format!("{asked} of the model's {max} tokens")),
        None if asked > ABSURD => Err(Problem::usage(
            format!("{flag} {asked} is no context length"),
            format!("no model goes beyond {ABSURD} tokens"),
            format!("a smaller number, or leave {flag} out"),
        )),
        None => Ok(format!("{asked} tokens; the model's own length is not known here")),
    }
}

/// `32k`, `32K`, `8192` as a number of tokens: `k` is 1000, `K` 1024, as vLLM reads them.
pub fn human_tokens(text: &str) -> Option<u64> {
    let (digits, factor) = match text.chars().last()? {
        'k' => (text.strip_suffix('k')?, 1000.0),
        'K' => (text.strip_suffix('K')?, 1024.0),
        'm' => (text.strip_suffix('m')?, 1e6),
        'M' => (text.strip_suffix('M')?, 1_048_576.0),
        _ => (text, 1.0),
    };
    let number: f64 = digits.parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some((number * factor) as u64)
}

/// The context length a `config.json` states.
pub fn max_positions(config: &serde_json::Value) -> Option<u64> {
    let places = [config, config.get("text_config").unwrap_or(config), config.get("llm_config").unwrap_or(config)];
    let keys = ["max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "model_max_length"];
    places.iter().find_map(|place| keys.iter().find_map(|key| place.get(key)?.as_u64()))
}

/// Whether the context may exceed `max_position_embeddings` because the model stretches its positions.
pub fn has_rope_scaling(config: &serde_json::Value) -> bool {
    ["rope_scaling", "rope_parameters"].iter().any(|key| {
        config.get(key).and_then(|scaling| scaling.get("factor")).and_then(serde_json::Value::as_f64).is_some()
    })
}

/// Checks a safetensors file by its head: the length of the header, the header itself, and the file's size.
///
/// # Errors
/// In words, what is wrong with the file.
pub fn safetensors(header_len: u64, header: &[u8], file_len: u64) -> Result<(), String> {
    let parsed: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(header).map_err(|_| "its header is no JSON".to_owned())?;
    let ends = parsed.iter().filter(|(name, _)| *name != "__metadata__");
    let end = ends.filter_map(|(_, tensor)| tensor.get("data_offsets")?.get(1)?.as_u64()).max().unwrap_or(0);
    let whole = end.saturating_add(header_len).saturating_add(8);
    if whole > file_len { Err(format!("it should be {whole} bytes long and is {file_len}")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn contexts_are_held_against_the_model() {
        assert!(context(4096, Some(4096), "--max-model-len").is_ok());
        let problem = context(100_000, Some(4096), "--max-model-len").unwrap_err();
        assert_eq!((problem.exit_code(), problem.hint.as_str()), (2, "--max-model-len 4096, or leave it out"));
        assert!(context(2_000_000_000, None, "-c").is_err(), "llama-server hangs on it");
        assert!(context(131_072, None, "-c").is_ok());
        for (text, tokens) in
            [("32k", Some(32_000)), ("32K", Some(32_768)), ("8192", Some(8192)), ("auto", None), ("", None)]
        {
            assert_eq!(human_tokens(text), tokens, "{text}");
        }
    }

    #[test]
    fn context_lengths_are_found_in_configs() {
        for (config, max) in [
            (json!({"max_position_embeddings": 4096}), Some(4096)),
            (json!({"text_config": {"max_position_embeddings": 32768}}), Some(32_768)),
            (json!({"hidden_size": 1}), None),
        ] {
            assert_eq!(max_positions(&config), max);
        }
        assert!(has_rope_scaling(&json!({"rope_scaling": {"factor": 4.0}})));
        assert!(!has_rope_scaling(&json!({"rope_scaling": null})));
    }

    #[test]
    fn truncated_weights_are_seen_from_the_header() {
        let header = br#"{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"__metadata__":{}}"#;
        let len = header.len() as u64;
        assert_eq!(safetensors(len, header, len + 12), Ok(()));
        assert!(safetensors(len, header, len + 11).unwrap_err().contains("should be"));
        assert!(safetensors(3, b"{a}", 100).is_err());
    }
}
