//! From an [`Ask`] to the words of an engine's command line, its environment and its request options.

use crate::models::fit::{Ask, Engine, Flags, KvDtype, Length};
use crate::models::geometry::Dtype;

/// The flags of `ask` as words of the engine's command line, without the model and the port.
///
/// Ollama has no command line for them: its words name environment variables (`--num-parallel` is `OLLAMA_NUM_PARALLEL`, see
/// [`environment`]); layers on the card and the physical batch go into each request, see [`request_options`].
/// Speculative decoding is left out: it needs a method that an ask does not hold.
pub fn flags(ask: &Ask) -> Vec<String> {
    let mut words = Words(Vec::new());
    match ask.engine {
        Engine::Vllm => vllm(&ask.flags, &mut words),
        Engine::LlamaCpp => llama(&ask.flags, &mut words),
        Engine::Ollama => ollama(&ask.flags, &mut words),
    }
    words.0
}

/// Environment of Ollama's server for `ask`; nothing for the other engines.
pub fn environment(ask: &Ask) -> Vec<(String, String)> {
    if ask.engine != Engine::Ollama {
        return Vec::new();
    }
    let mut pairs: Vec<(String, String)> = Vec::new();
    for word in flags(ask) {
        match word.strip_prefix("--") {
            Some(name) => {
                pairs.push((format!("OLLAMA_{}", name.to_ascii_uppercase().replace('-', "_")), "1".to_owned()));
            }
            None => {
                if let Some((_, value)) = pairs.last_mut() {
                    *value = word;
                }
            }
        }
    }
    pairs
}

/// Options that go into each request to Ollama for `ask`; nothing for the other engines.
pub fn request_options(ask: &Ask) -> Vec<(&'static str, u64)> {
    if ask.engine != Engine::Ollama {
        return Vec::new();
    }
    let context = match ask.flags.max_model_len {
        Length::Tokens(tokens) => Some(tokens),
        Length::Model | Length::Auto => None,
    };
    let options = [("num_ctx", context), ("num_gpu", ask.flags.gpu_layers), ("num_batch", ask.flags.ubatch)];
    options.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Words under way.
struct Words(Vec<String>);

impl Words {
    fn switch(&mut self, flag: &str, set: bool) {
        if set {
            self.0.push(flag.to_owned());
        }
    }

    fn value(&mut self, flag: &str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.0.extend([flag.to_owned(), value.to_string()]);
        }
    }
}

fn vllm(flags: &Flags, words: &mut Words) {
    words.value("--dtype", flags.dtype.map(dtype));
    words.value("--quantization", flags.quantization.clone());
    words.value("--kv-cache-dtype", vllm_cache(flags.kv_cache_dtype));
    match flags.max_model_len {
        Length::Model => {}
        Length::Auto => words.value("--max-model-len", Some("auto")),
        Length::Tokens(tokens) => words.value("--max-model-len", Some(tokens)),
    }
    words.value("--max-num-seqs", flags.max_num_seqs);
    words.value("--max-num-batched-tokens", flags.max_num_batched_tokens);
    words.value("--gpu-memory-utilization", flags.gpu_memory_utilization);
    words.value("--kv-cache-memory-bytes", flags.kv_cache_memory_bytes);
    words.switch("--enforce-eager", flags.enforce_eager);
    words.switch("--enable-prefix-caching", flags.enable_prefix_caching == Some(true));
    words.switch("--no-enable-prefix-caching", flags.enable_prefix_caching == Some(false));
    words.value("--tensor-parallel-size", Some(flags.cards()).filter(|cards| *cards > 1));
    words.value("--block-size", flags.block_size);
    words.switch("--language-model-only", flags.language_model_only);
}

fn llama(flags: &Flags, words: &mut Words) {
    if let Length::Tokens(tokens) = flags.max_model_len {
        words.value("-c", Some(tokens));
    }
    words.value("-np", flags.max_num_seqs);
    let cache = ggml_cache(flags.kv_cache_dtype);
    words.value("-ctk", cache);
    words.value("-ctv", cache);
    words.value("-ngl", flags.gpu_layers);
    words.value("-ub", flags.ubatch);
    words.value("-fa", flags.flash_attention.map(|on| if on { "on" } else { "off" }));
}

fn ollama(flags: &Flags, words: &mut Words) {
    if let Length::Tokens(tokens) = flags.max_model_len {
        words.value("--context-length", Some(tokens));
    }
    words.value("--num-parallel", flags.max_num_seqs);
    words.value(
        "--kv-cache-type",
        ggml_cache(flags.kv_cache_dtype).filter(|name| matches!(*name, "f16" | "q8_0" | "q4_0")),
    );
    words.switch("--flash-attention", flags.flash_attention == Some(true));
}

/// vLLM's word for a number format.
fn dtype(dtype: Dtype) -> &'static str {
    match dtype {
        Dtype::Bf16 => "bfloat16",
        Dtype::F16 => "float16",
        Dtype::F32 => "float32",
    }
}

/// vLLM's word for numbers of the cache; `None` where the default says it or there is no word.
fn vllm_cache(kind: KvDtype) -> Option<&'static str> {
    match kind {
        KvDtype::Sixteen => Some("bfloat16"),
        KvDtype::Fp8 => Some("fp8"),
        KvDtype::Nvfp4 => Some("nvfp4"),
        KvDtype::Auto | KvDtype::ThirtyTwo | KvDtype::Block32(_) => None,
    }
}

/// Words of llama.cpp for numbers of the cache, with bytes of 32 of them.
pub(super) const GGML: [(&str, KvDtype); 7] = [
    ("f16", KvDtype::Sixteen),
    ("f32", KvDtype::ThirtyTwo),
    ("q8_0", KvDtype::Block32(34)),
    ("q5_1", KvDtype::Block32(24)),
    ("q5_0", KvDtype::Block32(22)),
    ("q4_1", KvDtype::Block32(20)),
    ("q4_0", KvDtype::Block32(18)),
];

/// llama.cpp's word for numbers of the cache; `None` where the default says it or there is no word.
fn ggml_cache(kind: KvDtype) -> Option<&'static str> {
    GGML.iter().find(|(_, known)| *known == kind).map(|(name, _)| *name)
}
