//! How sure the model was of an answer, from the log probabilities that came with it.

use crate::wire::TokenLogprob;

/// A summary of an answer's log probabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct Certainty {
    /// Tokens that came with a finite log probability.
    pub tokens: usize,
    /// Mean of their natural log probabilities (at most 0).
    pub mean_logprob: f64,
    /// The token the model was least sure of.
    pub least: TokenLogprob,
}

/// Summarises log probabilities; none where no finite one came. Engines send -inf or very low sentinels for tokens that
/// were forced; only what is finite counts.
pub fn certainty(logprobs: &[TokenLogprob]) -> Option<Certainty> {
    let finite = || logprobs.iter().filter(|token| token.logprob.is_finite() && token.logprob > -1e4);
    let least = finite().min_by(|a, b| a.logprob.total_cmp(&b.logprob))?.clone();
    let tokens = finite().count();
    let mean_logprob = finite().map(|token| token.logprob).sum::<f64>() / tokens as f64;
    Some(Certainty { tokens, mean_logprob, least })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str, logprob: f64) -> TokenLogprob {
        TokenLogprob { token: text.into(), logprob, top: Vec::new() }
    }

    #[test]
    fn the_mean_and_the_least_sure_token() {
        let all = [token("a", -0.1), token("b", -2.0), token("c", f64::NEG_INFINITY), token("d", -9999.0 * 2.0)];
        let found = certainty(&all).unwrap();
        assert_eq!((found.tokens, found.least.token.as_str()), (2, "b"));
        assert!((found.mean_logprob + 1.05).abs() < 1e-12);
        assert_eq!(certainty(&all[2..]), None);
        assert_eq!(certainty(&[]), None);
    }
}
