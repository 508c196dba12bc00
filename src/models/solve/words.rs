//! From words of an engine's command line to an [`Ask`].

use super::flags::GGML;
use crate::base::{Problem, text};
use crate::models::fit::{Ask, Engine, Flags, KvDtype, Length};
use crate::models::geometry::Dtype;

/// What words of an engine's command line ask, of the flags that memory depends on; others are passed over with their value.
///
/// # Errors
/// When a value is missing or cannot be read.
pub fn asked(engine: Engine, words: &[String]) -> Result<Ask, Problem> {
    let mut ask = Ask { engine, flags: Flags { tensor_parallel_size: 1, ..Flags::default() }, ..Ask::default() };
    let mut rest = words.iter().map(String::as_str).peekable();
    while let Some(word) = rest.next() {
        let (flag, inline) = word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
        if switch(engine, flag, &mut ask.flags) {
            continue;
        }
        let value = inline.or_else(|| rest.next_if(|next| !text::is_flag(next)));
        match value {
            Some(value) => set(engine, flag, value, &mut ask.flags)?,
            None if knows(engine, flag) => return Err(unreadable(flag, "")),
            None => {}
        }
    }
    Ok(ask)
}

/// Whether memory depends on a flag, as far as an [`Ask`] tells it.
pub fn counts(engine: Engine, flag: &str) -> bool {
    switch(engine, flag, &mut Flags::default()) || knows(engine, flag)
}

/// A value that cannot be read.
fn unreadable(flag: &str, value: &str) -> Problem {
    let why = if value.is_empty() { "it has no value".to_owned() } else { format!("`{value}` is not a value of it") };
    Problem::usage(format!("{flag} cannot be read"), why, "give the flag a value that the engine takes")
}

/// Whether a flag is one that takes a value that memory depends on.
fn knows(engine: Engine, flag: &str) -> bool {
    let mut flags = Flags::default();
    flag.starts_with('-') && set(engine, flag, "\0", &mut flags).is_err()
}

/// Sets a switch; whether it was one.
fn switch(engine: Engine, flag: &str, flags: &mut Flags) -> bool {
    match (engine, flag) {
        (Engine::Vllm, "--enforce-eager") => flags.enforce_eager = true,
        (Engine::Vllm, "--enable-prefix-caching") => flags.enable_prefix_caching = Some(true),
        (Engine::Vllm, "--no-enable-prefix-caching") => flags.enable_prefix_caching = Some(false),
        (Engine::Vllm, "--language-model-only") => flags.language_model_only = true,
        (Engine::Ollama, "--flash-attention") => flags.flash_attention = Some(true),
        _ => return false,
    }
    true
}

/// Sets a flag with a value.
fn set(engine: Engine, flag: &str, value: &str, flags: &mut Flags) -> Result<(), Problem> {
    match engine {
        Engine::Vllm => vllm(flag, value, flags),
        Engine::LlamaCpp => llama(flag, value, flags),
        Engine::Ollama => ollama(flag, value, flags),
    }
    .ok_or_else(|| unreadable(flag, value))
}

/// `None` when the value cannot be read.
fn vllm(flag: &str, value: &str, flags: &mut Flags) -> Option<()> {
    match flag {
        "--dtype" => flags.dtype = dtype(value)?,
        "--quantization" | "-q" => flags.quantization = Some(value.to_owned()).filter(|text| text != "\0").map(Some)?,
        "--kv-cache-dtype" => flags.kv_cache_dtype = cache(value)?,
        "--max-model-len" => {
            flags.max_model_len = match value {
                "auto" | "-1" => Length::Auto,
                tokens => Length::Tokens(size(tokens)?),
            }
        }
        "--max-num-seqs" => flags.max_num_seqs = Some(value.parse().ok()?),
        "--max-num-batched-tokens" => flags.max_num_batched_tokens = Some(size(value)?),
        "--gpu-memory-utilization" => flags.gpu_memory_utilization = Some(value.parse().ok()?),
        "--kv-cache-memory-bytes" => flags.kv_cache_memory_bytes = Some(size(value)?),
        "--tensor-parallel-size" | "-tp" => flags.tensor_parallel_size = value.parse().ok()?,
        "--block-size" => flags.block_size = Some(value.parse().ok()?),
        _ => {}
    }
    Some(())
}

/// `None` when the value cannot be read.
fn llama(flag: &str, value: &str, flags: &mut Flags) -> Option<()> {
    match flag {
        "-c" | "--ctx-size" => {
            flags.max_model_len = match value.parse().ok()? {
                0 => Length::Model,
                tokens => Length::Tokens(tokens),
            }
        }
        "-np" | "--parallel" => flags.max_num_seqs = value.parse::<i64>().ok().map(|n| u64::try_from(n).ok())?,
        "-ctk" | "--cache-type-k" | "-ctv" | "--cache-type-v" => flags.kv_cache_dtype = ggml(value)?,
        "-ngl" | "--gpu-layers" | "--n-gpu-layers" => {
            flags.gpu_layers = match value {
                "auto" => None,
                "all" => Some(u64::MAX),
                layers => Some(layers.parse().ok()?),
            }
        }
        "-ub" | "--ubatch-size" => flags.ubatch = Some(value.parse().ok()?),
        "-fa" | "--flash-attn" => {
            flags.flash_attention = match value {
                "on" => Some(true),
                "off" => Some(false),
                "auto" => None,
                _ => return None,
            }
        }
        _ => {}
    }
    Some(())
}

/// `None` when the value cannot be read.
fn ollama(flag: &str, value: &str, flags: &mut Flags) -> Option<()> {
    match flag {
        "--context-length" => flags.max_model_len = Length::Tokens(value.parse().ok()?),
        "--num-parallel" => flags.max_num_seqs = Some(value.parse().ok()?),
        "--kv-cache-type" => flags.kv_cache_dtype = ggml(value)?,
        _ => {}
    }
    Some(())
}

/// A count with vLLM's endings: `32k` is 32,000, `32K` 32,768.
fn size(text: &str) -> Option<u64> {
    let endings = [('k', 1000), ('m', 1_000_000), ('g', 1_000_000_000), ('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30)];
    for (ending, factor) in endings {
        if let Some(number) = text.strip_suffix(ending) {
            let number: f64 = number.parse().ok()?;
            return (number.is_finite() && number >= 0.0).then_some((number * factor as f64) as u64);
        }
    }
    text.parse().ok()
}

/// `auto` is no wish.
fn dtype(word: &str) -> Option<Option<Dtype>> {
    match word {
        "auto" => Some(None),
        "bfloat16" => Some(Some(Dtype::Bf16)),
        "float16" | "half" => Some(Some(Dtype::F16)),
        "float32" | "float" => Some(Some(Dtype::F32)),
        _ => None,
    }
}

/// vLLM's word for numbers of the cache.
fn cache(word: &str) -> Option<KvDtype> {
    match word {
        "auto" => Some(KvDtype::Auto),
        "float16" | "bfloat16" => Some(KvDtype::Sixteen),
        "fp8" | "fp8_e4m3" | "fp8_e5m2" | "fp8_inc" => Some(KvDtype::Fp8),
        "nvfp4" => Some(KvDtype::Nvfp4),
        _ => None,
    }
}

/// llama.cpp's word for numbers of the cache.
fn ggml(word: &str) -> Option<KvDtype> {
    match word {
        "bf16" => Some(KvDtype::Sixteen),
        "iq4_nl" => Some(KvDtype::Block32(18)),
        word => GGML.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind),
    }
}
