//! Bits of one weight as it is read, by scheme and place.

use crate::base::{Reading, Unknown};
use crate::models::quant::{Quant, Scheme};

/// Bits of one weight in each place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bits {
    /// Attention and other mixers.
    pub mixer: f64,
    /// Dense feed-forward parts.
    pub feed: f64,
    /// Routed experts.
    pub experts: f64,
    /// The output head.
    pub head: f64,
    /// The token embedding.
    pub embedding: f64,
}

/// Mean bits of llama.cpp's mixes: (name, layers, head). Measured on published files: file bits less the embedding, or summed
/// from the mix's own rule (Q4_K_M: half of the value and down projections are Q6_K).
const MIXES: [(&str, f64, f64); 25] = [
    ("F32", 32.0, 32.0),
    ("F16", 16.0, 16.0),
    ("BF16", 16.0, 16.0),
    ("Q8_0", 8.5, 8.5),
    ("Q6_K", 6.5625, 6.5625),
    ("Q5_K_M", 5.68, 6.5625),
    ("Q5_K_S", 5.5, 6.5625),
    ("Q5_0", 5.5, 6.5625),
    ("Q5_1", 6.0, 6.5625),
    ("Q4_K_M", 4.83, 6.5625),
    ("Q4_K_S", 4.6, 6.5625),
    ("Q4_1", 5.0, 6.5625),
    ("Q4_0", 4.5, 6.5625),
    ("IQ4_NL", 4.5, 6.5625),
    ("IQ4_XS", 4.3, 6.5625),
    ("Q3_K_L", 4.25, 6.5625),
    ("Q3_K_M", 3.9, 6.5625),
    ("Q3_K_S", 3.4375, 6.5625),
    ("IQ3_M", 3.66, 6.5625),
    ("IQ3_XXS", 3.1, 5.5),
    ("Q2_K", 3.31, 6.5625),
    ("IQ2_M", 2.7, 5.5),
    ("IQ2_XXS", 2.2, 5.5),
    ("IQ1_M", 1.9, 5.5),
    ("IQ1_S", 1.7, 5.5),
];

impl Bits {
    /// Bits of a quantisation of a checkpoint whose plain numbers have `plain` bits.
    ///
    /// # Errors
    /// When the scheme's name is not known.
    pub fn of(quant: &Quant, plain: f64) -> Reading<Self> {
        let quantised = |bits: f64| {
            let mixer = if spares_mixers(&quant.skips) { plain } else { bits };
            Self { mixer, feed: bits, experts: bits, head: plain, embedding: plain }
        };
        let scales = |group: Option<u64>| group.filter(|n| *n > 0).map_or(0.0, |n| 16.0 / n as f64);
        Ok(match &quant.scheme {
            Scheme::Plain => quantised(plain),
            Scheme::Fp8 { .. } => quantised(8.0),
            Scheme::Int8 { group } => quantised(8.0 + scales(*group)),
            Scheme::Packed { bits, group, zeros } => {
                let zeros = if *zeros { scales(*group) * *bits as f64 / 16.0 } else { 0.0 };
                quantised(*bits as f64 + scales(*group) + zeros)
            }
            Scheme::Nvfp4 => quantised(4.5),
            Scheme::Mxfp4 => Self { experts: 4.25, ..quantised(plain) },
            Scheme::Bnb { bits, double } => quantised(*bits as f64 + if *double { 0.127 } else { 0.5 }),
            Scheme::Gguf(mix) => return gguf(mix),
            Scheme::Unknown(name) => return Err(Unknown::because(format!("the quantisation {name} is not known"))),
        })
    }

    /// The same number everywhere.
    pub fn even(bits: f64) -> Self {
        Self { mixer: bits, feed: bits, experts: bits, head: bits, embedding: bits }
    }
}

/// Bits of one of llama.cpp's mixes; `UD-` mixes and `_XL` ones lie close to the mix of their name.
fn gguf(mix: &str) -> Reading<Bits> {
    let upper = mix.to_ascii_uppercase();
    let plain = upper.strip_prefix("UD-").unwrap_or(&upper);
    if plain.starts_with("MXFP4") {
        return Ok(Bits { experts: 4.25, ..Bits::even(8.5) });
    }
    let name = plain.strip_suffix("_XL").map_or_else(|| plain.to_owned(), |base| format!("{base}_M"));
    let found =
        MIXES.iter().find(|(known, ..)| *known == plain).or_else(|| MIXES.iter().find(|(known, ..)| *known == name));
    match found.or_else(|| MIXES.iter().find(|(known, ..)| name.strip_suffix("_M") == Some(*known))) {
        Some((_, layers, head)) => Ok(Bits { head: *head, ..Bits::even(*layers) }),
        None => Err(Unknown::because(format!("the mix {mix} is not known"))),
    }
}

/// Whether a checkpoint leaves whole mixers 16-bit.
fn spares_mixers(skips: &[String]) -> bool {
    skips.iter().any(|skip| skip.ends_with("attn") || skip.ends_with("attn.*") || skip.contains("attn.*"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_by_scheme() {
        let bits = |scheme: Scheme| Bits::of(&Quant { scheme, ..Quant::default() }, 16.0).map(|b| (b.feed, b.head));
        for (scheme, want) in [
            (Scheme::Plain, (16.0, 16.0)),
            (Scheme::Packed { bits: 4, group: Some(128), zeros: true }, (4.15625, 16.0)),
            (Scheme::Packed { bits: 4, group: None, zeros: false }, (4.0, 16.0)),
            (Scheme::Gguf("q4_k_m".to_owned()), (4.83, 6.5625)),
            (Scheme::Gguf("UD-Q4_K_XL".to_owned()), (4.83, 6.5625)),
            (Scheme::Gguf("Q6_K_XL".to_owned()), (6.5625, 6.5625)),
            (Scheme::Gguf("MXFP4".to_owned()), (8.5, 8.5)),
        ] {
            assert_eq!(bits(scheme.clone()), Ok(want), "{scheme:?}");
        }
        assert!(bits(Scheme::Unknown("odd".to_owned())).is_err());
        assert!(bits(Scheme::Gguf("Q9_Z".to_owned())).is_err());
        let spared = Quant { scheme: Scheme::Nvfp4, skips: vec!["re:.*self_attn.*".to_owned()], ..Quant::default() };
        assert_eq!(Bits::of(&spared, 16.0).map(|b| (b.mixer, b.feed)), Ok((16.0, 4.5)));
    }
}
