//! Flags that cannot be, said before anything is computed.

use super::rules::Rules;
use crate::base::Problem;
use crate::models::Geometry;
use crate::models::fit::{Ask, Length};
use crate::models::geometry::{Attention, Latent, Mixer};

/// Refuses flags that vLLM refuses while it reads them.
pub(super) fn flags(geometry: &Geometry, ask: &Ask, rules: &Rules) -> Result<(), Problem> {
    let flags = &ask.flags;
    if !(rules.utilization > 0.0 && rules.utilization <= 1.0) {
        let why = format!("{} is no share of the card", rules.utilization);
        return Err(Problem::usage("--gpu-memory-utilization cannot be used", why, "a number above 0, at most 1"));
    }
    let zeros = [
        ("--max-num-seqs", flags.max_num_seqs),
        ("--max-num-batched-tokens", flags.max_num_batched_tokens),
        ("--block-size", flags.block_size),
        ("--kv-cache-memory-bytes", flags.kv_cache_memory_bytes),
        ("--max-model-len", if let Length::Tokens(tokens) = flags.max_model_len { Some(tokens) } else { None }),
    ];
    if let Some((flag, _)) = zeros.iter().find(|(_, value)| *value == Some(0)) {
        return Err(Problem::usage(format!("{flag} cannot be used"), "it is 0", "leave it out for the default"));
    }
    if rules.batched < rules.seqs {
        let why = format!("{} tokens a pass cannot serve {} sequences", rules.batched, rules.seqs);
        let hint = format!("--max-num-seqs {} or --max-num-batched-tokens {}", rules.batched, rules.seqs);
        return Err(Problem::usage("--max-num-batched-tokens cannot be used", why, hint));
    }
    cards(geometry, flags.cards())
}

/// The heads must come out even among the cards.
fn cards(geometry: &Geometry, cards: u64) -> Result<(), Problem> {
    let heads = geometry.layers.iter().find_map(|layer| match layer.mixer {
        Mixer::Attention(Attention { heads, .. }) | Mixer::Latent(Latent { heads, .. }) => Some(heads),
        _ => None,
    });
    match heads {
        Some(heads) if heads % cards != 0 => {
            let why = format!("{heads} attention heads cannot be shared evenly among {cards} cards");
            let even = (1..cards).rev().find(|n| heads % n == 0).unwrap_or(1);
            let hint = format!("--tensor-parallel-size {even}");
            Err(Problem::usage("--tensor-parallel-size cannot be used", why, hint))
        }
        _ => Ok(()),
    }
}
