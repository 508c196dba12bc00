//! Words of the command line and of a batch, as the estimator means them.

use crate::base::Problem;
use crate::models::fit::{Engine, KvDtype, Length, Version};
use crate::models::geometry::Dtype;
use crate::models::rank::Intent;
use serde::{Deserialize, Deserializer, de};

pub(crate) fn engine(word: &str) -> Result<Engine, Problem> {
    match word {
        "vllm" => Ok(Engine::Vllm),
        "llama.cpp" | "llamacpp" | "llama-server" => Ok(Engine::LlamaCpp),
        "ollama" => Ok(Engine::Ollama),
        _ => Err(unknown("--engine", word, "vllm, llama.cpp or ollama")),
    }
}

/// `0.10`, `0.10.2`, `v0.10.2rc1`: major and minor number. Builds from source without tags call themselves
/// `0.1.dev19754+g3a09141`: they are newer than any release.
pub(super) fn version(word: &str) -> Result<Version, Problem> {
    let mut numbers = word.trim_start_matches('v').split('.').map(|part| part.parse().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(0), Some(1)) if word.contains(".dev") => Ok(Version(0, u32::MAX)),
        (Some(major), Some(minor)) => Ok(Version(major, minor)),
        _ => Err(unknown("--engine-version", word, "X.Y, for example 0.32")),
    }
}

pub(super) fn intent(word: &str) -> Result<Intent, Problem> {
    let found = Intent::ALL.into_iter().find(|intent| intent.name() == word.replace('-', "_"));
    found.ok_or_else(|| unknown("--solve", word, "chat, long_context or agents"))
}

/// `None` is `auto`.
pub(super) fn dtype(word: &str) -> Result<Option<Dtype>, Problem> {
    match word {
        "auto" => Ok(None),
        "bfloat16" | "bf16" => Ok(Some(Dtype::Bf16)),
        "float16" | "half" | "f16" | "fp16" => Ok(Some(Dtype::F16)),
        "float32" | "float" | "f32" | "fp32" => Ok(Some(Dtype::F32)),
        _ => Err(unknown("--dtype", word, "auto, bfloat16, float16 or float32")),
    }
}

/// vLLM's words and ggml's types; of the latter, bytes of a block of 32 numbers.
pub(super) fn kv_dtype(word: &str) -> Result<KvDtype, Problem> {
    Ok(match word {
        "auto" => KvDtype::Auto,
        "bfloat16" | "bf16" | "float16" | "half" | "f16" | "fp16" => KvDtype::Sixteen,
        "float32" | "f32" => KvDtype::ThirtyTwo,
        "fp8" | "fp8_e4m3" | "fp8_e5m2" | "fp8_inc" => KvDtype::Fp8,
        "nvfp4" => KvDtype::Nvfp4,
        "q8_0" => KvDtype::Block32(34),
        "q5_1" => KvDtype::Block32(24),
        "q5_0" => KvDtype::Block32(22),
        "q4_1" => KvDtype::Block32(20),
        "q4_0" | "iq4_nl" => KvDtype::Block32(18),
        _ => return Err(unknown("--kv-cache-dtype", word, "auto, bfloat16, fp8, nvfp4, f16, q8_0 or q4_0")),
    })
}

fn unknown(flag: &str, word: &str, known: &str) -> Problem {
    Problem::usage(format!("{flag} is not understood"), format!("{word:?} is not known"), known)
}

/// A number of tokens (`4096`, `32k` = 32,000, `32K` = 32,768), or `auto`.
pub(super) fn length(word: &str) -> Result<Length, String> {
    if word == "auto" || word == "-1" {
        return Ok(Length::Auto);
    }
    let (digits, factor) = match word.char_indices().last() {
        Some((at, 'k')) => (&word[..at], 1000.0),
        Some((at, 'K')) => (&word[..at], 1024.0),
        Some((at, 'm')) => (&word[..at], 1e6),
        Some((at, 'M')) => (&word[..at], 1_048_576.0),
        _ => return word.parse().map(Length::Tokens).map_err(|_| format!("{word} is neither a number nor auto")),
    };
    let number: f64 = digits.parse().map_err(|_| format!("{word} is neither a number nor auto"))?;
    let tokens = number * factor;
    if (0.0..1e15).contains(&tokens) { Ok(Length::Tokens(tokens as u64)) } else { Err(format!("{word} is no length")) }
}

/// The same in a batch: a number or a word.
pub(super) fn length_of<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Length>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Said {
        Tokens(u64),
        Below(i64),
        Word(String),
        Other(serde_json::Value),
    }
    match Option::<Said>::deserialize(source)? {
        None => Ok(None),
        Some(Said::Tokens(tokens)) => Ok(Some(Length::Tokens(tokens))),
        Some(Said::Below(-1)) => Ok(Some(Length::Auto)),
        Some(Said::Below(number)) => Err(de::Error::custom(format!("max_model_len: {number} is no length"))),
        Some(Said::Word(word)) => {
            length(&word).map(Some).map_err(|why| de::Error::custom(format!("max_model_len: {why}")))
        }
        Some(Said::Other(value)) => {
            Err(de::Error::custom(format!("max_model_len: {value} is neither a number nor auto")))
        }
    }
}
