use super::*;
use crate::models::catalogue::Catalogue;
use crate::models::fit::{Flags, KvDtype, Length, Needs};
use crate::models::geometry::Dtype;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

/// Names of the flags that an engine takes.
fn names(engine: Engine) -> Vec<String> {
    let text = match engine {
        Engine::Vllm => include_str!("../../../presets/flags/vllm-0.33.0.jsonl"),
        Engine::LlamaCpp => include_str!("../../../presets/flags/llama-server-b11669.jsonl"),
        Engine::Ollama => include_str!("../../../presets/flags/ollama-0.33.0.jsonl"),
    };
    let rows = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    rows.flat_map(|row| row["names"].as_array().unwrap().clone())
        .map(|name| name.as_str().unwrap().to_owned())
        .collect()
}

prop_compose! {
    fn vllm_flags()(
        dtype in of(select(vec![Dtype::Bf16, Dtype::F16, Dtype::F32])),
        quantization in of(select(vec!["fp8".to_owned(), "awq_marlin".to_owned()])),
        kv_cache_dtype in select(vec![KvDtype::Auto, KvDtype::Sixteen, KvDtype::Fp8, KvDtype::Nvfp4]),
        max_model_len in select(vec![Length::Model, Length::Auto, Length::Tokens(1), Length::Tokens(u64::MAX)]),
        (max_num_seqs, max_num_batched_tokens) in (of(1_u64..4096), of(1_u64..1 << 20)),
        gpu_memory_utilization in of((1_u32..100).prop_map(|n| f64::from(n) / 100.0)),
        kv_cache_memory_bytes in of(any::<u64>()),
        (enforce_eager, language_model_only, enable_prefix_caching) in (any::<bool>(), any::<bool>(), of(any::<bool>())),
        tensor_parallel_size in 1_u64..9,
        block_size in of(1_u64..256),
    ) -> Flags {
        Flags {
            dtype, quantization, kv_cache_dtype, max_model_len, max_num_seqs, max_num_batched_tokens,
            gpu_memory_utilization, kv_cache_memory_bytes, enforce_eager, enable_prefix_caching, tensor_parallel_size,
            block_size, language_model_only, ..Flags::default()
        }
    }
}

prop_compose! {
    fn llama_flags()(
        kv_cache_dtype in select(vec![KvDtype::Auto, KvDtype::Sixteen, KvDtype::ThirtyTwo, KvDtype::Block32(34), KvDtype::Block32(18)]),
        max_model_len in select(vec![Length::Model, Length::Tokens(1), Length::Tokens(u64::MAX)]),
        max_num_seqs in of(1_u64..256),
        gpu_layers in of(0_u64..200),
        ubatch in of(1_u64..4096),
        flash_attention in of(any::<bool>()),
    ) -> Flags {
        Flags {
            kv_cache_dtype, max_model_len, max_num_seqs, gpu_layers, ubatch, flash_attention,
            tensor_parallel_size: 1, ..Flags::default()
        }
    }
}

/// What an ask becomes when its words are read again.
fn again(ask: &Ask) -> Ask {
    let words = flags(ask);
    let known = names(ask.engine);
    for word in words.iter().filter(|word| word.starts_with('-')) {
        let bare = word.strip_prefix("--no-").map(|rest| format!("--{rest}"));
        assert!(known.contains(word) || bare.is_some_and(|bare| known.contains(&bare)), "{word}");
    }
    asked(ask.engine, &words).unwrap()
}

proptest! {
    #[test]
    fn words_of_vllm_are_read_again(flags in vllm_flags()) {
        let ask = Ask { engine: Engine::Vllm, version: None, flags };
        prop_assert_eq!(again(&ask), ask);
    }

    #[test]
    fn words_of_llama_are_read_again(flags in llama_flags()) {
        let ask = Ask { engine: Engine::LlamaCpp, version: None, flags };
        prop_assert_eq!(again(&ask), ask);
    }

    #[test]
    fn hostile_words_are_read_or_refused(words in proptest::collection::vec("(-{0,2}[a-z-]{0,22}=?[0-9a-zA-Z.]{0,5})|\\PC{0,6}", 0..8)) {
        for engine in [Engine::Vllm, Engine::LlamaCpp, Engine::Ollama] {
            if let Err(problem) = asked(engine, &words) {
                prop_assert_eq!(problem.exit_code(), 2);
            }
        }
    }
}

#[test]
fn ollama_is_asked_by_environment_and_request() {
    let flags = Flags {
        max_model_len: Length::Tokens(8192),
        max_num_seqs: Some(4),
        kv_cache_dtype: KvDtype::Block32(34),
        flash_attention: Some(true),
        gpu_layers: Some(20),
        tensor_parallel_size: 1,
        ..Flags::default()
    };
    let ask = Ask { engine: Engine::Ollama, version: None, flags };
    let pairs: Vec<String> = environment(&ask).iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        pairs,
        [
            "OLLAMA_CONTEXT_LENGTH=8192",
            "OLLAMA_NUM_PARALLEL=4",
            "OLLAMA_KV_CACHE_TYPE=q8_0",
            "OLLAMA_FLASH_ATTENTION=1"
        ]
    );
    assert_eq!(request_options(&ask), [("num_ctx", 8192), ("num_gpu", 20)]);
    let mut back = again(&ask);
    back.flags.gpu_layers = Some(20);
    assert_eq!(back, ask);
}

#[test]
fn values_that_cannot_be_read_are_said() {
    for (engine, words) in [
        (Engine::Vllm, &["--max-num-seqs", "many"][..]),
        (Engine::Vllm, &["--max-model-len"]),
        (Engine::Vllm, &["--kv-cache-dtype=odd"]),
        (Engine::LlamaCpp, &["-fa", "maybe"]),
        (Engine::Ollama, &["--num-parallel", "-1"]),
    ] {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        assert!(asked(engine, &words).is_err(), "{words:?}");
    }
    let size = asked(Engine::Vllm, &["--max-model-len=32K".to_owned(), "--port".to_owned(), "80".to_owned()]).unwrap();
    assert_eq!(size.flags.max_model_len, Length::Tokens(32_768));
}

/// Weights that are taken over from what was made before are the ones that would be counted.
#[test]
fn weights_taken_over_change_nothing() {
    let changes: [fn(&mut Flags); 8] = [
        |_| {},
        |flags| flags.max_num_seqs = Some(8),
        |flags| flags.kv_cache_dtype = KvDtype::Fp8,
        |flags| flags.language_model_only = true,
        |flags| flags.quantization = Some("fp8".to_owned()),
        |flags| flags.tensor_parallel_size = 2,
        |flags| flags.dtype = Some(Dtype::F32),
        |flags| flags.enforce_eager = true,
    ];
    let total = 16 << 30;
    let mut compared = 0;
    for variant in Catalogue::shipped().entries.iter().step_by(9).flat_map(|entry| &entry.variants) {
        for engine in &variant.engines {
            let mut made: Vec<Needs> = Vec::new();
            for change in changes {
                let mut ask = Ask { engine: *engine, ..Ask::default() };
                change(&mut ask.flags);
                let alone = Needs::of(&variant.facts, &ask, total);
                assert_eq!(Needs::like(&variant.facts, &ask, total, &made), alone, "{} {ask:?}", variant.label);
                compared += usize::from(alone.is_ok());
                made.extend(alone);
            }
        }
    }
    assert!(compared > 1000, "{compared}");
}
