//! What a model's name says about its size. Guesses, and called "assumed" wherever they are shown.

use crate::base::Bytes;

/// Parameters, bits per weight and cache per token, guessed from a name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assumed {
    /// Parameters.
    pub params: f64,
    /// Bits per weight, scales included.
    pub bits: f64,
    /// The name of the format.
    pub format: &'static str,
}

const FORMATS: [(&str, f64, &str); 16] = [
    ("nvfp4", 4.5, "NVFP4"),
    ("mxfp4", 4.25, "MXFP4"),
    ("q2_k", 2.6, "Q2_K"),
    ("q3_k", 3.9, "Q3_K_M"),
    ("q4_k", 4.85, "Q4_K_M"),
    ("q4_0", 4.55, "Q4_0"),
    ("q5_k", 5.7, "Q5_K_M"),
    ("q6_k", 6.6, "Q6_K"),
    ("q8_0", 8.5, "Q8_0"),
    ("awq", 4.5, "AWQ"),
    ("gptq", 4.5, "GPTQ"),
    ("int4", 4.5, "INT4"),
    ("4bit", 4.5, "4-bit"),
    ("fp8", 8.2, "FP8"),
    ("int8", 8.2, "INT8"),
    ("8bit", 8.2, "8-bit"),
];

/// Cache per token in KiB of common dense models (two bytes a number), by parameters in thousand millions.
const CACHE: [(f64, u64); 8] =
    [(0.7, 12), (2.0, 28), (5.0, 112), (10.0, 128), (16.0, 160), (35.0, 256), (80.0, 320), (1e9, 512)];

impl Assumed {
    /// Guesses: the first number before `B` or `M` is the parameters, a known word the format; else 1B at 16 bits.
    pub fn from_name(name: &str) -> Self {
        let lower = name.to_lowercase();
        let params = lower.split(['-', '_', '/', ':', ' ']).find_map(params).unwrap_or(1e9);
        let found = FORMATS.iter().find(|(word, ..)| lower.contains(word));
        let (bits, format) = found.map_or((16.0, "BF16"), |&(_, bits, format)| (bits, format));
        Self { params, bits, format }
    }

    /// Size of the weights.
    pub fn weights(&self) -> Bytes {
        Bytes((self.params * self.bits / 8.0) as u64)
    }

    /// Cache for one token.
    pub fn cache_per_token(&self) -> Bytes {
        let billions = self.params / 1e9;
        let kib = CACHE.iter().find(|(most, _)| billions <= *most).map_or(512, |&(_, kib)| kib);
        Bytes(kib * 1024)
    }
}

fn params(word: &str) -> Option<f64> {
    let (number, unit) = match (word.strip_suffix('b'), word.strip_suffix('m')) {
        (Some(number), _) => (number, 1e9),
        (None, Some(number)) => (number, 1e6),
        _ => return None,
    };
    number.parse::<f64>().ok().filter(|n| *n > 0.0 && *n < 1e5).map(|n| n * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_sizes() {
        for (name, params, format, gb) in [
            ("Qwen/Qwen3-8B-AWQ", 8e9, "AWQ", 4.5),
            ("qwen3:0.6b", 0.6e9, "BF16", 1.2),
            ("Llama-3.1-70B-Instruct-Q4_K_M", 70e9, "Q4_K_M", 42.4),
            ("Qwen3-30B-A3B-FP8", 30e9, "FP8", 30.75),
            ("SmolLM2-135M", 135e6, "BF16", 0.27),
            ("demo", 1e9, "BF16", 2.0),
        ] {
            let assumed = Assumed::from_name(name);
            assert_eq!((assumed.params, assumed.format), (params, format), "{name}");
            assert!((assumed.weights().0 as f64 / 1e9 - gb).abs() < 0.1, "{name}");
        }
        assert_eq!(Assumed::from_name("x-8B").cache_per_token(), Bytes(128 * 1024));
    }
}
