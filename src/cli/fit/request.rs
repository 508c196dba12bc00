//! One request: the options of the command line, or an object of a batch with the same keys.

use super::words;
use crate::base::Problem;
use crate::models::fit::{Ask, Engine, Flags, Length, llamacpp};
use crate::models::quant::{Quant, Scheme};
use crate::models::rank::Intent;
use crate::models::{Exact, Facts};
use serde::Deserialize;

/// What is asked, as it was said.
#[derive(Debug, Clone, Default, PartialEq, clap::Args, Deserialize)]
#[serde(default)]
pub struct Request {
    /// A label or what to read.
    #[arg(skip)]
    pub model: Option<String>,
    /// The model's own config, inline.
    #[arg(skip)]
    pub config: Option<serde_json::Value>,
    /// vllm, llama.cpp or ollama.
    #[arg(long, value_name = "ENGINE")]
    pub engine: Option<String>,
    /// Release of the engine, X.Y.
    #[arg(long, value_name = "X.Y")]
    pub engine_version: Option<String>,
    /// A card by name, for example 5080.
    #[arg(long, value_name = "NAME")]
    pub gpu: Option<String>,
    /// Total memory of the card as the engine sees it, bytes.
    #[arg(long, value_name = "N", conflicts_with = "gpu")]
    pub vram_bytes: Option<u64>,
    /// Free memory before the engine starts, bytes.
    #[arg(long, value_name = "N")]
    pub free_bytes: Option<u64>,
    /// Bytes that the desktop keeps, where free memory is not said.
    #[arg(long, value_name = "N", conflicts_with = "free_bytes")]
    pub desktop_reserve_bytes: Option<u64>,
    /// Bytes of all weights, where known exactly.
    #[arg(long, value_name = "N")]
    pub weights_bytes: Option<u64>,
    /// How weights are quantised, where the config does not say; a GGUF mix for llama.cpp.
    #[arg(long, value_name = "METHOD")]
    pub quantization: Option<String>,
    /// auto, bfloat16, float16 or float32.
    #[arg(long)]
    pub dtype: Option<String>,
    /// auto, bfloat16, fp8, nvfp4; f16, q8_0, q4_0… for llama.cpp.
    #[arg(long, value_name = "DTYPE")]
    pub kv_cache_dtype: Option<String>,
    /// Context length in tokens, or auto for the longest that fits.
    #[arg(long, value_name = "N|auto", value_parser = words::length)]
    #[serde(deserialize_with = "words::length_of")]
    pub max_model_len: Option<Length>,
    /// Most sequences at once.
    #[arg(long, value_name = "N")]
    pub max_num_seqs: Option<u64>,
    /// Most tokens of one pass.
    #[arg(long, value_name = "N")]
    pub max_num_batched_tokens: Option<u64>,
    /// Share of the card's total that vLLM may use.
    #[arg(long, value_name = "SHARE")]
    pub gpu_memory_utilization: Option<f64>,
    /// Bytes of the cache, instead of a share.
    #[arg(long, value_name = "N")]
    pub kv_cache_memory_bytes: Option<u64>,
    /// No CUDA graphs.
    #[arg(long)]
    pub enforce_eager: bool,
    /// Keep caches of prefixes (true or false).
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    pub enable_prefix_caching: Option<bool>,
    /// Cards that share the tensors.
    #[arg(long, value_name = "N")]
    pub tensor_parallel_size: Option<u64>,
    /// Tokens of one block of the cache.
    #[arg(long, value_name = "N")]
    pub block_size: Option<u64>,
    /// Only the language model of a model that also sees or hears.
    #[arg(long)]
    pub language_model_only: bool,
    /// llama.cpp: layers on the card.
    #[arg(long, value_name = "N")]
    pub gpu_layers: Option<u64>,
    /// llama.cpp: tokens of one micro-batch.
    #[arg(long, value_name = "N")]
    pub ubatch_size: Option<u64>,
    /// Choose the flags: for chat, long_context or agents; --max-model-len and --max-num-seqs narrow the wish.
    #[arg(long, value_name = "INTENT")]
    pub solve: Option<String>,
    /// Context × requests at the same time.
    #[arg(long)]
    pub frontier: bool,
    /// The card that this would need.
    #[arg(long)]
    pub needs_card: bool,
}

impl Request {
    /// The question in the estimator's terms.
    ///
    /// # Errors
    /// When a word is not understood, or a number cannot be.
    pub fn ask(&self) -> Result<Ask, Problem> {
        let engine = self.engine.as_deref().map_or(Ok(Engine::Vllm), words::engine)?;
        let version = self.engine_version.as_deref().map(words::version).transpose()?;
        if self.weights_bytes == Some(0) {
            return Err(Problem::usage(
                "--weights-bytes cannot be used",
                "it is 0",
                "leave it out where it is not known",
            ));
        }
        if self.tensor_parallel_size == Some(0) {
            let hint = "leave it out for one card";
            return Err(Problem::usage("--tensor-parallel-size cannot be used", "it is 0", hint));
        }
        let flags = Flags {
            dtype: self.dtype.as_deref().map(words::dtype).transpose()?.flatten(),
            quantization: self.quantization.clone(),
            kv_cache_dtype: self.kv_cache_dtype.as_deref().map(words::kv_dtype).transpose()?.unwrap_or_default(),
            max_model_len: self.max_model_len.unwrap_or_default(),
            max_num_seqs: self.max_num_seqs,
            max_num_batched_tokens: self.max_num_batched_tokens,
            gpu_memory_utilization: self.gpu_memory_utilization,
            kv_cache_memory_bytes: self.kv_cache_memory_bytes,
            enforce_eager: self.enforce_eager,
            enable_prefix_caching: self.enable_prefix_caching,
            tensor_parallel_size: self.tensor_parallel_size.unwrap_or(1),
            block_size: self.block_size,
            language_model_only: self.language_model_only,
            gpu_layers: self.gpu_layers,
            ubatch: self.ubatch_size,
            ..Flags::default()
        };
        self.mix(engine)?;
        Ok(self.settled(Ask { engine, version, flags }, engine))
    }

    /// The GGUF mix that is asked for, where the engine reads such files.
    fn mix(&self, engine: Engine) -> Result<Option<&str>, Problem> {
        let word = self.quantization.as_deref().filter(|_| engine != Engine::Vllm);
        word.map(|word| llamacpp::mix(word).map(|_| word)).transpose()
    }

    /// The question once the engine is known: what only vLLM has is left out for others.
    pub fn settled(&self, mut ask: Ask, engine: Engine) -> Ask {
        ask.engine = engine;
        if engine != Engine::Vllm {
            ask.flags.quantization = None;
            ask.flags.tensor_parallel_size = 1;
        }
        ask
    }

    /// What the answer leaves open because of an option that the engine has not.
    pub fn doubt(&self, engine: Engine) -> Option<String> {
        let cards = self.tensor_parallel_size.filter(|cards| *cards > 1 && engine != Engine::Vllm)?;
        let engine = engine.name();
        Some(format!("--tensor-parallel-size {cards} is no option of {engine}: the answer is for one card"))
    }

    /// Options that were said and mean nothing to this engine, as keys.
    pub fn passed_over(&self, engine: Engine) -> Vec<String> {
        let vllm = [
            ("max_num_batched_tokens", self.max_num_batched_tokens.is_some()),
            ("gpu_memory_utilization", self.gpu_memory_utilization.is_some()),
            ("kv_cache_memory_bytes", self.kv_cache_memory_bytes.is_some()),
            ("enforce_eager", self.enforce_eager),
            ("enable_prefix_caching", self.enable_prefix_caching.is_some()),
            ("tensor_parallel_size", self.tensor_parallel_size.is_some_and(|cards| cards > 1)),
            ("block_size", self.block_size.is_some()),
            ("language_model_only", self.language_model_only),
            ("dtype", self.dtype.is_some()),
        ];
        let llama = [("gpu_layers", self.gpu_layers.is_some()), ("ubatch_size", self.ubatch_size.is_some())];
        let foreign = if engine == Engine::Vllm { &llama[..] } else { &vllm[..] };
        foreign.iter().filter(|(_, said)| *said).map(|(key, _)| (*key).to_owned()).collect()
    }

    /// What flags are to be chosen for, where they are.
    ///
    /// # Errors
    /// When the word is not understood.
    pub fn intent(&self) -> Result<Option<Intent>, Problem> {
        self.solve.as_deref().map(words::intent).transpose()
    }

    /// The facts with what the request knows better: a label, the bytes, a GGUF mix. Bytes of a file in another mix say
    /// nothing of this one.
    ///
    /// # Errors
    /// When the mix is not known.
    pub fn apply(&self, mut facts: Facts, ask: &Ask) -> Result<Facts, Problem> {
        if let Some(mix) = self.mix(ask.engine)? {
            if !is_stored_as(&facts, mix) {
                facts.exact = Exact::No;
            }
            let scheme = Scheme::Gguf(mix.to_owned());
            facts.quant = Quant { scheme, method: "gguf".to_owned(), ..Quant::default() };
        }
        if let Some(model) = &self.model {
            facts.name.clone_from(model);
        }
        if let Some(bytes) = self.weights_bytes {
            facts.exact = Exact::Total(bytes);
        }
        Ok(facts)
    }
}

/// Whether the bytes of these facts are those of a file in this mix: by what it says of itself, or by its name, which tells
/// mixes of one kind apart (`UD-Q3_K_XL`).
fn is_stored_as(facts: &Facts, mix: &str) -> bool {
    let Scheme::Gguf(own) = &facts.quant.scheme else { return false };
    let same = matches!((llamacpp::mix(own), llamacpp::mix(mix)), (Ok(own), Ok(mix)) if own == mix);
    same || facts.name.to_ascii_lowercase().contains(&mix.to_ascii_lowercase())
}
