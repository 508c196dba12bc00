//! What the engines say about their models and themselves.

use crate::base::Bytes;
use crate::engines::simulated::assume::Assumed;
use crate::engines::simulated::{Config, NAME, SimDialect};
use serde_json::{Value, json};

/// `/v1/models`; `installed` are the names Ollama has.
pub fn models(config: &Config, installed: &[String], created: u64, vocabulary: usize) -> Value {
    match config.dialect {
        SimDialect::Vllm => {
            let model = json!({
                "id": config.served, "object": "model", "created": created, "owned_by": NAME, "root": config.model,
                "parent": null, "max_model_len": config.max_model_len, "permission": [],
            });
            json!({"object": "list", "data": [model]})
        }
        SimDialect::LlamaCpp => {
            let assumed = config.assumed();
            let meta = json!({
                "vocab_type": 2, "n_vocab": vocabulary, "n_ctx": config.max_model_len,
                "n_ctx_train": config.max_model_len, "n_params": assumed.params as u64,
                "size": config.weight_bytes().0, "ftype": assumed.format,
            });
            let name = &config.served;
            let data = json!({
                "id": name, "aliases": [name], "tags": [], "object": "model", "created": created, "owned_by": NAME,
                "meta": meta,
            });
            let entry = json!({
                "name": name, "model": name, "type": "model", "capabilities": ["completion"], "description": NAME,
                "details": {"format": "simulated", "family": NAME},
            });
            json!({"models": [entry], "object": "list", "data": [data]})
        }
        SimDialect::Ollama => {
            let data = installed.iter();
            let data = data.map(|name| json!({"id": name, "object": "model", "created": created, "owned_by": NAME}));
            json!({"object": "list", "data": data.collect::<Vec<_>>()})
        }
    }
}

/// An entry of Ollama's `/api/tags` and `/api/ps`.
pub fn ollama_entry(name: &str, size: Bytes, context: u64, reasoning: bool) -> Value {
    let assumed = Assumed::from_name(name);
    let mut capabilities = vec!["completion", "tools"];
    if reasoning {
        capabilities.push("thinking");
    }
    // A digest of the name: there are no weights to take one of.
    let seed = name.bytes().fold(7u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let digest = crate::engines::simulated::rng::Rng::new(seed, 0).hex(64);
    let billions = assumed.params / 1e9;
    let parameters = if billions >= 1.0 { format!("{billions:.1}B") } else { format!("{:.0}M", billions * 1e3) };
    json!({
        "name": name, "model": name, "size": size.0, "digest": digest, "capabilities": capabilities,
        "details": {
            "parent_model": "", "format": "simulated", "family": NAME, "families": [NAME],
            "parameter_size": parameters, "quantization_level": assumed.format, "context_length": context,
        },
    })
}

/// llama.cpp's `/props`.
pub fn llama_props(config: &Config) -> Value {
    let params = json!({
        "temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05, "typical_p": 1.0, "repeat_last_n": 64,
        "repeat_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0, "max_tokens": -1, "n_predict": -1,
        "ignore_eos": false, "stream": false, "n_probs": 0, "samplers": ["penalties", "top_k", "typ_p", "top_p", "min_p", "temperature"],
    });
    json!({
        "default_generation_settings": {"params": params, "n_ctx": config.max_model_len},
        "total_slots": config.max_num_seqs, "model_alias": config.served, "model_path": config.model,
        "modalities": {"vision": false, "audio": false}, "chat_template": "", "build_info": NAME, "is_sleeping": false,
    })
}

/// llama.cpp's `/slots`, of which `busy` are at work.
pub fn llama_slots(config: &Config, busy: usize, tokens: u64) -> Value {
    let each = tokens / busy.max(1) as u64;
    let slots = (0..config.max_num_seqs).map(|id| {
        let n_prompt_tokens = if id < busy { each } else { 0 };
        json!({"id": id, "n_ctx": config.max_model_len, "speculative": false, "is_processing": id < busy,
               "n_prompt_tokens": n_prompt_tokens})
    });
    slots.collect()
}
