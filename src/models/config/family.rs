//! What a family always has and its config does not say: biases, norms, kind of feed-forward part, tied head.

/// Habits of a family, from the model classes of Transformers and vLLM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Family {
    /// Three matrices in a feed-forward part instead of two.
    pub(super) gated: bool,
    /// Biases of queries, keys and values unless the config says.
    pub(super) qkv_bias: bool,
    /// Bias of the output projection unless the config says.
    pub(super) out_bias: bool,
    /// Biases of the feed-forward part unless the config says.
    pub(super) mlp_bias: bool,
    /// Norms of queries and keys.
    pub(super) qk_norm: QkNorm,
    /// Norm vectors per layer.
    pub(super) norms: u64,
    /// Norms carry biases.
    pub(super) norm_bias: bool,
    /// Whether the head is the embedding unless the config says.
    pub(super) tied: bool,
    /// Rows of learned positions are `max_position_embeddings` plus this; `None` without a table.
    pub(super) positions: Option<u64>,
    /// An encoder: looks both ways, keeps no cache, has no head.
    pub(super) encoder: bool,
    /// Whether the architecture is known at all.
    pub(super) known: bool,
}

/// Norms of queries and keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum QkNorm {
    /// None.
    No,
    /// One vector for all heads.
    Head,
    /// Of the full width of queries and of keys (OLMo 2 and 3).
    Full,
}

const LLAMA: Family = Family {
    gated: true,
    qkv_bias: false,
    out_bias: false,
    mlp_bias: false,
    qk_norm: QkNorm::No,
    norms: 2,
    norm_bias: false,
    tied: false,
    positions: None,
    encoder: false,
    known: true,
};
const QWEN2: Family = Family { qkv_bias: true, ..LLAMA };
const QWEN3: Family = Family { qk_norm: QkNorm::Head, ..LLAMA };
const GEMMA: Family = Family { tied: true, ..LLAMA };
const GEMMA2: Family = Family { norms: 4, ..GEMMA };
const GEMMA3: Family = Family { qk_norm: QkNorm::Head, ..GEMMA2 };
/// Everything with biases, as GPT-2 had it.
const BIASED: Family =
    Family { gated: false, qkv_bias: true, out_bias: true, mlp_bias: true, norm_bias: true, ..LLAMA };
const GPT2: Family = Family { tied: true, positions: Some(0), ..BIASED };
const ENCODER: Family = Family { tied: true, positions: Some(0), encoder: true, ..BIASED };
const PLAIN2: Family = Family { gated: false, ..LLAMA };

/// The habits of `model_type`; of an unknown one those of Llama, marked unknown.
pub(super) fn family(model_type: &str) -> Family {
    let word = model_type.to_ascii_lowercase().replace('-', "_");
    let word = word.strip_suffix("_text").unwrap_or(&word);
    qwen(word)
        .or_else(|| gemma(word))
        .or_else(|| llama_like(word))
        .or_else(|| older(word))
        .or_else(|| encoder(word))
        .unwrap_or(Family { known: false, ..LLAMA })
}

fn qwen(word: &str) -> Option<Family> {
    Some(match word {
        "qwen2" | "qwen2_moe" | "qwen2_vl" | "qwen2_5_vl" | "qwen2_audio" | "qwen2_5_omni" | "ernie_vl" => QWEN2,
        "qwen2_5_omni_thinker" | "mimo" | "dots1_vl" | "opencua" | "ovis" | "dots_ocr" => QWEN2,
        _ if word.starts_with("qwen3") => QWEN3,
        "qwen" => QWEN2,
        _ => return None,
    })
}

fn gemma(word: &str) -> Option<Family> {
    Some(match word {
        "gemma" => GEMMA,
        "gemma2" | "embedding_gemma2" => GEMMA2,
        "gemma3" | "gemma3n" | "gemma4" | "diffusion_gemma" | "t5gemma" => GEMMA3,
        "paligemma" => GEMMA,
        _ if word.starts_with("gemma3") || word.starts_with("gemma4") => GEMMA3,
        _ => return None,
    })
}

/// Families that are Llama but for a habit.
fn llama_like(word: &str) -> Option<Family> {
    Some(match word {
        "llama" | "llama4" | "mistral" | "mistral3" | "ministral" | "mixtral" | "yi" | "smollm3" | "minicpm"
        | "minicpm3" => LLAMA,
        "llava" | "llava_next" | "llava_next_video" | "llava_onevision" | "pixtral" | "internvl_chat" | "internvl" => {
            LLAMA
        }
        "granite" | "granitemoe" | "granitemoehybrid" | "granitemoeshared" | "bamba" | "jamba" => LLAMA,
        "deepseek" | "deepseek_v2" | "deepseek_v3" | "deepseek_v32" | "deepseek_vl_v2" | "kimi_k2" | "kimi_vl" => LLAMA,
        "kimi_k25" | "glm4_moe_lite" | "mistral_large_3" | "olmo" | "internlm3" | "aquila" => LLAMA,
        "phi3" | "phi3_v" | "phi4mm" | "phi4_multimodal" | "internlm2" | "internlm" | "ernie4_5" | "ernie4_5_moe" => {
            LLAMA
        }
        "ernie4_5_vl" | "ernie4_5_moe_vl" | "exaone" | "baichuan" | "solar" | "teleflm" | "telechat2" | "decilm" => {
            LLAMA
        }
        "nemotron_nas" | "smolvlm" | "idefics3" | "idefics2" | "mllama" | "mamba" | "mamba2" | "falcon_mamba"
        | "voxtral" => LLAMA,
        "falcon_h1" | "bailing_moe" | "arcee_moe" | "chameleon" | "aria" | "molmo" | "minicpmv" | "minicpmo"
        | "ultravox" => LLAMA,
        "glm" | "glm4v" | "glm_ocr" => Family { qkv_bias: true, ..LLAMA },
        "glm4" => Family { qkv_bias: true, norms: 4, ..LLAMA },
        "glm4_moe" | "glm4v_moe" => Family { qkv_bias: true, ..LLAMA },
        "seed_oss" => QWEN2,
        "gpt_oss" => Family { qkv_bias: true, out_bias: true, mlp_bias: true, ..LLAMA },
        "olmo2" | "olmo3" | "flexolmo" | "flex_olmo" | "olmo_hybrid" => Family { qk_norm: QkNorm::Full, ..LLAMA },
        "olmoe" | "minimax_m2" => Family { qk_norm: QkNorm::Full, ..LLAMA },
        "exaone4" | "exaone_moe" | "hunyuan_v1_dense" | "hunyuan_v1_moe" | "hunyuan" | "lfm2" | "lfm2_moe"
        | "lfm2_vl" => Family { qk_norm: QkNorm::Head, ..LLAMA },
        "bailing_moe_v2" | "dots1" | "ling" | "flex_olmo_head" => QWEN3,
        "apertus" => Family { gated: false, ..QWEN3 },
        "bitnet" | "helium" | "ministral3" | "solar_open" | "youtu" | "vaultgemma" => LLAMA,
        "cohere" => Family { norms: 1, tied: true, ..LLAMA },
        "cohere2" | "cohere2_vision" | "aya_vision" => Family { norms: 1, tied: true, ..LLAMA },
        "phimoe" => Family { qkv_bias: true, out_bias: true, norm_bias: true, ..LLAMA },
        "stablelm" => Family { norm_bias: true, ..LLAMA },
        "stablelm_epoch" => Family { norm_bias: true, ..LLAMA },
        "chatglm" => QWEN2,
        "orion" => Family { norm_bias: true, ..LLAMA },
        _ => return None,
    })
}

/// Families from before Llama, and those that went their own way.
fn older(word: &str) -> Option<Family> {
    Some(match word {
        "opt" => Family { positions: Some(2), ..GPT2 },
        "gpt2" => GPT2,
        "gpt_bigcode" => GPT2,
        "gpt_neo" => Family { qkv_bias: false, ..GPT2 },
        "gpt_neox" => BIASED,
        "gptj" | "gpt_j" | "codegen" => Family { qkv_bias: false, out_bias: false, norms: 1, ..BIASED },
        "phi" | "phi_msft" => Family { norms: 1, ..BIASED },
        "bloom" => Family { tied: true, ..BIASED },
        "falcon" | "refinedweb" | "refinedwebmodel" => Family { tied: true, norm_bias: true, ..PLAIN2 },
        "mpt" | "dbrx" => Family { tied: word == "mpt", gated: word == "dbrx", ..PLAIN2 },
        "starcoder2" => Family { tied: true, ..BIASED },
        "nemotron" => Family { norm_bias: true, ..PLAIN2 },
        "nemotron_h" | "nemotron_h_nano" => Family { norms: 1, ..PLAIN2 },
        "arcee" => PLAIN2,
        "persimmon" | "fuyu" => Family { qk_norm: QkNorm::Head, ..BIASED },
        "whisper" => Family { tied: true, positions: Some(0), ..BIASED },
        _ => return None,
    })
}

fn encoder(word: &str) -> Option<Family> {
    Some(match word {
        "bert" | "distilbert" | "mpnet" | "camembert" | "ernie" => ENCODER,
        "roberta" | "xlm_roberta" | "xlm_roberta_xl" => ENCODER,
        "eurobert" => Family { tied: true, encoder: true, ..LLAMA },
        "nomic_bert" => {
            Family { gated: true, qkv_bias: false, out_bias: false, mlp_bias: false, positions: None, ..ENCODER }
        }
        "new" | "gte_new" => Family { gated: true, positions: None, ..ENCODER },
        "modernbert" => Family {
            gated: true,
            qkv_bias: false,
            out_bias: false,
            mlp_bias: false,
            norm_bias: false,
            positions: None,
            ..ENCODER
        },
        _ => return None,
    })
}
