use super::*;
use crate::models::Geometry;
use crate::models::cards::find;
use crate::models::facts::{Exact, TensorSums};
use crate::models::geometry::{Attention, Feed, Layer, Mixer, Runner};
use crate::models::quant::{Quant, Scheme};
use proptest::prelude::*;

/// Llama 3.1 8B as Q4_K_M, or with experts.
fn llama(feed: Feed) -> Facts {
    let attention = Attention {
        heads: 32,
        kv_heads: 8,
        k_dim: 128,
        v_dim: 128,
        window: None,
        shared: false,
        k_eq_v: false,
        gated: false,
        qkv_bias: false,
        out_bias: false,
        qk_norm: false,
    };
    let geometry = Geometry {
        hidden: 4096,
        vocab: 128_256,
        layers: vec![Layer { mixer: Mixer::Attention(attention), feed }; 32],
        ..Geometry::default()
    };
    let quant = Quant { scheme: Scheme::Gguf("Q4_K_M".to_owned()), ..Quant::default() };
    Facts { geometry, quant, ..Facts::default() }
}

const DENSE: Feed = Feed::Dense { inner: 14_336, gated: true, bias: false };
const EXPERTS: Feed = Feed::Experts { count: 128, active: 8, inner: 768, gated: true, bias: false, shared: 0 };

#[test]
fn a_known_rate_is_met() {
    // Recorded with llama.cpp on an RTX 5070: 105.3 tokens/s.
    let rate = decode(&llama(DENSE), Engine::LlamaCpp, find("5070").unwrap(), 256).unwrap();
    assert!((100.0..110.0).contains(&rate.likely), "{rate:?}");
    let why = why(&Case::new(&llama(DENSE), Engine::LlamaCpp, find("5070").unwrap(), 256)).unwrap();
    assert!((4.6e9..4.8e9).contains(&why.moved.total()), "{why:?}");
    assert!(why.basis.contains("80 % of the bandwidth") && why.bandwidth == 672e9, "{why:?}");
}

#[test]
fn rates_follow_physics() {
    let facts = llama(DENSE);
    let rate = |name: &str, context| decode(&facts, Engine::LlamaCpp, find(name).unwrap(), context).unwrap();
    let (near, far, faster) = (rate("5080", 0), rate("5080", 32_768), rate("5090", 0));
    assert!(far.likely < near.likely && near.likely < faster.likely);
    assert!(near.low < near.likely && near.likely < near.high);
    let card = find("5080").unwrap();
    let together = |streams| batch(&facts, Engine::Vllm, card, streams, 2048).unwrap().likely;
    assert!(together(1) < together(8) && together(8) < together(32));
    assert!(together(32) < 32.0 * together(1));
    let of = |on| offloaded(&facts, Engine::LlamaCpp, card, on, 33, Some(80e9)).unwrap().likely;
    assert!(of(0) < of(16) && of(16) < of(32) && of(32) < of(33));
    assert!((of(33) - near.likely).abs() < 1e-9);
    let over_pcie = offloaded(&facts, Engine::Vllm, card, 20, 32, None).unwrap();
    assert!(over_pcie.likely < decode(&facts, Engine::Vllm, card, 0).unwrap().likely);
    let prompt = prefill(&facts, Engine::LlamaCpp, card, 512).unwrap();
    assert!((3_000.0..9_000.0).contains(&prompt.likely), "{prompt:?}");
}

#[test]
fn what_is_not_known_is_said() {
    let facts = llama(DENSE);
    let card = find("5080").unwrap();
    let reason = |facts: &Facts, card: &Spec| decode(facts, Engine::Vllm, card, 0).unwrap_err().why.into_owned();
    assert_eq!(reason(&facts, &Spec { bandwidth: None, ..card.clone() }), "the card's bandwidth is not known");
    assert_eq!(reason(&Facts::default(), card), "its layers are not known");
    let mut pooling = facts.clone();
    pooling.geometry.runner = Runner::Pooling { encoder: true };
    assert_eq!(reason(&pooling, card), "it writes no text");
    assert!(prefill(&facts, Engine::Vllm, &Spec { tensor_flops: None, ..card.clone() }, 512).is_err());
}

#[test]
fn headers_beat_the_formula() {
    let mut facts = llama(EXPERTS);
    let card = find("5090").unwrap();
    let sums = TensorSums {
        layers: vec![400_000_000; 32],
        experts: 32 * 380_000_000,
        head: 600_000_000,
        ..Default::default()
    };
    facts.exact = Exact::Headers(sums);
    let moved = why(&Case::new(&facts, Engine::Vllm, card, 0)).unwrap().moved;
    assert_eq!((moved.weights, moved.head), (32.0 * (20e6 + 380e6 * 8.0 / 128.0), 6e8));
}

proptest! {
    #[test]
    fn hostile_sizes_give_no_nonsense(hidden: u64, vocab: u64, heads: u64, context: u64, streams: u64, on: u64, of: u64) {
        let mut facts = llama(DENSE);
        facts.geometry.hidden = hidden;
        facts.geometry.vocab = vocab;
        for layer in &mut facts.geometry.layers {
            if let Mixer::Attention(attention) = &mut layer.mixer {
                attention.heads = heads;
            }
        }
        let card = find("5080").unwrap();
        for engine in [Engine::Vllm, Engine::LlamaCpp, Engine::Ollama] {
            for rate in [
                batch(&facts, engine, card, streams, context),
                offloaded(&facts, engine, card, on, of, None),
                prefill(&facts, engine, card, context),
            ].into_iter().flatten() {
                prop_assert!(rate.low >= 0.0 && rate.low <= rate.likely && rate.likely <= rate.high, "{rate:?}");
            }
        }
    }
}
