//! The filters: each keeps the likeliest part of the candidates by its own measure.

/// A token with its probability. The probabilities of a list need not sum to one.
pub type Candidate = (u32, f32);

/// Scales the probabilities so that they sum to one.
pub fn normalise(candidates: &mut [Candidate]) {
    let sum: f32 = candidates.iter().map(|c| c.1).sum();
    if sum > 0.0 {
        for c in candidates {
            c.1 /= sum;
        }
    }
}

fn by_probability(a: &Candidate, b: &Candidate) -> std::cmp::Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}

/// Keeps the `k` likeliest.
pub fn top_k(candidates: &mut Vec<Candidate>, k: usize) {
    if k == 0 || k >= candidates.len() {
        return;
    }
    candidates.select_nth_unstable_by(k - 1, by_probability);
    candidates.truncate(k);
}

/// Keeps the smallest group of the likeliest whose probabilities reach `p` (at least one).
pub fn top_p(candidates: &mut Vec<Candidate>, p: f32) {
    if p >= 1.0 {
        return;
    }
    normalise(candidates);
    // Nearly all of the mass sits in few candidates; sorting only these saves most of the time.
    let head = candidates.iter().filter(|c| c.1 >= 1e-4);
    if head.clone().map(|c| c.1).sum::<f32>() >= p {
        *candidates = head.copied().collect();
    }
    candidates.sort_unstable_by(by_probability);
    keep_mass(candidates, p);
}

fn keep_mass(candidates: &mut Vec<Candidate>, p: f32) {
    let mut sum = 0.0;
    let kept = candidates.iter().take_while(|c| {
        let more = sum < p;
        sum += c.1;
        more
    });
    let kept = kept.count().max(1);
    candidates.truncate(kept);
}

/// Keeps those at least `share` times as likely as the likeliest.
pub fn min_p(candidates: &mut Vec<Candidate>, share: f32) {
    if share <= 0.0 {
        return;
    }
    let best = candidates.iter().map(|c| c.1).fold(0.0, f32::max);
    candidates.retain(|c| c.1 >= best * share);
}

/// Locally typical sampling: keeps those whose surprise is closest to the expected surprise, until their
/// probabilities reach `mass`.
pub fn typical_p(candidates: &mut Vec<Candidate>, mass: f32) {
    if mass >= 1.0 {
        return;
    }
    normalise(candidates);
    candidates.retain(|c| c.1 > 0.0);
    let entropy: f32 = candidates.iter().map(|c| -c.1 * c.1.ln()).sum();
    let distance = |c: &Candidate| (-c.1.ln() - entropy).abs();
    candidates.sort_unstable_by(|a, b| distance(a).total_cmp(&distance(b)).then(a.0.cmp(&b.0)));
    keep_mass(candidates, mass);
}

/// Raises probabilities to `1 / temperature`, which is dividing the logits by it.
pub fn temperature(candidates: &mut [Candidate], temperature: f32) {
    if (temperature - 1.0).abs() < 1e-6 {
        return;
    }
    let best = candidates.iter().map(|c| c.1).fold(f32::MIN_POSITIVE, f32::max);
    for c in candidates {
        c.1 = (c.1 / best).powf(1.0 / temperature);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn five() -> Vec<Candidate> {
        vec![(0, 0.05), (1, 0.5), (2, 0.3), (3, 0.1), (4, 0.05)]
    }

    fn ids(mut candidates: Vec<Candidate>) -> Vec<u32> {
        candidates.sort_by_key(|c| c.0);
        candidates.into_iter().map(|c| c.0).collect()
    }

    #[test]
    fn each_keeps_its_part() {
        type Filter = fn(&mut Vec<Candidate>, f32);
        let cases: [(&str, Filter, f32, &[u32]); 9] = [
            ("top_k 2", |c, v| top_k(c, v as usize), 2.0, &[1, 2]),
            ("top_k off", |c, v| top_k(c, v as usize), 0.0, &[0, 1, 2, 3, 4]),
            ("top_p 0.5", top_p, 0.5, &[1]),
            ("top_p 0.79", top_p, 0.79, &[1, 2]),
            ("top_p off", top_p, 1.0, &[0, 1, 2, 3, 4]),
            ("min_p 0.2", min_p, 0.2, &[1, 2, 3]),
            ("min_p off", min_p, 0.0, &[0, 1, 2, 3, 4]),
            ("typical 0.3", typical_p, 0.3, &[2]),
            ("typical off", typical_p, 1.0, &[0, 1, 2, 3, 4]),
        ];
        for (name, filter, value, kept) in cases {
            let mut candidates = five();
            filter(&mut candidates, value);
            assert_eq!(ids(candidates), kept, "{name}");
        }
    }

    #[test]
    fn temperature_sharpens_and_flattens() {
        let share = |t: f32| {
            let mut c = five();
            temperature(&mut c, t);
            normalise(&mut c);
            c[1].1
        };
        assert!(share(0.5) > 0.6 && (share(1.0) - 0.5).abs() < 1e-6 && share(2.0) < 0.4);
    }

    proptest! {
        #[test]
        fn top_p_is_the_smallest_group(weights in proptest::collection::vec(0.0001f32..1.0, 1..50), p in 0.01f32..0.99) {
            let mut all: Vec<Candidate> = weights.iter().enumerate().map(|(i, &w)| (i as u32, w)).collect();
            normalise(&mut all);
            let mut kept = all.clone();
            top_p(&mut kept, p);
            let sum: f32 = kept.iter().map(|c| c.1).sum();
            let least = kept.iter().map(|c| c.1).fold(f32::MAX, f32::min);
            prop_assert!(sum >= p - 1e-3);
            prop_assert!(sum - least < p + 1e-3);
        }
    }
}
