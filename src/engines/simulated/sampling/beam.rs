//! Beam search: the likeliest continuations are followed side by side, finished ones are kept, and the best by
//! cumulative log probability over `length ^ penalty` win.

/// One continuation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Beam {
    /// Its tokens, without the end.
    pub tokens: Vec<u32>,
    /// Sum of the logarithms of their probabilities, with that of the end where it came.
    pub logprob: f32,
    /// Whether it ended by itself.
    pub ended: bool,
}

impl Beam {
    fn score(&self, penalty: f32) -> f32 {
        let length = self.tokens.len() + usize::from(self.ended);
        self.logprob / (length.max(1) as f32).powf(penalty)
    }
}

/// Searches with `width` beams over at most `steps` tokens. `next` writes the distribution after the given tokens.
/// `keep_going` is asked before every step. With `ignore_end` no beam ends by itself.
pub fn search(
    width: usize,
    steps: usize,
    penalty: f32,
    end: u32,
    ignore_end: bool,
    mut next: impl FnMut(&[u32], &mut Vec<f32>),
    mut keep_going: impl FnMut() -> bool,
) -> Vec<Beam> {
    let mut open = vec![Beam::default()];
    let mut done: Vec<Beam> = Vec::new();
    let mut probs = Vec::new();
    for _ in 0..steps {
        if open.is_empty() || !keep_going() {
            break;
        }
        let mut grown: Vec<Beam> = Vec::new();
        for beam in &open {
            next(&beam.tokens, &mut probs);
            for (token, p) in likeliest(&probs, 2 * width) {
                let logprob = beam.logprob + p.ln();
                if token == end && !ignore_end {
                    done.push(Beam { logprob, ended: true, tokens: beam.tokens.clone() });
                } else if token != end {
                    let mut tokens = beam.tokens.clone();
                    tokens.push(token);
                    grown.push(Beam { tokens, logprob, ended: false });
                }
            }
        }
        grown.sort_by(|a, b| b.logprob.total_cmp(&a.logprob));
        grown.truncate(width);
        open = grown;
    }
    done.append(&mut open);
    done.sort_by(|a, b| b.score(penalty).total_cmp(&a.score(penalty)));
    done.truncate(width);
    done
}

fn likeliest(probs: &[f32], most: usize) -> Vec<(u32, f32)> {
    let mut all: Vec<(u32, f32)> =
        probs.iter().enumerate().filter(|(_, p)| **p > 0.0).map(|(i, &p)| (i as u32, p)).collect();
    super::filters::top_k(&mut all, most);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After nothing: 1 (0.6) or 2 (0.4); after 1 all of 3, 4, 5 alike; after 2 surely 3; then the end (0).
    fn next(tokens: &[u32], probs: &mut Vec<f32>) {
        *probs = match tokens {
            [] => vec![0.0, 0.6, 0.4, 0.0, 0.0, 0.0],
            [1] => vec![0.1, 0.0, 0.0, 0.3, 0.3, 0.3],
            [2] => vec![0.0, 0.0, 0.0, 1.0, 0.0, 0.0],
            _ => vec![1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        };
    }

    #[test]
    fn finds_what_greedy_misses() {
        let found = search(2, 5, 1.0, 0, false, next, || true);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].tokens, [2, 3], "0.4 x 1.0 beats 0.6 x 0.3");
        assert!(found[0].ended);
    }

    #[test]
    fn length_penalty_acts() {
        let first = |penalty| search(3, 5, penalty, 0, false, next, || true)[0].tokens.len();
        assert_eq!(first(1.0), 2);
        let shortest = search(6, 5, -4.0, 0, false, next, || true);
        assert_eq!(shortest[0].tokens, [1], "a negative penalty favours the short one");
    }

    #[test]
    fn stops_when_told() {
        assert!(search(2, 5, 1.0, 0, true, next, || false)[0].tokens.is_empty());
    }
}
