//! What a simulated engine is told, since it computes no sizes: those of the estimator.

use crate::base::Bytes;
use crate::engines::FlagSetting;
use crate::models::fit::{Engine, Fit, PartKind};

/// The flags that say them. vLLM takes for its cache what is left, the others what the context needs.
pub fn sizes(fit: &Fit) -> Vec<FlagSetting> {
    let cache = match fit.engine {
        Engine::Vllm => u64::try_from(fit.kv_available).unwrap_or(0),
        Engine::LlamaCpp | Engine::Ollama => fit.kv_needed,
    };
    let gib = |bytes: u64| format!("{:.2}", Bytes(bytes).gib());
    let sizes = [
        ("--max-model-len", Some(fit.max_model_len.max(1).to_string())),
        ("--weights-gib", Some(gib(fit.bytes(PartKind::Weights)))),
        ("--kv-gib", (cache > 0).then(|| gib(cache))),
        ("--kv-bytes-per-token", (fit.kv_per_token > 0).then(|| fit.kv_per_token.to_string())),
    ];
    let set = |(flag, value): (&str, Option<String>)| Some(FlagSetting { flag: flag.to_owned(), value: Some(value?) });
    sizes.into_iter().filter_map(set).collect()
}
