use super::truth::{Class, report, rows, scores, summary};
use super::*;
use crate::models::cards::find;
use crate::models::facts::{Exact, TensorSums};
use crate::models::geometry::{Mixer, Runner};
use proptest::prelude::*;

#[test]
fn recorded_rates_are_met() {
    let fitted = scores(Class::Fit);
    let listed: Vec<String> = fitted
        .iter()
        .map(|s| format!("{:+6.1} % {} {}", s.error * 100.0, if s.inside { ' ' } else { '!' }, s.name))
        .collect();
    let text = format!("{}\n{}", report(), listed.join("\n"));
    let (median, p90, inside) = summary(&fitted);
    assert!(fitted.len() >= 65, "{text}");
    assert!((0.0..=0.06).contains(&median) && p90 <= 0.18, "{text}");
    assert!((0.8..=0.95).contains(&inside), "{text}");
    let (median, _, _) = summary(&scores(Class::HeldOut));
    assert!(median <= 0.15, "{text}");
    assert!(summary(&scores(Class::Offload)).2 >= 0.6, "{text}");
}

#[test]
fn rates_follow_physics() {
    let rows = rows();
    let facts =
        rows.iter().find(|row| row.model.contains("Llama-3.1-8B") && row.scheme.is_some()).unwrap().facts().unwrap();
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
    let facts = rows().iter().find_map(|row| row.facts()).unwrap();
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
    let mut facts = rows().iter().find(|row| row.model.starts_with("Qwen3-Coder")).unwrap().facts().unwrap();
    let card = find("5090").unwrap();
    let sums = TensorSums {
        layers: vec![400_000_000; 48],
        experts: 48 * 380_000_000,
        head: 600_000_000,
        ..Default::default()
    };
    facts.exact = Exact::Headers(sums);
    let moved = why(&Case::new(&facts, Engine::Vllm, card, 0)).unwrap().moved;
    assert_eq!((moved.weights, moved.head), (48.0 * (20e6 + 380e6 * 8.0 / 128.0), 6e8));
}

proptest! {
    #[test]
    fn hostile_sizes_give_no_nonsense(hidden: u64, vocab: u64, heads: u64, context: u64, streams: u64, on: u64, of: u64) {
        let mut facts = rows().iter().find_map(|row| row.facts()).unwrap();
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
