//! What holds for every model, flag and size.

use super::super::{Paged, PagedAsk};
use super::layouts::{delta, full, geometry, latent, named, shared, window};
use crate::models::fit::{KvDtype, Version};
use crate::models::geometry::{Dtype, Geometry, Mixer, Runner};
use proptest::prelude::*;

fn mixer() -> impl Strategy<Value = Mixer> {
    let heads = prop_oneof![Just(1u64), Just(2), Just(3), Just(8), Just(16)];
    let dims = prop_oneof![Just(64u64), Just(128), Just(256), Just(512)];
    (heads, dims, 0u8..5, prop_oneof![Just(128u64), Just(1024), Just(4096)]).prop_map(|(heads, dim, kind, tokens)| {
        match kind {
            0 | 1 => full(heads, dim),
            2 => window(heads, dim, tokens),
            3 => delta(heads * 2, heads * 4, 4),
            _ => shared(heads, dim),
        }
    })
}

fn model() -> impl Strategy<Value = Geometry> {
    proptest::collection::vec((1usize..40, mixer()), 1..5).prop_map(|runs| geometry(&runs))
}

fn asked() -> impl Strategy<Value = PagedAsk> {
    let version = proptest::option::of((6u32..33).prop_map(|minor| Version(0, minor)));
    let block = proptest::option::of(prop_oneof![Just(16u64), Just(32), Just(64), Just(7)]);
    (version, block, 1u64..9, 1u64..20_000, any::<bool>(), 0u64..5).prop_map(
        |(version, block_size, tensor_parallel, max_num_batched_tokens, prefix_caching, speculative_tokens)| PagedAsk {
            version,
            block_size,
            tensor_parallel,
            max_num_batched_tokens,
            prefix_caching,
            speculative_tokens,
            ..PagedAsk::default()
        },
    )
}

proptest! {
    #[test]
    fn needed_grows_with_length_and_requests(
        geometry in model(), ask in asked(), len in 1u64..300_000, more in 0u64..300_000, requests in 1u64..300
    ) {
        let plan = Paged::of(&geometry, &ask);
        prop_assert!(plan.needed(len, requests) <= plan.needed(len + more, requests));
        prop_assert!(plan.needed(len, requests) <= plan.needed(len, requests + 1));
        prop_assert!(plan.tokens(1 << 34, len) <= plan.tokens(1 << 35, len));
    }

    #[test]
    fn longest_is_the_inverse_of_needed(
        geometry in model(), ask in asked(), bytes in 0u64..(80 << 30), requests in 1u64..9, limit in 1u64..1_000_000
    ) {
        let plan = Paged::of(&geometry, &ask);
        let longest = plan.longest(bytes, requests, limit);
        prop_assert!(longest <= limit);
        prop_assert!(longest == 0 || plan.is_empty() || plan.needed(longest, requests) <= bytes);
        prop_assert!(longest == limit || plan.needed(longest + 1, requests) > bytes);
    }

    #[test]
    fn concurrency_grows_with_bytes_and_falls_with_length(
        geometry in model(), ask in asked(), bytes in 0u64..(80 << 30), more in 0u64..(1 << 30), len in 1u64..300_000
    ) {
        let plan = Paged::of(&geometry, &ask);
        prop_assert!(plan.concurrency(bytes, len) <= plan.concurrency(bytes + more, len));
        prop_assert!(plan.concurrency(bytes, len) >= plan.concurrency(bytes, len + 1));
        prop_assert!(plan.state_blocks(bytes).is_none_or(|blocks| blocks == plan.blocks(bytes)));
    }

    #[test]
    fn fewer_bytes_a_number_never_need_more_where_all_layers_attend_alike(
        heads in 1u64..33, layers in 1usize..90, len in 1u64..300_000
    ) {
        let needed = |kv_dtype| Paged::of(&geometry(&[(layers, full(heads, 128))]), &PagedAsk { kv_dtype, ..PagedAsk::default() }).needed(len, 1);
        let sizes = [KvDtype::Nvfp4, KvDtype::Fp8, KvDtype::Sixteen, KvDtype::ThirtyTwo].map(needed);
        prop_assert!(sizes.is_sorted(), "{:?}", sizes);
        prop_assert_eq!(needed(KvDtype::Auto), sizes[2]);
    }

    #[test]
    fn hostile_sizes_neither_panic_nor_wrap(
        heads in prop_oneof![Just(0u64), Just(1), Just(u64::MAX)], dim in prop_oneof![Just(0u64), Just(1), Just(u64::MAX)],
        cards in prop_oneof![Just(0u64), Just(1), Just(u64::MAX)], block in proptest::option::of(prop_oneof![Just(0u64), Just(u64::MAX)]),
        spec in prop_oneof![Just(0u64), Just(u64::MAX)], len in prop_oneof![Just(0u64), Just(1), Just(u64::MAX)],
        bytes in prop_oneof![Just(0u64), Just(1), Just(u64::MAX)], version in 0u32..40
    ) {
        let mixers = [huge(heads, dim), window_of(heads, dim, len), states(heads, dim)];
        let ask = PagedAsk {
            version: Some(Version(0, version)), block_size: block, tensor_parallel: cards, speculative_tokens: spec,
            max_num_batched_tokens: len, model_dtype: Dtype::F32, ..PagedAsk::default()
        };
        let whole = Geometry { mtp_layers: u64::MAX, encoder_params: 1, ..geometry(&mixers.map(|m| (2, m))) };
        let plan = Paged::of(&whole, &ask);
        prop_assert!(plan.needed(len, u64::MAX) >= plan.needed(len, 0));
        prop_assert!(plan.longest(bytes, len, len) <= len);
        prop_assert!(plan.concurrency(bytes, len) >= 0.0);
        prop_assert!(plan.tokens(bytes, len) <= plan.tokens(u64::MAX, len));
        prop_assert!(plan.is_empty() || plan.per_token() > 0 || heads == 0 || dim == 0);
        prop_assert!(!plan.layout().is_empty());
    }
}

fn huge(kv_heads: u64, dim: u64) -> Mixer {
    let Mixer::Attention(a) = full(1, 1) else { unreachable!() };
    Mixer::Attention(crate::models::geometry::Attention { kv_heads, k_dim: dim, v_dim: dim, ..a })
}

fn window_of(kv_heads: u64, dim: u64, tokens: u64) -> Mixer {
    let Mixer::Attention(a) = huge(kv_heads, dim) else { unreachable!() };
    Mixer::Attention(crate::models::geometry::Attention { window: Some(tokens), ..a })
}

fn states(heads: u64, dim: u64) -> Mixer {
    let Mixer::DeltaNet(d) = delta(1, 1, 4) else { unreachable!() };
    Mixer::DeltaNet(crate::models::geometry::DeltaNet { k_heads: heads, v_heads: heads, k_dim: dim, conv: dim, ..d })
}

#[test]
fn encoders_keep_no_cache() {
    let encoder = Geometry { runner: Runner::Pooling { encoder: true }, ..named("llama8b") };
    let plan = Paged::of(&encoder, &PagedAsk::default());
    assert!(plan.is_empty());
    assert_eq!(
        (plan.needed(512, 9), plan.longest(0, 1, 512), plan.tokens(1 << 30, 512), plan.per_token()),
        (0, 512, 0, 0)
    );
    assert_eq!((plan.concurrency(1 << 30, 512), plan.state_blocks(1 << 30)), (0.0, None));
}

#[test]
fn latent_attention_is_whole_on_every_card_and_few_heads_are_held_twice() {
    let on = |mixer, tensor_parallel| {
        let ask = PagedAsk { tensor_parallel, ..PagedAsk::default() };
        Paged::of(&geometry(&[(27, mixer)]), &ask).needed(4096, 1)
    };
    assert_eq!(on(latent(), 8), on(latent(), 1));
    assert_eq!(on(full(2, 128), 8), on(full(2, 128), 2));
    assert!(on(full(2, 128), 2) < on(full(2, 128), 1));
}

#[test]
fn prefixes_are_cached_by_default_where_vllm_does() {
    let caches = |name, minor| PagedAsk::caches_prefixes(Some(Version(0, minor)), &named(name));
    assert!(caches("llama8b", 10) && caches("gemma3", 27) && caches("qwen9", 28));
    assert!(!caches("qwen9", 27) && !caches("mamba2", 32) && !caches("whisper", 32));
    assert!(!PagedAsk::caches_prefixes(None, &named("qwen9")));
}

#[test]
fn old_releases_cache_windows_in_full() {
    let old = PagedAsk { version: Some(Version(0, 8)), ..PagedAsk::default() };
    let windows = Paged::of(&named("gptoss20"), &old);
    assert_eq!(windows.needed(65_536, 1), Paged::of(&geometry(&[(24, full(8, 64))]), &old).needed(65_536, 1));
}

#[test]
fn the_layout_says_why() {
    let ask = PagedAsk { kv_dtype: KvDtype::Fp8, speculative_tokens: 1, ..PagedAsk::default() };
    let lines = Paged::of(&named("qwen27"), &ask).layout();
    let text: Vec<String> = lines.iter().map(|l| format!("{}: {} ({} bytes lost)", l.what, l.text, l.waste)).collect();
    assert_eq!(text, SAID, "{text:#?}");
}

const SAID: [&str; 4] = [
    "block: 1584 tokens instead of 16, so that a page of attention holds one recurrent state (0 bytes lost)",
    "recurrent state: 48 layers in 3 groups of 17, 3 states of fixed size a request; pages padded from 3227648 to 3244032 bytes; 3 of 51 places hold no layer (3522560 bytes lost)",
    "full attention: 17 layers in 1 group of 17, a block of 1584 tokens each (0 bytes lost)",
    "pool: 55148544 bytes a block, shared by all groups; one block is held back (0 bytes lost)",
];
