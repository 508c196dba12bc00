//! Arguments as Python code passes them (LangChain's `VLLM`, older servers), and where they are said today.

use crate::base::Problem;
use crate::engines::FlagSetting;
use serde::Deserialize;
use std::sync::LazyLock;

const TEXT: &str = include_str!("../../../presets/recipes/arguments.toml");

/// Where an argument is said today.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Today {
    /// Its name in Python.
    pub name: String,
    /// The flag of the server.
    #[serde(default)]
    pub flag: Option<String>,
    /// The key of the JSON that the flag takes.
    #[serde(default)]
    pub json: Option<String>,
    /// Whether the flag is a switch.
    #[serde(default)]
    pub switch: bool,
    /// The field of each request.
    #[serde(default)]
    pub request: Option<String>,
    /// What to know.
    #[serde(default)]
    pub now: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    argument: Vec<Today>,
}

/// What became of an argument.
#[derive(Debug, Clone, PartialEq)]
pub struct Became {
    /// The flag that says it, where one does.
    pub flag: Option<FlagSetting>,
    /// What to tell the person.
    pub note: String,
}

/// All arguments that are known.
pub fn seed_arguments() -> &'static [Today] {
    // Its test sees to it that it can be read.
    static ALL: LazyLock<Vec<Today>> =
        LazyLock::new(|| toml::from_str::<File>(TEXT).map(|file| file.argument).unwrap_or_default());
    &ALL
}

/// `NAME=VALUE` as a flag of vLLM, or where else it is said.
///
/// # Errors
/// When no such argument is known, or it has no value.
pub fn argument(text: &str) -> Result<Became, Problem> {
    let (name, value) = text.split_once('=').ok_or_else(|| {
        Problem::usage(format!("`{text}` is no argument"), "an argument has a value", "write NAME=VALUE")
    })?;
    let name = name.trim().trim_start_matches("vllm_kwargs.");
    let value = value.trim().trim_matches(['"', '\'']);
    let Some(today) = seed_arguments().iter().find(|one| one.name == name) else {
        let known: Vec<&str> = seed_arguments().iter().map(|one| one.name.as_str()).collect();
        return Err(Problem::usage(
            format!("the argument {name} is not known"),
            "it is none of the Python class's",
            known.join(", "),
        ));
    };
    let note = note(today);
    let off = matches!(value, "False" | "false" | "0" | "None");
    let set = |value: Option<String>| today.flag.clone().map(|flag| FlagSetting { flag, value });
    let flag = match (&today.json, today.switch) {
        (Some(key), _) => {
            let value: serde_json::Value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
            set(Some(serde_json::json!({ key: value }).to_string()))
        }
        (None, true) => set(None).filter(|_| !off),
        (None, false) => set(Some(value.to_owned())).filter(|_| value != "None"),
    };
    Ok(Became { flag, note })
}

fn note(today: &Today) -> String {
    let place = match (&today.request, &today.flag) {
        (Some(field), Some(flag)) => format!("{field} of each request, or {flag}"),
        (Some(field), None) => format!("{field} of each request (vramdeck chat has a flag for it)"),
        (None, Some(flag)) => flag.clone(),
        (None, None) => "no flag".to_owned(),
    };
    let more = if today.now.is_empty() { String::new() } else { format!(": {}", today.now) };
    format!("{} is {place}{more}", today.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::EngineKind;
    use crate::engines::flags::{bundled, verify};

    #[test]
    fn every_argument_of_the_seed_is_answered() {
        let all = [
            "model",
            "tensor_parallel_size",
            "dtype",
            "download_dir",
            "trust_remote_code",
            "max_new_tokens",
            "temperature",
            "top_p",
            "top_k",
            "n",
            "best_of",
            "use_beam_search",
            "presence_penalty",
            "frequency_penalty",
            "stop",
            "ignore_eos",
            "logprobs",
            "gpu_memory_utilization",
            "max_model_len",
            "quantization",
            "seed",
            "host",
            "port",
            "api_key",
            "swap_space",
            "disable_log_requests",
        ];
        for name in all {
            let became = argument(&format!("{name}=1")).unwrap();
            assert!(became.note.contains(name), "{}", became.note);
        }
        let table = bundled(EngineKind::Vllm).unwrap();
        for today in seed_arguments() {
            assert!(today.flag.as_ref().is_none_or(|flag| table.find(flag).is_some()), "{}", today.name);
        }
    }

    #[test]
    fn values_become_flags_that_the_engine_takes() {
        let table = bundled(EngineKind::Vllm).unwrap();
        for (text, flag, value) in [
            ("tensor_parallel_size=2", "--tensor-parallel-size", Some("2")),
            ("vllm_kwargs.gpu_memory_utilization=0.8", "--gpu-memory-utilization", Some("0.8")),
            ("trust_remote_code=True", "--trust-remote-code", None),
            ("max_new_tokens=512", "--override-generation-config", Some(r#"{"max_new_tokens":512}"#)),
            ("quantization=\"awq\"", "--quantization", Some("awq")),
        ] {
            let set = argument(text).unwrap().flag.unwrap();
            assert_eq!((set.flag.as_str(), set.value.as_deref()), (flag, value), "{text}");
            verify(EngineKind::Vllm, &[set], &table).unwrap();
        }
        for nothing in ["best_of=3", "temperature=0.7", "trust_remote_code=False"] {
            assert_eq!(argument(nothing).unwrap().flag, None, "{nothing}");
        }
        assert!(argument("best_of=3").unwrap().note.contains("removed"));
        assert!(argument("purple=1").is_err() && argument("model").is_err());
    }
}
