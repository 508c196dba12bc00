//! Probes against engines that obey, ignore and refuse: how often a card is wrong, and over HTTP what it says.

mod served;
pub mod toy;

use std::collections::BTreeMap;
use toy::{Manners, Toy};
use vramdeck::lab::probes::{CAPABILITIES, Card, Entry, LONGEST, Session, Situation, Step, Verdict};
use vramdeck::wire::Dialect;

/// Every field that a probe tries.
const FIELDS: [&str; 27] = [
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "presence_penalty",
    "frequency_penalty",
    "repetition_penalty",
    "seed",
    "logit_bias",
    "use_beam_search",
    "n",
    "best_of",
    "logprobs",
    "stop",
    "max_tokens",
    "min_tokens",
    "ignore_eos",
    "response_format",
    "structured_outputs",
    "grammar",
    "json_schema",
    "format",
    "guided_json",
    "tool_choice",
    "parallel_tool_calls",
    "tool_stream",
    "images",
];

/// The card of a toy.
pub fn card(seed: u64, manners: Manners, statistical: bool) -> Card {
    let mut toy = Toy::new(seed, manners);
    let situation = Situation { dialect: Dialect::Vllm, context: Some(toy::CONTEXT), seed, longest: LONGEST };
    let mut session =
        Session::new(situation, CAPABILITIES.iter().filter(|one| !statistical || one.statistical).collect());
    let mut card = Card::default();
    loop {
        match session.step() {
            Step::Over => return card,
            Step::Ask(round) => {
                let answers = round.asks.iter().map(|ask| toy.answer(ask)).collect();
                session.heard(answers);
            }
            Step::Found(capability, finding, evidence) => card.capabilities.push(Entry {
                name: capability.name.into(),
                group: capability.group.name().into(),
                finding,
                at: 0.0,
                evidence,
            }),
        }
    }
}

fn verdicts(card: &Card) -> BTreeMap<&str, Verdict> {
    card.capabilities.iter().map(|entry| (entry.name.as_str(), entry.finding.verdict)).collect()
}

#[test]
fn an_engine_that_obeys_everything_gets_a_yes_for_it() {
    let card = card(7, Manners::default(), false);
    let lacking = |entry: &&Entry| entry.finding.verdict != Verdict::Yes && entry.name != "reasoning_split";
    let others: Vec<_> = card.capabilities.iter().filter(lacking).map(|entry| (&entry.name, &entry.finding)).collect();
    assert!(others.is_empty(), "{others:#?}");
    // Every verdict shows what it rests on, within bounds.
    for entry in &card.capabilities {
        assert!(!entry.evidence.is_empty() && !entry.finding.why.is_empty(), "{entry:?}");
        let kept = serde_json::to_string(&entry.evidence).unwrap();
        assert!(kept.len() < 12_000, "{}: {} bytes", entry.name, kept.len());
    }
    assert!(card.false_alarm_rate() <= 0.01 && card.false_alarm_rate() > 0.005);
}

#[test]
fn each_field_that_is_ignored_is_caught_and_no_other() {
    let cases: [(&str, &[&str]); 24] = [
        ("top_p", &["top_p"]),
        ("top_k", &["top_k"]),
        ("min_p", &["min_p"]),
        ("presence_penalty", &["presence_penalty"]),
        ("frequency_penalty", &["frequency_penalty"]),
        ("repetition_penalty", &["repetition_penalty"]),
        ("seed", &["seed"]),
        ("logit_bias", &["logit_bias"]),
        ("use_beam_search", &["use_beam_search"]),
        ("best_of", &["best_of"]),
        ("stop", &["stop"]),
        ("max_tokens", &["max_tokens"]),
        ("min_tokens", &["min_tokens"]),
        ("grammar", &["grammar"]),
        ("json_schema", &["json_schema_field"]),
        ("format", &["format"]),
        ("guided_json", &["guided_json"]),
        ("response_format", &["json_object", "json_schema"]),
        (
            "structured_outputs",
            &[
                "structured_outputs.choice",
                "structured_outputs.grammar",
                "structured_outputs.json",
                "structured_outputs.regex",
            ],
        ),
        ("tool_choice", &["tool_choice.named", "tool_choice.none", "tool_choice.required"]),
        ("parallel_tool_calls", &["parallel_tool_calls"]),
        ("images", &["images"]),
        ("temperature", &["temperature"]),
        ("ignore_eos", &["ignore_eos"]),
    ];
    for (field, caught) in cases {
        let manners = Manners { ignores: [field].into(), ..Manners::default() };
        let card = card(11, manners, false);
        let mut off: Vec<&str> =
            verdicts(&card).iter().filter(|(_, v)| **v == Verdict::Ignored).map(|(name, _)| *name).collect();
        off.sort_unstable();
        assert_eq!(off, caught, "{field}: {:#?}", card.says(caught[0]).map(|entry| &entry.finding));
        let wrong: Vec<_> = verdicts(&card).into_iter().filter(|(_, v)| *v == Verdict::No).collect();
        assert!(wrong.is_empty(), "{field}: {wrong:?}");
    }
    // What depends on a field that is lacking is not known then; it is never said to be ignored.
    let without_n = card(11, Manners { ignores: ["n"].into(), ..Manners::default() }, false);
    assert_eq!(verdicts(&without_n)["n"], Verdict::Ignored);
    assert_eq!(verdicts(&without_n)["logprobs"], Verdict::Yes);
    let whole = card(11, Manners { ignores: ["tool_stream"].into(), ..Manners::default() }, false);
    assert_eq!(verdicts(&whole)["tool_stream"], Verdict::No);
    let cut = card(11, Manners { cuts: true, ..Manners::default() }, false);
    assert_eq!(verdicts(&cut)["context"], Verdict::Yes, "what fits is not cut");
}

#[test]
fn a_refusal_is_a_no_in_the_engines_words() {
    for field in ["logit_bias", "structured_outputs", "guided_json", "ignore_eos", "parallel_tool_calls"] {
        let card = card(5, Manners { refuses: [field].into(), ..Manners::default() }, false);
        let no: Vec<_> = card.capabilities.iter().filter(|entry| entry.finding.verdict == Verdict::No).collect();
        assert!(!no.is_empty(), "{field}");
        for entry in no {
            assert!(entry.finding.why.contains(&format!("unknown field {field}")), "{entry:?}");
            assert!(entry.finding.alpha.is_none());
        }
    }
}

/// Cards with a verdict that is wrong, of so many, with the first few of these; the share of verdicts that are right.
fn tried(cards: u64, manners: impl Fn(u64) -> Manners + Sync, right: Verdict, wrong: &[Verdict]) -> (usize, f64) {
    let one = |seed: u64| {
        let card = card(seed * 3 + 1, manners(seed), true);
        let bad = card.capabilities.iter().find(|entry| wrong.contains(&entry.finding.verdict));
        let good = card.capabilities.iter().filter(|entry| entry.finding.verdict == right).count();
        let told =
            bad.map(|entry| format!("{seed} {}: {} {}", entry.name, entry.finding.verdict.name(), entry.finding.why));
        (told, good as f64 / card.capabilities.len() as f64)
    };
    let all: Vec<(Option<String>, f64)> = std::thread::scope(|scope| {
        let one = &one;
        let parts = [0, 1].map(|part| scope.spawn(move || (part..cards).step_by(2).map(one).collect::<Vec<_>>()));
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    let bad: Vec<&String> = all.iter().filter_map(|(told, _)| told.as_ref()).collect();
    bad.iter().take(40).for_each(|told| println!("{told}"));
    (bad.len(), all.iter().map(|(_, good)| good).sum::<f64>() / cards as f64)
}

/// 2,000 engines that obey, half of them as noisy as the design allows for: a verdict of no or ignored is a false alarm.
#[test]
fn fewer_than_one_card_in_a_hundred_gives_a_false_alarm() {
    let noise = |seed: u64| Manners { noise: if seed.is_multiple_of(2) { 0.0 } else { 0.05 }, ..Manners::default() };
    let (alarms, right) = tried(2_000, noise, Verdict::Yes, &[Verdict::No, Verdict::Ignored]);
    println!("{alarms} of 2000 cards give a false alarm; {:.1} % of verdicts are yes", right * 100.0);
    assert!(alarms <= 20, "{alarms} cards");
    assert!(right >= 0.85, "{right}");
}

/// 300 engines that ignore every field but what makes answers comparable: a yes is wrong, and nearly all are caught.
#[test]
fn engines_that_ignore_everything_are_caught() {
    let kept = ["temperature", "top_p", "max_tokens", "n"];
    let cheat = |_: u64| {
        let ignores = FIELDS.into_iter().filter(|field| !kept.contains(field) && *field != "logprobs").collect();
        Manners { ignores, ..Manners::default() }
    };
    let mut wrong = 0;
    let (mut caught, mut all) = (0, 0);
    for seed in 0..300 {
        let card = card(seed * 7 + 2, cheat(seed), true);
        let of = |entry: &&Entry| !kept.contains(&entry.name.as_str());
        wrong += u32::from(card.capabilities.iter().filter(of).any(|entry| entry.finding.verdict == Verdict::Yes));
        caught += card.capabilities.iter().filter(of).filter(|entry| entry.finding.verdict == Verdict::Ignored).count();
        all += card.capabilities.iter().filter(of).count();
    }
    let power = caught as f64 / all as f64;
    println!("{wrong} of 300 cards say yes wrongly; {:.1} % of ignored fields are caught", power * 100.0);
    assert!(wrong <= 3, "{wrong} cards");
    assert!(power >= 0.95, "{power}");
}
