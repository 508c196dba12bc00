use super::super::{Ask, Engine, Flags, KvDtype, Length, Needs, Room, Verdict, Version};
use crate::base::units::GIB;
use crate::models::config;
use crate::models::quant::Scheme;
use crate::models::{Exact, Facts};
use proptest::prelude::*;
use serde_json::{Value, json};

fn dense(hidden: u64, layers: u64) -> Value {
    json!({"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_size": hidden,
        "intermediate_size": hidden * 3, "num_hidden_layers": layers, "num_attention_heads": 32,
        "num_key_value_heads": 8, "head_dim": 128, "vocab_size": 151_936, "tie_word_embeddings": false,
        "max_position_embeddings": 40_960, "torch_dtype": "bfloat16"})
}

fn sliding() -> Value {
    json!({"architectures": ["GptOssForCausalLM"], "model_type": "gpt_oss", "hidden_size": 2880,
        "intermediate_size": 2880, "num_hidden_layers": 24, "num_attention_heads": 64, "num_key_value_heads": 8,
        "head_dim": 64, "vocab_size": 201_088, "num_local_experts": 32, "num_experts_per_tok": 4,
        "sliding_window": 128, "max_position_embeddings": 131_072, "tie_word_embeddings": false,
        "layer_types": (0..24).map(|n| if n % 2 == 0 { "sliding_attention" } else { "full_attention" })
            .collect::<Vec<_>>()})
}

fn recurrent() -> Value {
    json!({"architectures": ["Qwen3_5ForConditionalGeneration"], "model_type": "qwen3_5",
        "text_config": {"model_type": "qwen3_5_text", "hidden_size": 4096, "intermediate_size": 12_288,
        "num_hidden_layers": 32, "num_attention_heads": 16, "num_key_value_heads": 4, "head_dim": 256,
        "attn_output_gate": true, "full_attention_interval": 4, "linear_num_key_heads": 16,
        "linear_num_value_heads": 32, "linear_key_head_dim": 128, "linear_value_head_dim": 128,
        "linear_conv_kernel_dim": 4, "vocab_size": 248_320, "tie_word_embeddings": false,
        "max_position_embeddings": 262_144, "torch_dtype": "bfloat16"}})
}

fn facts(which: usize) -> Facts {
    let config = match which {
        0 => dense(4096, 36),
        1 => sliding(),
        2 => recurrent(),
        _ => dense(1024, 28),
    };
    config::from_value(&config).unwrap()
}

fn ask(version: u32, flags: Flags) -> Ask {
    Ask { engine: Engine::Vllm, version: Some(Version(0, version)), flags }
}

fn room(gib: f64) -> Room {
    Room { total: (gib * GIB as f64) as u64, free: None }
}

#[test]
fn more_than_free_is_refused_with_the_share_that_works() {
    let total = (15.99 * GIB as f64) as u64;
    let needs = Needs::of(&facts(3), &ask(33, Flags::default()), total).unwrap();
    let fit = needs.explain(Room { total, free: Some((14.66 * GIB as f64) as u64) });
    assert_eq!(fit.verdict, Verdict::RefusedAtStart);
    assert!(fit.why.contains("--gpu-memory-utilization 0.91 at most"), "{}", fit.why);
    let before = Needs::of(&facts(3), &ask(10, Flags::default()), total).unwrap();
    let fit = before.explain(Room { total, free: Some((14.66 * GIB as f64) as u64) });
    assert!(fit.verdict.starts(), "0.90 was asked for then: {}", fit.why);
}

#[test]
fn too_many_sequences_for_the_states_are_refused() {
    let flags = Flags { max_model_len: Length::Tokens(8192), max_num_seqs: Some(256), ..Flags::default() };
    let needs = Needs::of(&facts(2), &ask(33, flags.clone()), 23 * GIB).unwrap();
    let fit = needs.explain(room(23.0));
    assert_eq!(fit.verdict, Verdict::RefusedAtStart, "{}", fit.why);
    let states: u64 = fit.why.rsplit(' ').next().unwrap().parse().unwrap();
    let fewer = Flags { max_num_seqs: Some(states), ..flags.clone() };
    let fit = Needs::of(&facts(2), &ask(33, fewer), 23 * GIB).unwrap().explain(room(23.0));
    assert!(fit.verdict.starts(), "what was proposed works: {}", fit.why);
    let eager = Flags { enforce_eager: true, ..flags };
    let fit = Needs::of(&facts(2), &ask(33, eager), 23 * GIB).unwrap().explain(room(23.0));
    assert!(fit.verdict.starts(), "only graphs need a state each: {}", fit.why);
}

#[test]
fn lengths_and_cards_have_their_limits() {
    let flags = Flags { max_model_len: Length::Tokens(50_000), ..Flags::default() };
    let fit = Needs::of(&facts(0), &ask(33, flags), 80 * GIB).unwrap().explain(room(80.0));
    assert_eq!((fit.verdict, fit.why.contains("--max-model-len 40960")), (Verdict::RefusedAtStart, true));
    let fit = Needs::of(&facts(0), &ask(33, Flags::default()), 100).unwrap().explain(Room { total: 100, free: None });
    assert_eq!((fit.verdict, fit.why.contains("context")), (Verdict::DoesNotFit, true), "{}", fit.why);
    let flags = Flags { max_model_len: Length::Auto, ..Flags::default() };
    let fit = Needs::of(&facts(0), &ask(33, flags), 20 * GIB).unwrap().explain(room(20.0));
    assert_eq!(fit.max_model_len, fit.largest_max_model_len);
    assert!((1..40_960).contains(&fit.max_model_len), "{}", fit.why);
}

#[test]
fn a_stated_cache_is_held_against_what_is_free() {
    let with = |bytes| Flags {
        kv_cache_memory_bytes: Some(bytes),
        max_model_len: Length::Tokens(4096),
        gpu_memory_utilization: Some(0.9),
        ..Flags::default()
    };
    let free = Room { total: 24 * GIB, free: Some(23 * GIB) };
    let fit = |bytes| Needs::of(&facts(0), &ask(33, with(bytes)), 24 * GIB).unwrap().explain(free);
    assert_eq!(fit(2 * GIB).verdict, Verdict::Fits, "{}", fit(2 * GIB).why);
    assert_eq!(fit(2 * GIB).kv_available, 2 << 30);
    let much = fit(12 * GIB);
    assert_eq!(much.verdict, Verdict::DoesNotFit, "{}", much.why);
    assert!(much.why.contains("--kv-cache-memory-bytes"), "{}", much.why);
    assert_eq!(fit(GIB / 4).verdict, Verdict::DoesNotFit, "a request needs more");
}

#[test]
fn what_is_proposed_helps() {
    // Too little is left beside the sampler of 256 sequences.
    let flags = Flags { max_model_len: Length::Tokens(2048), ..Flags::default() };
    let total = (18.2 * GIB as f64) as u64;
    let fit = Needs::of(&facts(0), &ask(10, flags.clone()), total).unwrap().explain(room(18.2));
    assert_eq!(fit.verdict, Verdict::DoesNotFit, "{}", fit.why);
    assert!(fit.why.contains("--max-num-seqs 32"), "{}", fit.why);
    let fewer = Flags { max_num_seqs: Some(32), ..flags };
    let fit = Needs::of(&facts(0), &ask(10, fewer), total).unwrap().explain(room(18.2));
    assert!(fit.verdict.starts(), "{}", fit.why);
}

#[test]
fn encoders_keep_no_cache() {
    let config = json!({"architectures": ["BertModel"], "model_type": "bert", "hidden_size": 384,
        "intermediate_size": 1536, "num_hidden_layers": 12, "num_attention_heads": 12, "vocab_size": 30_522,
        "max_position_embeddings": 512, "torch_dtype": "float32"});
    let facts = config::from_value(&config).unwrap();
    let fit = Needs::of(&facts, &ask(33, Flags::default()), 8 * GIB).unwrap().explain(room(8.0));
    assert_eq!((fit.verdict, fit.kv_needed, fit.kv_tokens), (Verdict::Fits, 0, 0), "{}", fit.why);
}

/// How good a verdict is.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fits => 2,
        Verdict::Tight => 1,
        Verdict::Unknown | Verdict::DoesNotFit | Verdict::RefusedAtStart => 0,
    }
}

fn engines() -> impl Strategy<Value = Engine> {
    prop_oneof![3 => Just(Engine::Vllm), 1 => Just(Engine::LlamaCpp), 1 => Just(Engine::Ollama)]
}

fn hostile() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![
        Just(None),
        Just(Some(0)),
        Just(Some(1)),
        Just(Some(u64::MAX)),
        Just(Some(i64::MAX as u64)),
        (0u64..1 << 40).prop_map(Some),
    ]
}

proptest! {
    #[test]
    fn less_free_memory_never_helps(
        which in 0usize..4, engine in engines(), version in 6u32..34, total in 2u64..90, low in 0.0f64..1.0,
        high in 0.0f64..1.0, share in 0.05f64..1.0, len in 1u64..40_960, given in prop::option::of(1u64..40),
    ) {
        let flags = Flags {
            gpu_memory_utilization: Some(share),
            max_model_len: Length::Tokens(len),
            kv_cache_memory_bytes: given.map(|gib| gib * GIB),
            ..Flags::default()
        };
        let ask = Ask { engine, ..ask(version, flags) };
        let total = total * GIB;
        let mut facts = facts(which);
        if engine != Engine::Vllm {
            facts.quant.scheme = Scheme::Gguf("Q4_K_M".to_owned());
        }
        let needs = Needs::of(&facts, &ask, total).unwrap();
        let at = |part: f64| needs.sum(Room { total, free: Some((total as f64 * part) as u64) });
        let (less, more) = (at(low.min(high)), at(low.max(high)));
        prop_assert!(rank(less.verdict) <= rank(more.verdict), "{less:?} {more:?}");
        prop_assert!(less.largest_max_model_len <= more.largest_max_model_len, "{less:?} {more:?}");
    }

    #[test]
    fn cache_grows_with_length_requests_and_width(
        which in 0usize..4, version in 6u32..34, len in 1u64..40_960, more in 0u64..40_960, requests in 1u64..64,
    ) {
        let plan = |dtype| {
            let flags = Flags { kv_cache_dtype: dtype, ..Flags::default() };
            Needs::of(&facts(which), &ask(version, flags), 24 * GIB).unwrap().kv.unwrap()
        };
        let kv = plan(KvDtype::Auto);
        prop_assert!(kv.needed(len, requests) <= kv.needed(len + more, requests));
        prop_assert!(kv.needed(len, requests) <= kv.needed(len, requests + 1));
        let narrow = plan(KvDtype::Fp8).needed(len, requests);
        let wide = plan(KvDtype::ThirtyTwo).needed(len, requests);
        let blocks = plan(KvDtype::Fp8).needed(1, 1).max(kv.needed(1, 1));
        prop_assert!(narrow <= kv.needed(len, requests).saturating_add(blocks.saturating_mul(requests)));
        prop_assert!(kv.needed(len, requests) <= wide.saturating_add(blocks.saturating_mul(requests)));
    }

    #[test]
    fn weights_grow_with_their_bits(hidden in 2u64..40, layers in 1u64..60, group in prop::option::of(Just(128u64))) {
        let mut facts = config::from_value(&dense(hidden * 256, layers)).unwrap();
        let mut last = 0;
        for bits in [2, 3, 4, 8, 16] {
            facts.quant.scheme = if bits == 16 { Scheme::Plain } else { Scheme::Packed { bits, group, zeros: true } };
            let sum = Needs::of(&facts, &ask(33, Flags::default()), 24 * GIB).unwrap().sum(room(24.0));
            prop_assert!(sum.weights >= last, "{bits} bits: {} after {last}", sum.weights);
            last = sum.weights;
        }
    }

    #[test]
    fn hostile_requests_are_answered_or_refused(
        which in 0usize..4, engine in engines(), version in hostile(), total in hostile(), free in hostile(),
        seqs in hostile(), batched in hostile(), len in hostile(), given in hostile(), cards in hostile(),
        block in hostile(), share in prop::option::of(any::<f64>()), eager in any::<bool>(), exact in hostile(),
    ) {
        let flags = Flags {
            max_num_seqs: seqs,
            max_num_batched_tokens: batched,
            max_model_len: len.map_or(Length::Auto, Length::Tokens),
            kv_cache_memory_bytes: given,
            tensor_parallel_size: cards.unwrap_or(1),
            block_size: block,
            gpu_memory_utilization: share,
            enforce_eager: eager,
            speculative_tokens: block.unwrap_or(0),
            gpu_layers: batched,
            ubatch: seqs,
            ..Flags::default()
        };
        let version = version.map(|n| Version(0, u32::try_from(n).unwrap_or(u32::MAX)));
        let mut facts = facts(which);
        facts.exact = exact.map_or(Exact::No, Exact::Total);
        let total = total.unwrap_or(24 * GIB);
        if let Ok(needs) = Needs::of(&facts, &Ask { engine, version, flags }, total) {
            let room = Room { total, free };
            let (sum, fit) = (needs.sum(room), needs.explain(room));
            prop_assert_eq!(sum.verdict, fit.verdict);
            prop_assert!(!fit.why.is_empty());
            prop_assert!(!fit.max_concurrency.is_nan());
        }
    }
}
