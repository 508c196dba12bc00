//! The Card screen.

use crate::look;
use crate::support::{self, check, click, draw, draw_ascii, press};
use vramdeck::app::screens::card::{Column, Effect as CardEffect};
use vramdeck::app::{Effect, Msg, Overlay, update};
use vramdeck::base::{Bytes, Unknown};
use vramdeck::engines::logfacts::MemoryPart;
use vramdeck::engines::{Dialect, Phase, RunId};

#[test]
fn at_three_sizes_and_in_three_themes() {
    let model = support::flown(support::desktop());
    for size in [(80, 24), (120, 40), (200, 50)] {
        check(&format!("card_{}x{}", size.0, size.1), &draw(&model, "terminal", size));
    }
    for theme in ["light", "mono"] {
        check(&format!("card_{theme}"), &draw(&model, theme, (80, 24)));
    }
    check("card_ascii", &draw_ascii(&model, "terminal", (80, 24)));
}

#[test]
fn ascii_means_ascii() {
    for sample in [support::desktop(), support::two_cards(), support::no_driver(), support::wsl()] {
        let mut model = support::flown(sample);
        for keys in ["1", "i", "i ?", "esc t", "esc 2"] {
            press(&mut model, keys);
            let drawn = look::symbols(&draw_ascii(&model, "mono", (120, 40)));
            let strange: Vec<char> = drawn.chars().filter(|c| !c.is_ascii()).collect();
            assert!(strange.is_empty(), "{keys}: {strange:?}\n{drawn}");
        }
    }
}

#[test]
fn unknown_is_drawn_as_such_and_says_why() {
    let mut model = support::flown(support::wsl());
    check("card_wsl", &draw(&model, "terminal", (80, 24)));
    press(&mut model, "i");
    check("card_wsl_facts", &draw(&model, "light", (120, 40)));
    let drawn = look::symbols(&draw(&model, "light", (120, 40)));
    assert!(drawn.contains("? not supported under WSL"), "{drawn}");
}

#[test]
fn several_cards() {
    let mut model = support::flown(support::two_cards());
    check("card_two", &draw(&model, "terminal", (120, 40)));
    click(&mut model, "1 RTX 3060");
    let drawn = look::symbols(&draw(&model, "terminal", (80, 24)));
    assert!(drawn.contains("ComfyUI") && !drawn.contains("firefox"), "{drawn}");
    press(&mut model, "]");
    assert!(look::symbols(&draw(&model, "terminal", (80, 24))).contains("firefox"));
}

#[test]
fn before_the_first_sample_and_without_processes() {
    check("card_reading", &draw(&support::blank(), "terminal", (80, 24)));
    let idle = support::sample(vec![support::card(0, Vec::new())]);
    check("card_idle", &draw(&support::model(idle), "terminal", (80, 24)));
}

#[test]
fn the_head_of_a_column_sorts_and_a_row_is_selected_by_a_click() {
    let mut model = support::flown(support::desktop());
    click(&mut model, "process  ");
    assert_eq!((model.card.sort.column, model.card.sort.descending), (Column::Name, false));
    click(&mut model, "process");
    assert!(model.card.sort.descending);
    click(&mut model, "3321");
    assert_eq!(model.card.selected, Some(3321));
}

#[test]
fn a_process_is_ended_only_by_a_yes() {
    let mut model = support::flown(support::desktop());
    for (keys, ended) in [("x enter", false), ("x n", false), ("x esc", false), ("x y", true), ("x right enter", true)]
    {
        let effects = press(&mut model, keys);
        assert_eq!(matches!(&effects[..], [Effect::Card(CardEffect::End { force: false, .. })]), ended, "{keys}");
        assert!(model.overlays.is_empty(), "{keys}");
    }
    press(&mut model, "x");
    assert!(matches!(model.overlays.last(), Some(Overlay::Confirm(_))));
    assert_eq!(click(&mut model, "firefox"), [], "nothing below an overlay is clicked");
    assert!(matches!(&click(&mut model, "End it (y)")[..], [Effect::Card(CardEffect::End { .. })]));
}

/// What a vLLM says while three requests are answered.
const SAYS: &str = "vllm:num_requests_running{engine=\"0\"} 3\nvllm:num_requests_waiting{engine=\"0\"} 1\n\
    vllm:kv_cache_usage_perc{engine=\"0\"} 0.25\nvllm:num_preemptions_total{engine=\"0\"} 2\n\
    vllm:prefix_cache_queries_total{engine=\"0\"} 400\nvllm:prefix_cache_hits_total{engine=\"0\"} 300\n\
    vllm:prompt_tokens_total{engine=\"0\"} 400\nvllm:cache_config_info{kv_cache_size_tokens=\"39300\"} 1\n";

/// The desktop with one run whose engine named its parts and is asked for its gauges.
fn serving() -> vramdeck::app::Model {
    use vramdeck::engines::metrics::{Answers, Live, Scrape, gauges};
    let mut model = support::flown(support::desktop());
    let mut run = support::run("qwen3-8b-awq", Phase::Ready, &[41_822]);
    let gib = |part, gib| (part, Bytes::from_gib(gib));
    run.facts.memory = [
        gib(MemoryPart::Weights, 4.2),
        gib(MemoryPart::KvCache, 3.0),
        gib(MemoryPart::Graphs, 0.5),
        gib(MemoryPart::Compute, 0.25),
    ]
    .into();
    update(&mut model, Msg::Runs(vec![run]), &support::env());
    let look = |seconds: u64, written: u64| {
        let text = format!("{SAYS}vllm:generation_tokens_total{{engine=\"0\"}} {written}\n");
        let answers = Answers { metrics: Some(&text), ..Answers::default() };
        Scrape { at: std::time::Duration::from_secs(seconds), gauges: gauges(Dialect::Vllm, "tiny", answers) }
    };
    let live = Ok(Box::new(Live::of(Some(&look(1, 100)), &look(2, 143))));
    update(&mut model, Msg::Gauges { run: RunId("qwen3-8b-awq".to_owned()), live }, &support::env());
    model
}

#[test]
fn a_run_is_shown_in_its_parts_with_what_its_engine_says() {
    let model = serving();
    for size in [(80, 24), (200, 50)] {
        check(&format!("card_ledger_{}x{}", size.0, size.1), &draw(&model, "terminal", size));
    }
    let drawn = look::symbols(&draw_ascii(&model, "mono", (120, 40)));
    assert!(drawn.is_ascii(), "{drawn}");
    for said in ["weights 4.20", "kv in use 0.75", "kv reserved 2.25", "graphs 0.50", "activations 0.25", "43 tok/s"] {
        assert!(drawn.contains(said), "{said}\n{drawn}");
    }
    let mut model = model;
    press(&mut model, "3");
    let drawn = look::symbols(&draw(&model, "terminal", (120, 40)));
    for said in
        ["running  3", "waiting  1", "kv  25 %", "prefix hits  75 %", "preempted 2", "kv tokens 9,825 of 39,300"]
    {
        assert!(drawn.contains(said), "{said}\n{drawn}");
    }
}

#[test]
fn gauges_of_a_run_that_is_no_longer_asked_are_dropped() {
    let mut model = serving();
    assert_eq!(model.shared.gauges.len(), 1);
    let effects = update(&mut model, Msg::Runs(Vec::new()), &support::env());
    let dropped = |effect: &Effect| matches!(effect, Effect::Watch(watch) if watch.runs.is_empty());
    assert!(model.shared.gauges.is_empty() && effects.iter().any(dropped), "{effects:?}");
    let late = Msg::Gauges { run: RunId("qwen3-8b-awq".to_owned()), live: Err(Unknown::because("late")) };
    assert_eq!(update(&mut model, late, &support::env()), []);
    assert!(model.shared.gauges.is_empty());
}

/// The desktop with a run, where firefox holds so many MiB.
fn browsing(mib: u64) -> Msg {
    let processes = vec![
        support::process(1180, "Xorg", 200, None),
        support::process(3321, "firefox", mib, None),
        support::process(41_822, "VLLM::EngineCore", 11_000, Some("qwen3-8b-awq")),
    ];
    Msg::Sample(std::sync::Arc::new(support::sample(vec![support::card(0, processes)])))
}

#[test]
fn who_grows_into_the_reserve_is_told_and_one_key_answers() {
    let mut model = support::flown(support::desktop());
    let mut run = support::run("qwen3-8b-awq", Phase::Ready, &[41_822]);
    run.argv.push("--enable-sleep-mode".to_owned());
    support::send(&mut model, Msg::Runs(vec![run]));
    let saved = |effects: &[Effect]| match effects {
        [Effect::SaveSetting { key: "reserve_gib", value }, ..] => value.as_float(),
        _ => None,
    };
    assert_eq!(saved(&press(&mut model, ">")), Some(0.5));
    press(&mut model, "> > > > > > <");
    assert_eq!(model.shared.reserve, Bytes::from_gib(3.0));
    support::send(&mut model, browsing(500));
    assert!(model.shared.toasts.newest_problem().is_none() && model.shared.warning.is_none());
    let drawn = look::symbols(&draw(&model, "terminal", (120, 40)));
    assert!(drawn.contains("2.32 of it kept for the desktop"), "{drawn}");
    support::send(&mut model, browsing(2600));
    let told = model.shared.toasts.newest_problem().unwrap().clone();
    assert_eq!(told.what, "firefox has grown into the memory kept for the desktop");
    assert!(told.hint.contains("F6 stops qwen3-8b-awq (10.74 GiB), F7 puts it to sleep"), "{told}");
    check("card_reserve_80x24", &draw(&model, "terminal", (80, 24)));
    let asleep =
        |effects: &[Effect]| matches!(effects, [Effect::Sleep { run, wake: false }] if run.0 == "qwen3-8b-awq");
    let mut other = model.clone();
    press(&mut other, "4");
    assert!(asleep(&press(&mut other, "f7")), "on any screen");
    let stops = press(&mut model, "f6");
    let stop = vramdeck::app::screens::engines::Effect::Stop(RunId("qwen3-8b-awq".to_owned()));
    assert_eq!(stops, [Effect::Engines(stop)], "the warning named it: no question");
    assert_eq!(press(&mut model, "f6"), [], "no warning: a question");
    assert!(matches!(model.overlays.last(), Some(Overlay::Confirm(_))));
}
