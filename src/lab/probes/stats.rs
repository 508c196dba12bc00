//! Exact tests: hypergeometric, binomial, and random matchings. No normal approximation: the groups are small.

/// How wrong one verdict may be: see the module's derivation.
pub const ALPHA: f64 = 3e-4;
/// Answers without the field that a group with it is held against.
pub const CONTROL: u32 = 16;
/// Answers with the field.
pub const TREATED: u32 = 5;
/// How often an honest answer may miss by chance: kernels whose sums come out in another order change a greedy answer now and then.
pub const NOISE: f64 = 0.05;
/// Pairs of equal seeds.
pub const PAIRS: usize = 6;

fn ln_factorial(n: u32) -> f64 {
    (2..=n).map(|k| f64::from(k).ln()).sum()
}

fn ln_choose(n: u32, k: u32) -> f64 {
    if k > n { f64::NEG_INFINITY } else { ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k) }
}

/// Fisher's exact test, one-sided: how probable it is that of all hits at least as many fall on the treated as did, where the
/// treated are drawn like the control (Fisher 1935). 1 where a group is empty.
pub fn fisher(treated: (u32, u32), control: (u32, u32)) -> f64 {
    let ((hits, n), (others, m)) = (treated, control);
    if n == 0 || m == 0 {
        return 1.0;
    }
    let (all, marked) = (n.saturating_add(m), hits.saturating_add(others));
    let one = |k: u32| (ln_choose(marked, k) + ln_choose(all - marked.min(all), n - k) - ln_choose(all, n)).exp();
    (hits..=n.min(marked)).map(one).sum::<f64>().min(1.0)
}

/// How probable at least `k` of `n` are, each of probability `p`.
pub fn binomial(k: u32, n: u32, p: f64) -> f64 {
    let term = |i: u32| (ln_choose(n, i) + f64::from(i) * p.ln() + f64::from(n - i) * (1.0 - p).ln()).exp();
    if k == 0 { 1.0 } else { (k..=n).map(term).sum::<f64>().min(1.0) }
}

/// How probable at least as many equal pairs are, where all texts are drawn alike and paired at random: counted over every
/// way to pair them. 1 for an odd number, or more than 14.
pub fn matching(texts: &[String]) -> f64 {
    if texts.is_empty() || texts.len() % 2 == 1 || texts.len() > 14 {
        return 1.0;
    }
    // Equal texts get equal numbers: there are thousands of ways to pair them.
    let number = |text: &String| texts.iter().position(|other| other == text).unwrap_or(0);
    let numbers: Vec<usize> = texts.iter().map(number).collect();
    let seen = numbers.chunks(2).filter(|pair| pair[0] == pair[1]).count();
    let (mut more, mut all) = (0_u64, 0_u64);
    pair_up(&numbers, &mut vec![false; texts.len()], 0, &mut |equal| {
        all += 1;
        more += u64::from(equal >= seen);
    });
    more as f64 / all as f64
}

fn pair_up(texts: &[usize], taken: &mut [bool], equal: usize, told: &mut impl FnMut(usize)) {
    let Some(first) = taken.iter().position(|taken| !taken) else { return told(equal) };
    taken[first] = true;
    for other in first + 1..texts.len() {
        if !taken[other] {
            taken[other] = true;
            pair_up(texts, taken, equal + usize::from(texts[first] == texts[other]), told);
            taken[other] = false;
        }
    }
    taken[first] = false;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9 * b.abs().max(1e-12)
    }

    #[test]
    fn tests_are_those_of_the_books() {
        // The lady who tastes tea, 4 of 4.
        assert!(near(fisher((4, 4), (0, 4)), 1.0 / 70.0));
        assert!(near(fisher((5, 5), (0, 16)), 1.0 / 20349.0));
        assert!(near(fisher((5, 5), (1, 16)), 6.0 / 20349.0));
        assert!(near(fisher((0, 5), (3, 16)), 1.0));
        assert!(near(fisher((1, 0), (0, 3)), 1.0));
        assert!(near(binomial(1, 2, 0.5), 0.75) && near(binomial(5, 5, 0.05), 0.05_f64.powi(5)));
        assert!(near(binomial(0, 5, 0.05), 1.0));
    }

    #[test]
    fn pairs_are_counted_over_every_matching() {
        let texts = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(near(matching(&texts("a a b b c c d d e e f f")), 1.0 / 10395.0));
        // Five of six: the rest can be paired in one way alone.
        assert!(near(matching(&texts("a a b b c c d d e e f g")), 1.0 / 10395.0));
        assert!(near(matching(&texts("a a a a")), 1.0));
        assert!(near(matching(&texts("a b a b")), 1.0));
        assert!(near(matching(&[]), 1.0) && near(matching(&texts("a a a")), 1.0));
    }

    #[test]
    fn the_design_holds_what_it_promises() {
        // A yes: five of five, and one of the control by chance.
        assert!(fisher((TREATED, TREATED), (1, CONTROL)) <= ALPHA);
        assert!(fisher((TREATED, TREATED), (2, CONTROL)) > ALPHA);
        // An "ignored": four of five against the noise.
        assert!(binomial(TREATED - 1, TREATED, NOISE) <= ALPHA);
        assert!(binomial(TREATED - 2, TREATED, NOISE) > ALPHA);
        assert!(binomial(PAIRS as u32 - 2, PAIRS as u32, NOISE) <= ALPHA);
    }
}
