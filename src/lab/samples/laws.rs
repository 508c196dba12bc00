//! Laws of the sampling lab, whatever comes in.

use super::tests::wish;
use super::*;
use crate::lab::sampling::{Param, Setting};
use crate::wire::{Dialect, TokenLogprob};
use proptest::prelude::*;

proptest! {
    /// Every answer is in exactly one group, and the shares are one.
    #[test]
    fn groups_divide_the_answers(texts in prop::collection::vec("[ab \n]{0,4}", 1..40), spaced: bool) {
        let equal = if spaced { Equal::Spaced } else { Equal::Exact };
        let found = groups(texts.iter().map(String::as_str), equal);
        let mut members: Vec<usize> = found.iter().flat_map(|group| group.members.clone()).collect();
        members.sort_unstable();
        prop_assert_eq!(members, (0..texts.len()).collect::<Vec<_>>());
        prop_assert!((found.iter().map(|group| group.share).sum::<f64>() - 1.0).abs() < 1e-9);
        prop_assert!(found.windows(2).all(|two| two[0].members.len() >= two[1].members.len()));
        for group in &found {
            prop_assert_eq!(&group.text, &texts[group.members[0]]);
            prop_assert!(group.forms == 1 || spaced);
        }
    }

    /// What is in both and gone is the first text, what is in both and came is the second.
    #[test]
    fn both_texts_are_in_the_difference(before in "[a-c é.\n]{0,60}", after in "[a-c é.\n]{0,60}") {
        let parts = diff(&before, &after);
        let side = |first: bool| parts.iter().filter_map(|part| match part {
            Part::Same(text) => Some(text.as_str()),
            Part::Gone(text) => first.then_some(text.as_str()),
            Part::Come(text) => (!first).then_some(text.as_str()),
        }).collect::<String>();
        prop_assert_eq!(side(true), before);
        prop_assert_eq!(side(false), after);
    }

    /// The bound never exceeds the entropy of the whole distribution, and grows as more of it is seen.
    #[test]
    fn less_seen_is_less_entropy(weights in prop::collection::vec(0.001f64..1.0, 2..12), seen in 1usize..12) {
        let sum: f64 = weights.iter().sum();
        let mut all: Vec<f64> = weights.iter().map(|w| w / sum).collect();
        all.sort_by(|a, b| b.total_cmp(a));
        let names: Vec<String> = (0..all.len()).map(|at| at.to_string()).collect();
        let top = |k: usize| all.iter().zip(&names).take(k).map(|(p, name)| (name.clone(), p.ln())).collect::<Vec<_>>();
        let of = |k: usize| entropy(&Token { text: "0".into(), logprob: Some(all[0].ln()), top: top(k) }).unwrap().bits_at_least;
        let whole: f64 = all.iter().map(|p| -p * p.log2()).sum();
        let k = seen.min(all.len());
        prop_assert!(of(k) <= whole + 1e-9);
        prop_assert!(of(k) >= of(1) - 1e-9);
    }

    /// Whatever numbers come, nothing panics and no figure is out of its range.
    #[test]
    fn hostile_numbers_are_harmless(own in any::<f64>(), others in prop::collection::vec(any::<f64>(), 0..6)) {
        let top = others.iter().enumerate().map(|(at, p)| (at.to_string(), *p)).collect();
        let sent = TokenLogprob { token: "0".into(), logprob: own, top };
        let token = &tokens(&[sent])[0];
        let _ = heat(token);
        if let Some(found) = entropy(token) {
            prop_assert!(found.bits_at_least.is_finite() && (0.0..=1.0).contains(&found.seen));
        }
        for dialect in Dialect::ALL {
            if let Some(Rank::Exactly(rank) | Rank::AtLeast(rank)) = rank(token, dialect) {
                prop_assert!(rank >= 1 && rank <= others.len() + 1);
            }
        }
        let one = Answer { tokens: vec![token.clone()], ..Answer::default() };
        let _ = (one.mean_logprob(), score(&one, own), branch(&one, 0, "x", Dialect::Vllm));
    }

    /// A plan asks for every answer of the grid exactly once.
    #[test]
    fn every_answer_is_asked_for_once(n in 1i64..9, cold: bool, dialect in prop::sample::select(Dialect::ALL.to_vec())) {
        let axes = if cold { ["temperature=0,1"] } else { ["temperature=0.5"] };
        let plan = plan(&wish(&[(Param::N, Setting::Whole(n))], &axes), dialect).unwrap();
        let mut places: Vec<_> = plan.jobs.iter().flat_map(|job| (0..job.count).map(|at| (job.setting, job.first + at))).collect();
        let want: Vec<_> = (0..plan.settings.len()).flat_map(|setting| (0..n as usize).map(move |at| (setting, at))).collect();
        places.sort_unstable();
        prop_assert_eq!(places, want);
        for job in &plan.jobs {
            let apart: Vec<_> = job.apart(0).iter().map(|one| one.first).collect();
            prop_assert_eq!(apart, (job.first..job.first + job.count).collect::<Vec<_>>());
        }
    }
}
