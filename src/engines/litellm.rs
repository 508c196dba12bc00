//! A LiteLLM configuration over runs: pure. JSON is YAML too, and leaves no doubt about quotes.

use super::{EngineKind, RunState};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The word that stands for all runs that are ready.
pub const RUNS: &str = "runs";

/// A configuration that serves every ready run under its served name (its run's name, where another serves that already).
/// Gives the names in order.
pub fn over(runs: &[RunState]) -> (Value, Vec<String>) {
    let ready = runs.iter().filter(|run| run.phase == super::Phase::Ready && run.engine != EngineKind::LiteLlm);
    let (mut names, mut seen, mut list) = (Vec::new(), BTreeSet::new(), Vec::new());
    for run in ready {
        let Some(endpoint) = &run.endpoint else { continue };
        let name = [&run.served_name, &run.run.0].into_iter().find(|name| seen.insert((*name).clone()));
        let Some(name) = name else { continue };
        // `hosted_vllm` passes vLLM's own fields on; `openai` knows only those of OpenAI.
        let provider = if run.dialect == super::Dialect::Vllm { "hosted_vllm" } else { "openai" };
        names.push(name.clone());
        list.push(json!({
            "model_name": name,
            "litellm_params": {
                "model": format!("{provider}/{}", run.served_name),
                "api_base": format!("{endpoint}/v1"),
                "api_key": "none",
            },
        }));
    }
    let settings = json!({"telemetry": false, "num_retries": 0, "drop_params": false});
    (json!({"model_list": list, "litellm_settings": settings}), names)
}

/// The first model that a configuration names, read without understanding YAML: the first `model_name:` of a line.
pub fn first_name(text: &str) -> Option<String> {
    let line = text.lines().find_map(|line| {
        let rest = line.trim_start().trim_start_matches("- ").trim_start();
        rest.strip_prefix("model_name:").or_else(|| rest.split_once("\"model_name\":").map(|(_, rest)| rest))
    })?;
    let value = line.trim_start();
    let quoted = value.starts_with(['"', '\'']).then(|| {
        let quote = &value[..1];
        value[1..].split(quote).next().unwrap_or_default()
    });
    let name = quoted.unwrap_or_else(|| value.split([' ', ',', '}', '#']).next().unwrap_or_default()).trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::plan::Plan;
    use crate::engines::{Dialect, Phase, RunId};

    fn run(name: &str, served: &str, dialect: Dialect, phase: Phase) -> RunState {
        let plan = Plan {
            engine: EngineKind::Vllm,
            dialect,
            model: served.to_owned(),
            served_name: served.to_owned(),
            name: name.to_owned(),
            name_is_fixed: true,
            argv: vec!["x".to_owned()],
            env: Vec::new(),
            endpoint: format!("http://127.0.0.1:1/{name}"),
            key: None,
            asked: None,
            version: None,
            predicted: None,
            predicted_unknown: None,
        };
        RunState { phase, ..RunState::planned(RunId(name.to_owned()), &plan, 0.0) }
    }

    #[test]
    fn ready_runs_are_served_each_under_a_name_of_its_own() {
        let runs = [
            run("a", "m", Dialect::Vllm, Phase::Ready),
            run("b", "m", Dialect::LlamaCpp, Phase::Ready),
            run("c", "other", Dialect::Ollama, Phase::Warming),
            RunState { engine: EngineKind::LiteLlm, ..run("d", "d", Dialect::OpenAi, Phase::Ready) },
        ];
        let (config, names) = over(&runs);
        assert_eq!(names, ["m", "b"]);
        let list = config["model_list"].as_array().unwrap();
        let of = |at: usize, key: &str| list[at]["litellm_params"][key].as_str().unwrap().to_owned();
        assert_eq!((of(0, "model"), of(1, "model")), ("hosted_vllm/m".to_owned(), "openai/m".to_owned()));
        assert_eq!(of(1, "api_base"), "http://127.0.0.1:1/b/v1");
        assert_eq!(first_name(&config.to_string()).as_deref(), Some("m"));
    }

    #[test]
    fn the_first_name_is_found_in_any_writing() {
        for (text, name) in [
            ("model_list:\n  - model_name: tiny\n    x: 1", Some("tiny")),
            ("  - model_name: \"a b\" # c\n", Some("a b")),
            ("- litellm_params: {}\n  model_name: 'x'", Some("x")),
            ("{\"model_list\": [{\"model_name\": \"q/w\"}]}", Some("q/w")),
            ("- model_name: t, x", Some("t")),
            ("model_name:", None),
            ("model_name: \"", None),
            ("", None),
        ] {
            assert_eq!(first_name(text).as_deref(), name, "{text}");
        }
    }
}
