use super::*;
use crate::wire::{Dialect, TokenLogprob};
use Dialect::{LlamaCpp, Ollama, OpenAi, Vllm};
use Setting::{Real, Switch, Whole};
use proptest::prelude::*;

fn settings(pairs: &[(Param, Setting)]) -> Settings {
    Settings(pairs.iter().cloned().collect())
}

fn strings(list: &[&str]) -> Setting {
    Setting::Strings(list.iter().map(|text| (*text).to_owned()).collect())
}

#[test]
fn unset_sends_nothing() {
    for dialect in Dialect::ALL {
        assert_eq!(to_fields(&Settings::default(), dialect), (vec![], vec![]));
    }
}

#[test]
fn fields_have_the_names_of_the_dialect() {
    let all = settings(&[
        (Param::Temperature, Real(0.5)),
        (Param::TopK, Whole(20)),
        (Param::TypicalP, Real(0.9)),
        (Param::RepetitionPenalty, Real(1.1)),
        (Param::Stop, strings(&["\n\n"])),
        (Param::Logprobs, Whole(3)),
    ]);
    let json = |dialect| {
        let (fields, notes) = to_fields(&all, dialect);
        let map: serde_json::Map<_, _> = fields.into_iter().collect();
        (serde_json::Value::Object(map).to_string(), notes.iter().map(|note| note.param).collect::<Vec<_>>())
    };
    let tail = r#""stop":["\n\n"],"logprobs":true,"top_logprobs":3}"#;
    for (dialect, head, missing) in [
        (Vllm, r#"{"temperature":0.5,"top_k":20,"repetition_penalty":1.1,"#, vec![Param::TypicalP]),
        (LlamaCpp, r#"{"temperature":0.5,"top_k":20,"typical_p":0.9,"repeat_penalty":1.1,"#, vec![]),
        (Ollama, r#"{"temperature":0.5,"#, vec![Param::TopK, Param::TypicalP, Param::RepetitionPenalty]),
        (OpenAi, r#"{"temperature":0.5,"#, vec![Param::TopK, Param::TypicalP, Param::RepetitionPenalty]),
    ] {
        assert_eq!(json(dialect), (format!("{head}{tail}"), missing), "{dialect:?}");
    }
}

#[test]
fn combinations_are_noted_before_sending() {
    type Case<'a> = (Dialect, &'a [(Param, Setting)], Option<&'a str>);
    let cases: [Case; 9] = [
        (Vllm, &[(Param::N, Whole(2)), (Param::Temperature, Real(0.0))], Some("vLLM refuses")),
        (LlamaCpp, &[(Param::N, Whole(2)), (Param::Temperature, Real(0.0))], Some("all answers are the same")),
        (Vllm, &[(Param::N, Whole(2)), (Param::Temperature, Real(0.1))], None),
        (Vllm, &[(Param::BestOf, Whole(4)), (Param::Temperature, Real(0.0))], Some("vLLM refuses")),
        (Vllm, &[(Param::UseBeamSearch, Switch(true))], Some("set n")),
        (
            Vllm,
            &[(Param::UseBeamSearch, Switch(true)), (Param::N, Whole(2)), (Param::TopP, Real(0.5))],
            Some("does not use top_p"),
        ),
        (Vllm, &[(Param::MinTokens, Whole(9)), (Param::MaxTokens, Whole(8))], Some("more than max_tokens 8")),
        (Vllm, &[(Param::LengthPenalty, Real(2.0))], Some("beam search only")),
        (Ollama, &[(Param::N, Whole(2))], Some("n is not sent")),
    ];
    for (dialect, pairs, says) in cases {
        let notes = to_fields(&settings(pairs), dialect).1;
        let found = notes.iter().any(|note| says.is_some_and(|text| note.text.contains(text)));
        assert_eq!(found, says.is_some(), "{dialect:?} {pairs:?}: {notes:?}");
        assert!(says.is_some() || notes.is_empty(), "{notes:?}");
    }
}

#[test]
fn best_of_is_n_with_logprobs() {
    let fields = |pairs: &[(Param, Setting)], dialect| {
        to_fields(&settings(pairs), dialect).0.into_iter().map(|(f, v)| format!("{f}={v}")).collect::<Vec<_>>()
    };
    assert_eq!(fields(&[(Param::BestOf, Whole(4)), (Param::N, Whole(2))], Vllm), ["n=4", "logprobs=true"]);
    assert_eq!(fields(&[(Param::BestOf, Whole(2)), (Param::N, Whole(3))], Vllm), ["n=3", "logprobs=true"]);
    assert_eq!(fields(&[(Param::BestOf, Whole(1))], Vllm), [""; 0]);
    assert_eq!(fields(&[(Param::BestOf, Whole(4))], Ollama), [""; 0]);
}

#[test]
fn text_is_read_and_the_range_is_named() {
    for (param, text, value) in [
        (Param::Temperature, "0.7", Some(Real(0.7))),
        (Param::Temperature, "1", Some(Real(1.0))),
        (Param::Temperature, " unset ", None),
        (Param::MaxTokens, "4,096", Some(Whole(4096))),
        (Param::TopK, "-1", Some(Whole(-1))),
        (Param::IgnoreEos, "ON", Some(Switch(true))),
        (Param::Stop, r#""\n\n", "END""#, Some(strings(&["\n\n", "END"]))),
        (Param::Stop, r#"["a"]"#, Some(strings(&["a"]))),
        (Param::Stop, r"User:\n", Some(strings(&["User:\n"]))),
    ] {
        assert_eq!(value::parse(param, text, Vllm).unwrap(), value, "{text}");
    }
    for (param, text, dialect, range) in [
        (Param::Temperature, "2.5", Vllm, "0.00 to 2.00"),
        (Param::Temperature, "-1", LlamaCpp, "0.00 or more"),
        (Param::TopP, "0", Vllm, "above 0.00 up to 1.00"),
        (Param::TopK, "-2", Vllm, "0 or more, or -1"),
        (Param::MaxTokens, "0", Vllm, "1 or more"),
        (Param::RepetitionPenalty, "0", Vllm, "above 0.00"),
        (Param::N, "two", Vllm, "a whole number"),
        (Param::Temperature, "NaN", Vllm, "a number"),
        (Param::Stop, "\"\"", Vllm, "not empty"),
    ] {
        let problem = value::parse(param, text, dialect).unwrap_err();
        assert!(problem.why.contains(range), "{problem}");
        assert_eq!(problem.exit_code(), 2);
    }
    assert_eq!(value::parse(Param::Temperature, "3", LlamaCpp).unwrap(), Some(Real(3.0)));
}

#[test]
fn values_are_written_as_they_are_read() {
    for (value, text) in [
        (Real(0.7), "0.70"),
        (Real(0.125), "0.125"),
        (Real(-2.0), "-2.00"),
        (Whole(512), "512"),
        (Switch(false), "off"),
        (strings(&["\n", "\"\u{1b}"]), r#""\n", "\"\u001b""#),
    ] {
        assert_eq!(value::format(&value), text);
    }
}

#[test]
fn a_step_below_the_lowest_value_is_unset() {
    for (param, dialect, from, steps, to) in [
        (Param::Temperature, Vllm, None, 1, Some(Real(0.0))),
        (Param::Temperature, Vllm, None, 3, Some(Real(0.1))),
        (Param::Temperature, Vllm, Some(Real(0.0)), -1, None),
        (Param::Temperature, Vllm, Some(Real(0.72)), 1, Some(Real(0.75))),
        (Param::Temperature, Vllm, Some(Real(0.72)), -1, Some(Real(0.7))),
        (Param::Temperature, Vllm, Some(Real(2.0)), 1, Some(Real(2.0))),
        (Param::Temperature, LlamaCpp, Some(Real(3.0)), 1, Some(Real(3.0))),
        (Param::TopP, Vllm, None, 1, Some(Real(0.01))),
        (Param::TopP, Vllm, Some(Real(0.01)), -1, None),
        (Param::PresencePenalty, Vllm, None, 1, Some(Real(-2.0))),
        (Param::TopK, Vllm, Some(Whole(-1)), 1, Some(Whole(0))),
        (Param::TopK, Vllm, Some(Whole(-1)), -1, None),
        (Param::MaxTokens, Vllm, None, 1, Some(Whole(1))),
        (Param::MaxTokens, Vllm, Some(Whole(500)), 1, Some(Whole(512))),
        (Param::MaxTokens, Vllm, Some(Whole(500)), -1, Some(Whole(384))),
        (Param::MaxTokens, Vllm, Some(Whole(1)), -1, None),
        (Param::MaxTokens, Vllm, Some(Whole(131_072)), 5, Some(Whole(131_072))),
        (Param::IgnoreEos, Vllm, None, 1, Some(Switch(false))),
        (Param::IgnoreEos, Vllm, Some(Switch(true)), -2, None),
        (Param::TopK, Ollama, Some(Whole(3)), 1, Some(Whole(3))),
        (Param::Stop, Vllm, Some(strings(&["a"])), -1, Some(strings(&["a"]))),
        (Param::Temperature, Vllm, None, 0, None),
        (Param::Temperature, Vllm, None, -5, None),
        (Param::Temperature, Vllm, Some(Real(1.0)), -1000, None),
    ] {
        assert_eq!(nudge(param, from.clone(), steps, dialect), to, "{param:?} {from:?} {steps}");
    }
}

#[test]
fn places_on_a_slider() {
    assert_eq!(fraction(Param::Temperature, &Real(0.5), Vllm), Some(0.25));
    assert_eq!(at_fraction(Param::Temperature, 0.251, Vllm), Some(Real(0.5)));
    assert_eq!(at_fraction(Param::MaxTokens, 1.0, Vllm), Some(Whole(131_072)));
    assert_eq!(at_fraction(Param::TopP, 0.0, Vllm), Some(Real(0.01)));
    assert_eq!(at_fraction(Param::TopK, 0.5, Ollama), None);
    assert_eq!(at_fraction(Param::Temperature, f64::NAN, Vllm), Some(Real(0.0)));
}

#[test]
fn a_change_reads_well() {
    let before = settings(&[(Param::Temperature, Real(0.7)), (Param::TopP, Real(0.9))]);
    let after = settings(&[(Param::Seed, Whole(3)), (Param::TopP, Real(0.95))]);
    assert_eq!(describe(&before, &after), "temperature 0.70 → unset, top_p 0.90 → 0.95, seed 3");
    assert_eq!(describe(&before, &before), "");
}

#[test]
fn the_best_has_the_highest_mean() {
    let tokens = |list: &[f64]| -> Vec<TokenLogprob> {
        list.iter().map(|p| TokenLogprob { token: "t".into(), logprob: *p, top: vec![] }).collect()
    };
    let best = |all: &[&[f64]]| {
        let all: Vec<Vec<TokenLogprob>> = all.iter().map(|list| tokens(list)).collect();
        best_by_mean_logprob(all.iter().map(Vec::as_slice))
    };
    for (all, index) in [
        (&[&[-1.0, -1.0][..], &[-0.5, -0.6, -0.7]][..], Some(1)),
        (&[&[-0.1], &[-0.1]], Some(0)),
        (&[&[], &[-9.0]], Some(1)),
        (&[&[f64::NAN], &[-9.0], &[f64::NAN]], Some(1)),
        (&[&[], &[]], None),
        (&[], None),
    ] {
        assert_eq!(best(all), index, "{all:?}");
    }
}

#[test]
fn shipped_presets_are_whole_and_taken_everywhere() {
    let shipped = Presets::shipped();
    for name in ["deterministic", "precise", "balanced", "creative"] {
        let settings = shipped.load(name).unwrap();
        for (param, value) in &settings.0 {
            for dialect in Dialect::ALL {
                value::check(*param, value, dialect).unwrap();
            }
        }
    }
    assert!(shipped.load("none").unwrap_err().hint.contains("balanced, creative"));
}

#[test]
fn presets_say_which_line_is_wrong() {
    for (text, line, says) in [
        ("[a]\ntemperature = 0.5\ntemprature = 1", "line 3", "temprature is no sampling parameter"),
        ("[a]\n\ntemperature = \"hot\"", "line 3", "temperature takes a number"),
        ("[a]\nn = 1.5", "line 2", "n takes a whole number"),
        ("[a]\nstop = [1]", "line 2", "stop takes strings"),
        ("temperature = 1", "line 1", "table"),
        ("[a\n", "line 1", ""),
    ] {
        let problem = Presets::parse(text, "sampling.toml").unwrap_err();
        assert!(problem.what.starts_with("sampling.toml ") && problem.what.contains(line), "{problem}");
        assert!(problem.to_string().contains(says), "{problem}");
    }
}

#[test]
fn presets_are_saved_loaded_and_deleted() {
    let mut presets = Presets::default();
    let mine = settings(&[(Param::Temperature, Real(1.0)), (Param::Stop, strings(&["\n"])), (Param::N, Whole(2))]);
    presets.save(" my \"own\" one ", mine.clone()).unwrap();
    assert!(presets.save("", mine.clone()).is_err());
    let read = Presets::parse(&presets.to_toml(), "sampling.toml").unwrap();
    assert_eq!(read, presets);
    assert_eq!(read.with_shipped().load("my \"own\" one").unwrap(), &mine);
    assert!(presets.delete("my \"own\" one") && !presets.delete("x"));
}

fn any_param() -> impl Strategy<Value = (Param, Dialect)> {
    (prop::sample::select(Param::ALL.to_vec()), prop::sample::select(Dialect::ALL.to_vec()))
}

proptest! {
    #[test]
    fn a_slider_only_gives_what_the_engine_takes((param, dialect) in any_param(), at in -0.5f64..1.5, steps in -400i32..400) {
        let placed = at_fraction(param, at, dialect);
        let moved = nudge(param, placed.clone(), steps, dialect);
        for value in [placed.clone(), moved.clone(), nudge(param, None, steps, dialect)].into_iter().flatten() {
            prop_assert!(value::check(param, &value, dialect).is_ok(), "{:?}", value);
            prop_assert_eq!(value::parse(param, &value::format(&value), dialect).unwrap(), Some(value));
        }
        if placed.is_some() && steps > 0 {
            prop_assert!(moved.is_some());
        }
    }

    #[test]
    fn there_and_back((param, dialect) in any_param(), steps in 1i32..12) {
        let up = nudge(param, None, steps, dialect);
        if let Some(value) = &up {
            let position = fraction(param, value, dialect);
            prop_assert!(position.is_none_or(|p| (0.0..=1.0).contains(&p)));
            prop_assert_eq!(nudge(param, up, -400, dialect), None);
        }
    }
}
