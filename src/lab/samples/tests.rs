//! Tables and laws of the sampling lab.

use super::*;
use crate::lab::sampling::{Param, Setting, Settings};
use crate::wire::Dialect;
use serde_json::{Value, json};

fn settings(all: &[(Param, Setting)]) -> Settings {
    Settings(all.iter().cloned().collect())
}

fn token(text: &str, logprob: f64, top: &[(&str, f64)]) -> Token {
    let top = top.iter().map(|(text, p)| ((*text).to_owned(), *p)).collect();
    Token { text: text.to_owned(), logprob: Some(logprob), top }
}

fn answer(index: usize, tokens: &[(&str, f64)]) -> Answer {
    Answer {
        place: Place { setting: 0, index },
        text: tokens.iter().map(|(text, _)| *text).collect(),
        tokens: tokens.iter().map(|(text, p)| token(text, *p, &[(text, *p)])).collect(),
        outcome: Outcome::Whole(Some("stop".into())),
        prompt_tokens: Some(10),
        ..Answer::default()
    }
}

pub(super) fn wish(base: &[(Param, Setting)], axes: &[&str]) -> Wish {
    let axes = axes.iter().map(|text| axis(text).unwrap()).collect();
    let grid = Grid { base: settings(base), axes };
    Wish { prompt: "hi".into(), system: None, grid, drawn_seed: 100, stream: true }
}

fn sent<'a>(job: &'a Job, name: &str) -> Option<&'a Value> {
    job.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
}

#[test]
fn axes_are_read() {
    let grid = axis("temperature=0,0.7,unset,0.70").unwrap();
    assert_eq!(grid.values, [Some(Setting::Real(0.0)), Some(Setting::Real(0.7)), None]);
    assert_eq!(grid.text(), "temperature=0,0.7,unset");
    assert_eq!(axis(&grid.text()).unwrap(), grid);
    assert_eq!(axis("top-k=1,5").unwrap().values, [Some(Setting::Whole(1)), Some(Setting::Whole(5))]);
    // What one engine refuses another may take: it is seen when the request is planned.
    assert_eq!(axis("seed=-5").unwrap().values, [Some(Setting::Whole(-5))]);
    for wrong in ["", "temperature", "heat=1", "n=1,2", "stop=a,b", "logprobs=1", "best_of=2", "temperature=warm"] {
        assert_eq!(axis(wrong).unwrap_err().exit_code(), 2, "{wrong}");
    }
}

#[test]
fn a_grid_is_every_combination() {
    let base = settings(&[(Param::MaxTokens, Setting::Whole(5))]);
    let axes = vec![axis("temperature=0,1").unwrap(), axis("top_p=0.5,unset").unwrap()];
    let grid = Grid { base, axes };
    let all = grid.settings().unwrap();
    let labels: Vec<String> = all.iter().map(|one| grid.label(one)).collect();
    assert_eq!(
        labels,
        [
            "temperature 0.00 · top_p 0.50",
            "temperature 0.00 · top_p unset",
            "temperature 1.00 · top_p 0.50",
            "temperature 1.00 · top_p unset"
        ]
    );
    assert!(all.iter().all(|one| one.whole(Param::MaxTokens) == Some(5)));
    assert_eq!(Grid::default().settings().unwrap().len(), 1);
    let many = "top_k=1,2,3,4,5,6,7,8,9";
    let too_many = Grid {
        base: Settings::default(),
        axes: vec![axis(many).unwrap(), axis("min_p=0,0.1,0.2,0.3,0.4,0.5,0.6,0.7").unwrap()],
    };
    assert!(too_many.settings().is_err());
    let twice = Grid { base: Settings::default(), axes: vec![axis("top_k=1").unwrap(), axis("top_k=2").unwrap()] };
    assert!(twice.settings().unwrap_err().why.contains("twice"));
}

/// Dialect, settings → requests, answers of each, the word for it.
#[test]
fn several_answers_are_asked_for_as_the_engine_takes_them() {
    let (n, temperature) = (|n| (Param::N, Setting::Whole(n)), |t| (Param::Temperature, Setting::Real(t)));
    for (dialect, base, jobs, count, words) in [
        (Dialect::Vllm, vec![n(8), temperature(1.0)], 1, 8, "n in one request"),
        (Dialect::Vllm, vec![n(8)], 1, 8, "n in one request"),
        (Dialect::Vllm, vec![n(8), temperature(0.0)], 8, 1, "separate requests"),
        (Dialect::LlamaCpp, vec![n(8), temperature(0.0)], 1, 8, "n in one request"),
        (Dialect::Ollama, vec![n(3), temperature(1.0)], 3, 1, "separate requests"),
        (Dialect::OpenAi, vec![n(64)], 1, 64, "n in one request"),
        (Dialect::Vllm, vec![n(1)], 1, 1, "separate requests"),
        (Dialect::Ollama, vec![(Param::BestOf, Setting::Whole(4))], 4, 1, "separate requests"),
    ] {
        let plan = plan(&wish(&base, &[]), dialect).unwrap();
        assert_eq!((plan.jobs.len(), plan.jobs[0].count), (jobs, count), "{dialect:?} {base:?}");
        assert_eq!(plan.settings[0].asked.words(), words, "{dialect:?} {base:?}");
        let asks_n = plan.jobs.iter().all(|job| sent(job, "n").is_some() == (count > 1));
        assert!(asks_n, "{dialect:?} {base:?}");
    }
}

#[test]
fn a_grid_asks_each_place_its_own_way() {
    let plan = plan(&wish(&[(Param::N, Setting::Whole(3))], &["temperature=0,1"]), Dialect::Vllm).unwrap();
    let places: Vec<_> = plan.jobs.iter().map(|job| (job.setting, job.first, job.count)).collect();
    assert_eq!(places, [(0, 0, 1), (0, 1, 1), (0, 2, 1), (1, 0, 3)]);
    let seeds: Vec<_> = plan.jobs.iter().map(|job| job.seed).collect();
    assert_eq!(seeds, [Some(100), Some(101), Some(102), None], "separate ones get seeds of their own");
    assert_eq!(plan.total(), 6);
}

#[test]
fn seeds_count_on_from_the_one_given() {
    let base = [(Param::N, Setting::Whole(3)), (Param::Seed, Setting::Whole(7))];
    let together = plan(&wish(&base, &[]), Dialect::LlamaCpp).unwrap();
    assert_eq!(sent(&together.jobs[0], "seed"), Some(&json!(7)));
    assert_eq!(together.seed(&together.jobs[0], 2), Some(9));
    let apart = together.jobs[0].apart(1);
    let seeds: Vec<_> =
        apart.iter().map(|job| (job.first, job.count, sent(job, "seed").cloned(), sent(job, "n"))).collect();
    assert_eq!(seeds, [(1, 1, Some(json!(8)), None), (2, 1, Some(json!(9)), None)]);
    let unknown = plan(&wish(&base, &[]), Dialect::OpenAi).unwrap();
    assert_eq!((unknown.seed(&unknown.jobs[0], 0), unknown.seed(&unknown.jobs[0], 1)), (Some(7), None));
    let most = [(Param::N, Setting::Whole(3)), (Param::Seed, Setting::Whole(i64::MAX))];
    assert_eq!(plan(&wish(&most, &[]), Dialect::Vllm).unwrap().jobs[0].apart(0)[2].seed, Some(i64::MAX));
}

#[test]
fn what_cannot_be_asked_is_said() {
    let (n, beam) = ((Param::N, Setting::Whole(3)), (Param::UseBeamSearch, Setting::Switch(true)));
    for (base, axes, dialect, why) in [
        (vec![(Param::N, Setting::Whole(65))], vec![], Dialect::Vllm, "64 at most"),
        (vec![(Param::N, Setting::Whole(0))], vec![], Dialect::Vllm, "1 or more"),
        (vec![(Param::N, Setting::Whole(-3))], vec![], Dialect::Vllm, "1 or more"),
        (
            vec![(Param::N, Setting::Whole(64))],
            vec!["top_k=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"],
            Dialect::Vllm,
            "1024 at most",
        ),
        (vec![n.clone(), beam.clone()], vec![], Dialect::LlamaCpp, "no beam search"),
        (vec![n.clone(), beam.clone()], vec![], Dialect::Ollama, "no beam search"),
        (vec![beam.clone()], vec![], Dialect::Vllm, "one wide"),
        (vec![n, beam, (Param::BestOf, Setting::Whole(2))], vec![], Dialect::Vllm, "best_of"),
        (vec![], vec!["temperature=0,3"], Dialect::Vllm, "0.00 to 2.00"),
    ] {
        let problem = plan(&wish(&base, &axes), dialect).unwrap_err();
        assert!(problem.why.contains(why) && problem.exit_code() == 2, "{problem}");
    }
    assert!(plan(&Wish::default(), Dialect::Vllm).is_err(), "an empty prompt");
}

#[test]
fn requests_have_the_fields_of_the_engine() {
    let beam = [
        (Param::N, Setting::Whole(3)),
        (Param::UseBeamSearch, Setting::Switch(true)),
        (Param::LengthPenalty, Setting::Real(0.5)),
    ];
    let planned = plan(&wish(&beam, &[]), Dialect::Vllm).unwrap();
    let job = &planned.jobs[0];
    let fields: Value = job.fields.iter().cloned().collect::<serde_json::Map<_, _>>().into();
    let want = json!({"n": 3, "logprobs": true, "top_logprobs": 1, "use_beam_search": true, "length_penalty": 0.5});
    assert_eq!(fields, want);
    assert!(!job.stream, "a beam is not streamed");
    assert_eq!((planned.notes.clone(), planned.beam(0)), (Vec::<String>::new(), true));
    let best = plan(&wish(&[(Param::BestOf, Setting::Whole(4))], &[]), Dialect::Vllm).unwrap();
    let fields: Value = best.jobs[0].fields.iter().cloned().collect::<serde_json::Map<_, _>>().into();
    assert_eq!(fields, json!({"n": 4, "logprobs": true, "top_logprobs": 1}));
    assert!(best.emulated.unwrap().how.contains("dropped best_of"));
    let system = Wish { system: Some("be brief".into()), ..wish(&[], &[]) };
    let messages = plan(&system, Dialect::Vllm).unwrap().messages;
    assert_eq!(messages, [json!({"role": "system", "content": "be brief"}), json!({"role": "user", "content": "hi"})]);
    let lacking = plan(&wish(&[(Param::TypicalP, Setting::Real(0.5))], &["temperature=0,1"]), Dialect::Vllm).unwrap();
    assert_eq!(lacking.notes, ["typical_p is not sent: vLLM has no typical_p"]);
}

#[test]
fn refusals_of_n_are_known() {
    use crate::base::Problem;
    for (why, of_n) in [
        ("Field 'n': Value must be between 1 <= value <= 4, but got 8 (HTTP 400)", true),
        ("n must be 1 when using greedy sampling, got 3. (HTTP 400)", true),
        ("temperature must be in [0, 2] (HTTP 400)", false),
        ("n must be 1 (HTTP 500)", false),
        ("nothing listens there", false),
    ] {
        assert_eq!(refused_n(&Problem::failed("refused", why, "")), of_n, "{why}");
    }
    assert!(fewer(1, 8).starts_with("of 8 answers"));
}

#[test]
fn equal_answers_are_together() {
    let texts = ["Paris.", "Rome.", " Paris.\n", "Paris.", "Rome.", "Paris ."];
    let spaced = groups(texts, Equal::Spaced);
    let sizes: Vec<_> = spaced.iter().map(|group| (group.text.as_str(), group.members.clone(), group.forms)).collect();
    assert_eq!(sizes, [("Paris.", vec![0, 2, 3], 2), ("Rome.", vec![1, 4], 1), ("Paris .", vec![5], 1)]);
    assert_eq!(spaced[0].share, 0.5);
    let exact: Vec<_> = groups(texts, Equal::Exact).into_iter().map(|group| group.members).collect();
    assert_eq!(exact, [vec![0, 3], vec![1, 4], vec![2], vec![5]]);
    assert_eq!(groups([], Equal::Exact), []);
    assert_eq!(groups(["", " \n"], Equal::Spaced).len(), 1);
}

#[test]
fn two_answers_differ_by_words() {
    let parts = diff("I cannot look up the weather in Paris.", "I cannot look up the time in Rome.");
    use Part::{Come, Gone, Same};
    let same = |text: &str| Same(text.into());
    assert_eq!(
        parts,
        [
            same("I cannot look up the "),
            Gone("weather".into()),
            Come("time".into()),
            same(" in "),
            Gone("Paris".into()),
            Come("Rome".into()),
            same(".")
        ]
    );
    assert_eq!(diff("", ""), []);
    assert_eq!(diff("a", "a"), [same("a")]);
}

#[test]
fn ranks_are_told_as_far_as_they_are_seen() {
    let ln = f64::ln;
    for (chosen, top, dialect, want) in [
        // vLLM: the last of its list may be far behind…
        ((" B", -5.6), vec![("4", -0.35), (" B", -5.6)], Dialect::Vllm, Rank::AtLeast(2)),
        // …unless nothing unseen can be before it.
        ((" can", ln(0.2)), vec![("s", ln(0.7)), (" can", ln(0.2))], Dialect::Vllm, Rank::Exactly(2)),
        (("s", -0.4), vec![("s", -0.4), (" can", -1.4)], Dialect::Vllm, Rank::Exactly(1)),
        (("b", ln(0.1)), vec![("a", ln(0.3)), ("b", ln(0.1)), ("c", ln(0.05))], Dialect::Vllm, Rank::Exactly(2)),
        // llama-server: what is listed is the best.
        ((" B", -5.6), vec![("4", -0.35), (" B", -5.6)], Dialect::LlamaCpp, Rank::Exactly(2)),
        (("<think>", -4.5), vec![("s", -0.43)], Dialect::LlamaCpp, Rank::AtLeast(2)),
        (("s", -0.43), vec![("s", -0.43)], Dialect::LlamaCpp, Rank::Exactly(1)),
    ] {
        assert_eq!(rank(&token(chosen.0, chosen.1, &top), dialect), Some(want), "{chosen:?} {top:?} {dialect:?}");
    }
    assert_eq!(rank(&token("a", -1.0, &[]), Dialect::Vllm), None);
    assert_eq!(rank(&Token { logprob: None, ..token("a", 0.0, &[("b", -1.0)]) }, Dialect::Vllm), None);
}

#[test]
fn entropy_is_a_lower_bound_of_what_is_seen() {
    let half = 0.5f64.ln();
    let even = entropy(&token("a", half, &[("a", half), ("b", half)])).unwrap();
    assert!((even.bits_at_least - 1.0).abs() < 1e-9 && even.of == 2, "{even:?}");
    let sure = entropy(&token("a", 0.0, &[("a", 0.0), ("b", f64::NEG_INFINITY)])).unwrap();
    assert_eq!((sure.bits_at_least, sure.seen), (0.0, 1.0));
    // The chosen one counts where it is not listed, and the rest as one token.
    let quarter = 0.25f64.ln();
    let part = entropy(&token("c", quarter, &[("a", half)])).unwrap();
    assert!((part.bits_at_least - 1.5).abs() < 1e-9 && part.of == 2 && (part.seen - 0.75).abs() < 1e-9, "{part:?}");
    assert_eq!(entropy(&token("a", -1.0, &[])), None);
}

#[test]
fn heat_goes_by_probability() {
    for (p, want) in [
        (1.0, Heat::Sure),
        (0.9, Heat::Sure),
        (0.6, Heat::Likely),
        (0.3, Heat::Open),
        (0.1, Heat::Unlikely),
        (0.01, Heat::Rare),
    ] {
        assert_eq!(heat(&token("a", f64::ln(p) + 1e-12, &[])), Some(want), "{p}");
    }
    assert_eq!(heat(&token("a", f64::NAN, &[])), Some(Heat::Rare));
    assert_eq!(heat(&Token::default()), None);
}

#[test]
fn figures_are_unknown_where_they_are() {
    let whole = answer(0, &[("a", -0.5), ("b", -1.5)]);
    assert_eq!(
        (whole.logprob_sum().unwrap(), whole.mean_logprob().unwrap(), whole.token_count().unwrap()),
        (-2.0, -1.0, 2)
    );
    let none = Answer::default();
    assert!(none.logprob_sum().is_err() && none.token_count().is_err());
    assert_eq!(Answer { counted: Some(5), ..Answer::default() }.token_count(), Ok(5));
    let mut typed = whole;
    typed.tokens[1].logprob = None;
    assert!(typed.mean_logprob().unwrap_err().why.contains("a token has no"));
}

#[test]
fn the_best_has_the_best_mean() {
    let all = [
        answer(0, &[("a", -1.0)]),
        answer(1, &[("b", -0.1), ("c", -0.3)]),
        answer(2, &[("d", -0.2)]),
        Answer::default(),
    ];
    let all: Vec<&Answer> = all.iter().collect();
    assert_eq!(ranked(&all), [1, 2, 0], "an equal one that came earlier stays before, one without a mean is left out");
}

#[test]
fn beams_are_scored_as_vllm_does() {
    let beam = answer(0, &[("a", -1.0), ("b", -2.0)]);
    let found = score(&beam, 1.0).unwrap();
    assert_eq!((found.length, found.score, found.without_end), (12, -0.25, true));
    assert_eq!(score(&beam, 0.0).unwrap().score, -3.0);
    assert!(score(&beam, 1e9).is_ok_and(|found| found.score == 0.0) && score(&beam, -1e9).is_err());
    assert!(score(&Answer { prompt_tokens: None, ..beam }, 1.0).is_err());
}

#[test]
fn absent_log_probabilities_have_a_reason() {
    let with = |n| settings(&[(Param::Logprobs, Setting::Whole(n))]);
    assert!(absent(&Settings::default(), Dialect::Vllm).contains("not asked"));
    assert!(absent(&with(0), Dialect::LlamaCpp).contains("set logprobs to 1"));
    assert!(absent(&with(2), Dialect::Vllm).contains("gave none"));
}

#[test]
fn an_answer_is_kept_up_to_a_token() {
    let mut whole = answer(3, &[("I", -0.1), (" can", -0.2), (" help", -0.3)]);
    whole.tokens[1].top = vec![(" can".into(), -0.2), (" cannot".into(), -2.0)];
    let found = branch(&whole, 1, " cannot", Dialect::Vllm).unwrap();
    assert_eq!((found.prefix.as_str(), found.kept.len(), found.kept[1].logprob), ("I cannot", 2, Some(-2.0)));
    assert_eq!(found.parent, Parent { place: Place { setting: 0, index: 3 }, token: 1, text: " cannot".into() });
    let typed = branch(&whole, 2, " dance", Dialect::LlamaCpp).unwrap();
    assert_eq!((typed.prefix.as_str(), typed.kept[2].logprob), ("I can dance", None));
    assert_eq!(branch(&whole, 0, "I", Dialect::Vllm).unwrap().kept[0], whole.tokens[0], "the same token again");
    for (at, text, dialect, why) in [
        (3, "x", Dialect::Vllm, "it has 3 tokens, from 0 to 2"),
        (0, "", Dialect::Vllm, "no text"),
        (0, "x", Dialect::Ollama, "does not tell the prompt"),
        (0, "x", Dialect::OpenAi, "not known"),
    ] {
        assert!(branch(&whole, at, text, dialect).unwrap_err().why.contains(why), "{why}");
    }
    assert!(branch(&Answer::default(), 0, "x", Dialect::Vllm).unwrap_err().why.contains("no log probabilities"));
}

#[test]
fn characters_in_pieces_are_kept_whole() {
    let mut whole =
        answer(0, &[("x", -0.1), ("\u{fffd}", -0.2), ("\u{fffd}", -0.3), ("!", -0.1), ("<|im_end|>", -0.1)]);
    whole.text = "xé!".into();
    assert_eq!(branch(&whole, 3, "?", Dialect::Vllm).unwrap().prefix, "xé?");
    assert_eq!(branch(&whole, 1, "y", Dialect::Vllm).unwrap().prefix, "xy");
    assert!(branch(&whole, 2, "y", Dialect::Vllm).unwrap_err().why.contains("inside of a character"));
}

#[test]
fn fields_of_a_completion_are_made_of_those_of_a_chat() {
    let fields: Vec<(String, Value)> = [
        ("temperature", json!(0.5)),
        ("logprobs", json!(true)),
        ("top_logprobs", json!(3)),
        ("n", json!(4)),
        ("seed", json!(1)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec();
    let made = |dialect| Value::from(raw_fields(&fields, dialect, 99).into_iter().collect::<serde_json::Map<_, _>>());
    assert_eq!(made(Dialect::LlamaCpp), json!({"temperature": 0.5, "seed": 1, "logprobs": 3, "max_tokens": 99}));
    assert_eq!(
        made(Dialect::Vllm),
        json!({"temperature": 0.5, "seed": 1, "logprobs": 3, "max_tokens": 99, "add_special_tokens": false})
    );
    let bounded = raw_fields(&[("max_tokens".into(), json!(7))], Dialect::LlamaCpp, 99);
    assert_eq!(bounded, [("max_tokens".to_owned(), json!(7))]);
}

#[test]
fn branches_stand_below_what_they_came_from() {
    let child = |index: usize, of: usize| Answer {
        parent: Some(Parent { place: Place { setting: 0, index: of }, token: 0, text: "x".into() }),
        ..answer(index, &[("x", -1.0)])
    };
    let all = [answer(0, &[]), answer(1, &[]), child(2, 0), child(3, 2), child(4, 0), child(5, 9), child(6, 6)];
    let rows: Vec<_> = tree(&all).into_iter().map(|row| (row.depth, row.at)).collect();
    assert_eq!(rows, [(0, 0), (1, 2), (2, 3), (1, 4), (0, 1), (0, 5), (0, 6)]);
}
