//! Interpolated n-grams (after Witten and Bell): each longer context takes its share of the probability according to how often
//! it was seen and how varied its continuations are, and leaves the rest to the shorter one.

use super::TokenId;
use std::collections::HashMap;

/// Longest context, in tokens.
const LONGEST: usize = 4;

/// What followed one context.
#[derive(Debug, Default)]
struct Followers {
    total: f32,
    next: Vec<(TokenId, f32)>,
}

/// Counts of what follows contexts of one to four tokens.
#[derive(Debug, Default)]
pub struct Ngram {
    contexts: [HashMap<u64, Followers>; LONGEST],
}

fn key(context: &[TokenId]) -> u64 {
    context.iter().fold(0, |key, &token| (key << 16) | u64::from(token & 0xffff))
}

impl Ngram {
    /// Counts one text.
    pub fn learn(&mut self, tokens: &[TokenId], weight: f32) {
        for at in 1..tokens.len() {
            for n in 1..=LONGEST.min(at) {
                let followers = self.contexts[n - 1].entry(key(&tokens[at - n..at])).or_default();
                followers.total += weight;
                match followers.next.iter_mut().find(|(token, _)| *token == tokens[at]) {
                    Some((_, count)) => *count += weight,
                    None => followers.next.push((tokens[at], weight)),
                }
            }
        }
    }

    /// Lays these n-grams over the distribution in `probs` (which sums to one, and still does afterwards).
    /// `backoff` weighs the variety of continuations: the larger, the more is left to shorter contexts.
    pub fn apply(&self, history: &[TokenId], backoff: f32, probs: &mut [f32]) {
        let mut found = Vec::with_capacity(LONGEST);
        let mut rest = 1.0;
        for n in (1..=LONGEST.min(history.len())).rev() {
            let Some(followers) = self.contexts[n - 1].get(&key(&history[history.len() - n..])) else { continue };
            let held_back = backoff * (followers.next.len() as f32).sqrt();
            let share = rest / (followers.total + held_back);
            found.push((followers, share));
            rest = share * held_back;
        }
        if found.is_empty() {
            return;
        }
        for p in probs.iter_mut() {
            *p *= rest;
        }
        for (followers, share) in found {
            for &(token, count) in &followers.next {
                if let Some(p) = probs.get_mut(token as usize) {
                    *p += share * count;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn longer_contexts_win() {
        let mut ngram = Ngram::default();
        ngram.learn(&[1, 2, 3], 1.0);
        ngram.learn(&[4, 2, 5], 3.0);
        let mut probs = vec![1.0 / 6.0; 6];
        ngram.apply(&[1, 2], 0.5, &mut probs);
        assert!(probs[3] > probs[5], "{probs:?}");
        let mut probs = vec![1.0 / 6.0; 6];
        ngram.apply(&[0, 2], 0.5, &mut probs);
        assert!(probs[5] > probs[3], "{probs:?}");
    }

    proptest! {
        #[test]
        fn stays_a_distribution(
            texts in proptest::collection::vec(proptest::collection::vec(0u32..20, 2..30), 1..6),
            history in proptest::collection::vec(0u32..20, 0..8),
            backoff in 0.1f32..3.0,
        ) {
            let mut ngram = Ngram::default();
            for text in &texts {
                ngram.learn(text, 1.0);
            }
            let mut probs = vec![1.0 / 20.0; 20];
            ngram.apply(&history, backoff, &mut probs);
            prop_assert!((probs.iter().sum::<f32>() - 1.0).abs() < 1e-3);
            prop_assert!(probs.iter().all(|&p| p > 0.0));
        }
    }
}
