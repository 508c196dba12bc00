//! Arguments as Python code passes them (LangChain's `VLLM`, older servers), and where they are said today.

use crate::base::Problem;
use crate::engines::flags::{FlagKind, bundled, removed};
use crate::engines::{EngineKind, FlagSetting};
use serde::Deserialize;
use serde_json::Value;
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

/// `NAME=VALUE` as flags of vLLM, or where else it is said. A dictionary (`vllm_kwargs={…}`) is all its keys.
///
/// # Errors
/// When no such argument is known, it has no value, or a dictionary cannot be read.
pub fn arguments(text: &str) -> Result<Vec<Became>, Problem> {
    let (name, value) = parts(text)?;
    if name != "vllm_kwargs" && name != "model_kwargs" {
        return argument(text).map(|one| vec![one]);
    }
    let read: serde_json::Map<String, Value> = serde_json::from_str(&json(value)).map_err(|error| {
        let why = format!("it is no dictionary: {error}");
        Problem::usage(format!("{name} cannot be read"), why, format!("{name}={{\"max_model_len\": 8192}}"))
    })?;
    let text = |value: &Value| match value {
        Value::Null => "None".to_owned(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    read.iter().map(|(key, value)| argument(&format!("{key}={}", text(value)))).collect()
}

/// Name and value, as Python writes them.
fn parts(text: &str) -> Result<(&str, &str), Problem> {
    let (name, value) = text.split_once('=').ok_or_else(|| {
        Problem::usage(format!("`{text}` is no argument"), "an argument has a value", "write NAME=VALUE")
    })?;
    let value = value.trim().trim_end_matches(',').trim_end();
    let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    Ok((name.trim().trim_start_matches("vllm_kwargs."), inner('"').or_else(|| inner('\'')).unwrap_or(value)))
}

/// A literal of Python as JSON: single quotes, `True`, `False` and `None` outside of texts.
fn json(literal: &str) -> String {
    let (mut out, mut within, mut word) = (String::new(), None, String::new());
    let mut escaped = false;
    for c in literal.chars().chain(['\n']) {
        if within.is_none() && c.is_ascii_alphabetic() {
            word.push(c);
            continue;
        }
        out.push_str(match word.as_str() {
            "True" => "true",
            "False" => "false",
            "None" => "null",
            other => other,
        });
        word.clear();
        match (within, c) {
            (None, '"' | '\'') => {
                within = Some(c);
                out.push('"');
            }
            (Some(quote), c) if c == quote && !escaped => {
                within = None;
                out.push('"');
            }
            (Some(_), '"') => out.push_str("\\\""),
            (Some(_), '\'') if escaped => {
                out.pop();
                out.push('\'');
            }
            _ => out.push(c),
        }
        escaped = c == '\\' && !escaped && within.is_some();
    }
    out.trim_end().to_owned()
}

/// `NAME=VALUE` as a flag of vLLM, or where else it is said. Any flag of vLLM may be named as Python does.
///
/// # Errors
/// When no such argument is known, or it has no value.
pub fn argument(text: &str) -> Result<Became, Problem> {
    let (name, value) = parts(text)?;
    let name = name.replace('-', "_");
    let Some(today) = seed_arguments().iter().find(|one| one.name == name) else {
        return engine_argument(&name, value);
    };
    let note = note(today);
    let set = |value: Option<String>| today.flag.clone().map(|flag| FlagSetting { flag, value });
    let flag = match (&today.json, today.switch) {
        (_, _) if value == "None" => None,
        (Some(key), _) => {
            let value: Value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
            set(Some(serde_json::json!({ key: value }).to_string()))
        }
        (None, true) => set(None).filter(|_| !is_off(value)),
        (None, false) => set(Some(value.to_owned())),
    };
    Ok(Became { flag, note })
}

fn is_off(value: &str) -> bool {
    matches!(value, "False" | "false" | "0" | "None")
}

/// An argument of the engine itself, which is called as its flag.
fn engine_argument(name: &str, value: &str) -> Result<Became, Problem> {
    let table = bundled(EngineKind::Vllm)?;
    let flag = format!("--{}", name.replace('_', "-"));
    if let Some(instead) = removed(EngineKind::Vllm, &flag) {
        return Ok(Became { flag: None, note: format!("{name} is removed: {instead}") });
    }
    let Some(spec) = table.find(&flag).filter(|spec| spec.name() == flag) else {
        let near = table.closest(&flag);
        let near: Vec<String> = near.iter().map(|flag| flag.trim_start_matches('-').replace('-', "_")).collect();
        let known: Vec<&str> = seed_arguments().iter().map(|one| one.name.as_str()).collect();
        let hint = if near.is_empty() { known.join(", ") } else { format!("did you mean {}?", near.join(" or ")) };
        let why = "it is none of the Python class's, nor of vLLM's own";
        return Err(Problem::usage(format!("the argument {name} is not known"), why, hint));
    };
    let note = format!("{name} is {flag}");
    let set = match (spec.kind, value) {
        (_, "None") => None,
        (FlagKind::Bool, value) if is_off(value) => {
            Some(FlagSetting { flag: format!("--no-{}", name.replace('_', "-")), value: None })
        }
        (FlagKind::Bool, _) => Some(FlagSetting { flag, value: None }),
        (FlagKind::Json, value) => Some(FlagSetting { flag, value: Some(json(value)) }),
        (_, value) => Some(FlagSetting { flag, value: Some(value.to_owned()) }),
    };
    Ok(Became { flag: set, note })
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
    use crate::engines::flags::verify;

    const FLAG: u8 = 0;
    const REQUEST: u8 = 1;
    const GONE: u8 = 2;

    /// What the seed passes, and what it has to become: a flag with its value, a field of the request, or gone.
    const SEED: &[(&str, u8, &str)] = &[
        ("model=org/m", GONE, "named first"),
        ("tensor_parallel_size=2", FLAG, "--tensor-parallel-size 2"),
        ("dtype=\"float16\"", FLAG, "--dtype float16"),
        ("download_dir=/models", FLAG, "--download-dir /models"),
        ("trust_remote_code=True", FLAG, "--trust-remote-code"),
        ("max_new_tokens=512", FLAG, "--override-generation-config {\"max_new_tokens\":512}"),
        ("max_tokens=512", FLAG, "--override-generation-config {\"max_new_tokens\":512}"),
        ("temperature=0.7", REQUEST, "temperature of each request"),
        ("top_p=0.9", REQUEST, "above 0"),
        ("top_k=-1", REQUEST, "0 or -1 is off"),
        ("n=2", REQUEST, "temperature above 0"),
        ("best_of=3", GONE, "removed"),
        ("use_beam_search=True", REQUEST, "the width is n"),
        ("presence_penalty=0.1", REQUEST, "-2 to 2"),
        ("frequency_penalty=0.1", REQUEST, "-2 to 2"),
        ("stop=[\"</s>\"]", REQUEST, "stop of each request"),
        ("ignore_eos=True", REQUEST, "load tests"),
        ("logprobs=5", REQUEST, "top_logprobs"),
        ("vllm_kwargs.gpu_memory_utilization=0.8", FLAG, "--gpu-memory-utilization 0.8"),
        ("vllm_kwargs.max_model_len=8192", FLAG, "--max-model-len 8192"),
        ("vllm_kwargs.quantization='awq'", FLAG, "--quantization awq"),
        ("vllm_kwargs.seed=42", FLAG, "--seed 42"),
        ("kv_cache_dtype=fp8", FLAG, "--kv-cache-dtype fp8"),
        ("host=0.0.0.0", FLAG, "--host 0.0.0.0"),
        ("port=8000", FLAG, "--port 8000"),
        ("api-key=sk-1", FLAG, "--api-key sk-1"),
        ("swap-space=4", GONE, "--kv-offloading-size"),
        ("disable-log-requests=True", GONE, "--enable-log-requests"),
        ("streaming=True", REQUEST, "stream of each request"),
        ("tools=[]", REQUEST, "TOOL_CALL"),
        // What belongs to the engine itself is called as its flag, or answered as removed.
        ("enable_prefix_caching=False", FLAG, "--no-enable-prefix-caching"),
        ("enforce_eager=True", FLAG, "--enforce-eager"),
        ("max_logprobs=5", FLAG, "--max-logprobs 5"),
        (
            "speculative_config={'method': 'ngram', 'num_speculative_tokens': 2}",
            FLAG,
            "{\"method\": \"ngram\", \"num_speculative_tokens\": 2}",
        ),
        ("num_scheduler_steps=8", GONE, "removed"),
        ("rope_scaling={}", GONE, "--hf-overrides"),
    ];

    #[test]
    fn every_argument_of_the_seed_is_answered() {
        let table = bundled(EngineKind::Vllm).unwrap();
        for (text, how, says) in SEED {
            let became = argument(text).unwrap_or_else(|problem| panic!("{text}: {problem}"));
            let set = became.flag.as_ref();
            let words = set.map(|set| format!("{} {}", set.flag, set.value.as_deref().unwrap_or_default()));
            let said = format!("{} {}", words.as_deref().unwrap_or_default(), became.note);
            let where_ = if set.is_some() {
                FLAG
            } else if became.note.contains("of each request") {
                REQUEST
            } else {
                GONE
            };
            assert!(where_ == *how && said.contains(says), "{text}: {said}");
            if let Some(set) = became.flag {
                verify(EngineKind::Vllm, &[set], &table).unwrap_or_else(|problem| panic!("{text}: {problem}"));
            }
        }
        for today in seed_arguments() {
            assert!(today.flag.as_ref().is_none_or(|flag| table.find(flag).is_some()), "{}", today.name);
            assert!(argument(&format!("{}=1", today.name)).unwrap().note.contains(&today.name));
        }
    }

    #[test]
    fn a_dictionary_is_all_its_keys() {
        let all = arguments(
            "vllm_kwargs={'gpu_memory_utilization': 0.8, \"quantization\": \"awq\", 'enforce_eager': True, 'seed': None}",
        );
        let flags: Vec<String> = all
            .unwrap()
            .into_iter()
            .filter_map(|one| one.flag)
            .map(|set| format!("{} {}", set.flag, set.value.unwrap_or_default()))
            .collect();
        assert_eq!(flags, ["--gpu-memory-utilization 0.8", "--quantization awq", "--enforce-eager "]);
        assert!(arguments("vllm_kwargs={'a").is_err() && arguments("vllm_kwargs=").is_err());
        assert_eq!(json("{'it\\'s': \"a 'b'\", 'x': [True, None]}"), "{\"it's\": \"a 'b'\", \"x\": [true, null]}");
        assert!(argument("gpu_mem_utilization=1").unwrap_err().hint.contains("gpu_memory_utilization"));
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
