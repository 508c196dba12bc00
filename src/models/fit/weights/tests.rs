//! What vLLM logged as "Model loading took", against the sum.

use super::*;
use crate::models::config;
use crate::models::facts::{Exact, TensorSums};
use crate::models::fit::{Flags, Version};
use crate::models::quant::{Quant, Scheme};
use proptest::prelude::*;

const LLAMA_8B: &str = r#"{"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 4096,
    "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
    "vocab_size": 128256, "max_position_embeddings": 131072, "torch_dtype": "bfloat16"}"#;
const LLAMA_70B: &str = r#"{"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 8192,
    "intermediate_size": 28672, "num_hidden_layers": 80, "num_attention_heads": 64, "num_key_value_heads": 8,
    "vocab_size": 128256, "max_position_embeddings": 131072, "torch_dtype": "bfloat16", "quantization_config": {
    "quant_method": "compressed-tensors", "format": "float-quantized", "ignore": ["lm_head"], "config_groups": {"group_0":
    {"targets": ["Linear"], "weights": {"num_bits": 8, "type": "float", "strategy": "channel"}}}}}"#;
const QWEN25_7B_AWQ: &str = r#"{"model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "hidden_size": 3584,
    "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28, "num_key_value_heads": 4,
    "vocab_size": 152064, "max_position_embeddings": 32768, "torch_dtype": "float16", "quantization_config":
    {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": true}}"#;
const QWEN3_4B: &str = r#"{"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "hidden_size": 2560,
    "intermediate_size": 9728, "num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8,
    "head_dim": 128, "vocab_size": 151936, "tie_word_embeddings": true, "max_position_embeddings": 40960}"#;
const QWEN3_8B_FP8: &str = r#"{"model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "hidden_size": 4096,
    "intermediate_size": 12288, "num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8,
    "head_dim": 128, "vocab_size": 151936, "tie_word_embeddings": false, "max_position_embeddings": 40960,
    "quantization_config": {"quant_method": "fp8", "weight_block_size": [128, 128]}}"#;
const GPT_OSS_20B: &str = r#"{"model_type": "gpt_oss", "architectures": ["GptOssForCausalLM"], "hidden_size": 2880,
    "intermediate_size": 2880, "num_hidden_layers": 24, "num_attention_heads": 64, "num_key_value_heads": 8,
    "head_dim": 64, "num_local_experts": 32, "num_experts_per_tok": 4, "sliding_window": 128, "attention_bias": true,
    "vocab_size": 201088, "max_position_embeddings": 131072, "quantization_config": {"quant_method": "mxfp4",
    "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"]}}"#;
const OPT_125M: &str = r#"{"model_type": "opt", "architectures": ["OPTForCausalLM"], "hidden_size": 768,
    "ffn_dim": 3072, "word_embed_proj_dim": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
    "vocab_size": 50272, "max_position_embeddings": 2048, "torch_dtype": "float16"}"#;

fn ask(cards: u64, version: Option<(u32, u32)>, quantization: &str) -> Ask {
    let quantization = (!quantization.is_empty()).then(|| quantization.to_owned());
    let flags = Flags { tensor_parallel_size: cards, quantization, ..Flags::default() };
    Ask { engine: Engine::Vllm, version: version.map(|(major, minor)| Version(major, minor)), flags }
}

#[test]
fn the_sum_meets_what_vllm_logged() {
    // Config, cards, release, --quantization, GiB per card as logged, tolerance in per mille.
    type Row = (&'static str, u64, Option<(u32, u32)>, &'static str, f64, f64);
    let rows: [Row; 11] = [
        (LLAMA_8B, 1, Some((0, 6)), "", 14.9888, 0.1),
        (LLAMA_8B, 1, Some((0, 11)), "", 14.99, 0.5),
        (LLAMA_8B, 1, Some((0, 6)), "fp8", 8.4926, 1.0),
        (LLAMA_70B, 1, Some((0, 11)), "", 67.72, 0.5),
        (LLAMA_70B, 2, Some((0, 11)), "", 33.88, 0.5),
        (QWEN25_7B_AWQ, 1, None, "", 5.29, 1.0),
        (QWEN3_4B, 1, Some((0, 8)), "", 7.5552, 0.1),
        (QWEN3_8B_FP8, 1, Some((0, 26)), "", 8.80, 1.0),
        (GPT_OSS_20B, 1, Some((0, 11)), "", 13.47, 6.0),
        (GPT_OSS_20B, 1, Some((0, 19)), "", 13.72, 2.0),
        (OPT_125M, 1, Some((0, 8)), "", 0.2389, 1.0),
    ];
    for (text, cards, version, word, logged, tolerance) in rows {
        let facts = config::parse(text).unwrap();
        let found = weights(&facts, &ask(cards, version, word));
        let gib = found.bytes as f64 / GIB as f64;
        let off = (gib / logged - 1.0).abs() * 1000.0;
        assert!(
            off <= tolerance,
            "{} on {cards}: {gib:.4} for {logged}, off by {off:.2} per mille",
            facts.geometry.architecture
        );
        let margin = found.margin as f64 / GIB as f64;
        assert!((gib - logged).abs() <= margin, "the margin {margin:.3} does not cover {gib:.4} for {logged}");
    }
}

#[test]
fn headers_and_stated_sizes_come_first() {
    let mut facts = config::parse(QWEN3_4B).unwrap();
    let by_config = weights(&facts, &ask(1, None, ""));
    assert_eq!(by_config.basis, PartBasis::Config);
    let head = 151_936 * 2560 * 2;
    facts.exact =
        Exact::Headers(TensorSums { total: 8_044_936_192 + head, head, embedding: head, ..TensorSums::default() });
    let by_headers = weights(&facts, &ask(1, None, ""));
    assert_eq!(by_headers.basis, PartBasis::Headers);
    assert_eq!(by_headers.bytes, by_config.bytes, "a stored copy of a tied head is not loaded");
    facts.exact = Exact::Total(10_000_000_000);
    let stated = weights(&facts, &ask(2, None, ""));
    assert_eq!(stated.basis, PartBasis::Stated);
    assert!(stated.bytes > 4_990_000_000 && stated.bytes < 5_100_000_000, "{}", stated.bytes);
}

#[test]
fn wide_checkpoints_are_loaded_narrow() {
    let narrow = config::parse(QWEN3_4B).unwrap();
    let wide = config::parse(&QWEN3_4B.replacen('{', r#"{"torch_dtype": "float32", "#, 1)).unwrap();
    assert_eq!(weights(&narrow, &ask(1, None, "")).bytes, weights(&wide, &ask(1, None, "")).bytes);
    let mut stated = wide.clone();
    stated.exact = Exact::Total(16_089_872_384);
    let found = weights(&stated, &ask(1, None, "")).bytes;
    assert!(found < 8_300_000_000, "half of a 32-bit file is loaded: {found}");
}

#[test]
fn an_unknown_scheme_is_bounded_not_guessed() {
    let mut facts = config::parse(LLAMA_8B).unwrap();
    facts.quant.scheme = Scheme::Unknown("newquant".to_owned());
    let found = weights(&facts, &ask(1, None, ""));
    assert_eq!(found.basis, PartBasis::Assumed);
    assert!(found.why.contains("newquant"), "{}", found.why);
    let (low, high) = (found.bytes - found.margin, found.bytes + found.margin);
    assert!(low < 6 * GIB && high > 14 * GIB, "{low} to {high}");
}

#[test]
fn what_skips_name_stays_wide() {
    let all = config::parse(QWEN25_7B_AWQ).unwrap();
    let mut some = all.clone();
    some.quant.skips = vec!["model.layers.0.self_attn.q_proj".to_owned(), "re:.*layers\\.1\\.mlp.*".to_owned()];
    let (all, some) = (weights(&all, &ask(1, None, "")), weights(&some, &ask(1, None, "")));
    // 3584 x 3584 and 3 x 18944 x 3584 numbers at 2 bytes instead of about 0.52.
    let wider = (3584 * 3584 + 3 * 18_944 * 3584) as f64 * (2.0 - 0.52);
    let found = (some.bytes - all.bytes) as f64;
    assert!((found / wider - 1.0).abs() < 0.03, "{found} for {wider}");
}

fn scheme(bits: u64) -> Quant {
    let scheme = match bits {
        16 => Scheme::Plain,
        bits => Scheme::Packed { bits, group: Some(128), zeros: true },
    };
    Quant { scheme, ..Quant::default() }
}

proptest! {
    #[test]
    fn more_bits_weigh_more(hidden in 1_u64..64, layers in 1_u64..12, cards in 1_u64..5, vocab in 1_u64..200_000) {
        let text = format!(
            r#"{{"model_type": "llama", "hidden_size": {}, "num_hidden_layers": {layers}, "num_attention_heads": {hidden},
            "head_dim": 64, "intermediate_size": {}, "vocab_size": {vocab}, "max_position_embeddings": 4096}}"#,
            hidden * 64, hidden * 192);
        let mut facts = config::parse(&text).unwrap();
        let mut last = 0;
        for bits in [2, 3, 4, 8, 16] {
            facts.quant = scheme(bits);
            let list = stored::tensors(&facts.geometry, &stored::Card {
                quant: &facts.quant, cards, wide: 2, head: false, text_only: false, padding: None });
            let bytes: u64 = list.iter().map(|tensor| tensor.parts.sum()).sum();
            prop_assert!(bytes > last, "{bits} bits: {bytes} after {last}");
            last = bytes;
            prop_assert!(weights(&facts, &ask(cards, None, "")).bytes >= bytes);
        }
    }

    #[test]
    fn hostile_sizes_neither_panic_nor_wrap(sizes in proptest::array::uniform6(any::<u64>()), cards in any::<u64>()) {
        let mut facts = config::parse(LLAMA_8B).unwrap();
        let [hidden, vocab, embed, positions, total, head] = sizes;
        facts.geometry.hidden = hidden;
        facts.geometry.vocab = vocab;
        facts.geometry.embed = embed;
        facts.geometry.positions = positions;
        let narrow = weights(&facts, &ask(cards, None, "fp8"));
        facts.exact = Exact::Headers(TensorSums { total, head, ..TensorSums::default() });
        let known = weights(&facts, &ask(cards, None, "bitsandbytes"));
        prop_assert!(narrow.bytes >= narrow.tower && known.margin <= known.bytes.saturating_add(16 << 20));
    }
}
