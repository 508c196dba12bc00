//! Keys and what comes of them.

use super::fake::{self, deck, go};
use crate::support::{self, click, send};
use vramdeck::app::mouse::Gesture;
use vramdeck::app::screens::engines::Effect as Engine;
use vramdeck::app::screens::models::ranking::Ranking;
use vramdeck::app::screens::models::view::Sort;
use vramdeck::app::screens::models::{Download, Effect as Wish, Focus, Msg as Told, Sought};
use vramdeck::app::{Effect, Model, Msg, Overlay, ScreenId};
use vramdeck::base::Problem;
use vramdeck::engines::{EngineKind, Phase};
use vramdeck::models::catalogue::Capability;
use vramdeck::models::hub::{Found, Made};
use vramdeck::models::local::LocalModel;
use vramdeck::models::rank::Intent;

const SIZE: (u16, u16) = (120, 40);

fn selected(model: &Model) -> &str {
    model.models.list.selected.as_deref().unwrap_or_default()
}

#[test]
fn keys_move_and_narrow() {
    for (keys, name, listed) in [
        ("down", "Qwen/Qwen3-8B", 8),
        ("down down up", "Qwen/Qwen3-8B", 8),
        ("end", "openai/gpt-oss-20b", 8),
        ("end home", "Qwen/Qwen3.5-9B", 8),
        ("pagedown", "openai/gpt-oss-20b", 8),
        ("f", "Qwen/Qwen3.5-9B", 5),
        ("L", "Qwen/Qwen3-8B", 1),
        ("T T T T", "Qwen/Qwen3.5-9B", 2),
        ("/ p h i - 4", "microsoft/phi-4", 1),
        ("/ p h i - 4 enter down", "microsoft/phi-4", 1),
        ("/ p h i esc", "Qwen/Qwen3.5-9B", 8),
        ("/ p h i enter esc", "Qwen/Qwen3.5-9B", 8),
        ("/ z z", "", 0),
        ("s", "google/gemma-3n-E4B-it", 8),
    ] {
        let mut model = deck(SIZE);
        go(&mut model, keys);
        assert_eq!((selected(&model), model.models.list.order.len()), (name, listed), "{keys}");
    }
}

#[test]
fn what_was_selected_by_hand_stays_when_the_order_changes() {
    let mut model = deck(SIZE);
    go(&mut model, "down down s s s i");
    assert_eq!(selected(&model), "microsoft/phi-4");
    assert_eq!((model.models.list.sort, model.models.intent), (Sort::Context, Intent::LongContext));
    go(&mut model, "T");
    assert_eq!(model.models.list.filter.task, Some(Capability::Chat));
}

#[test]
fn the_card_and_the_use_ask_for_a_ranking_and_free_memory_waits() {
    let mut model = deck(SIZE);
    let ranks = |effects: &[Effect]| {
        effects.iter().filter(|effect| matches!(effect, Effect::Models(Wish::Rank { .. }))).count()
    };
    assert_eq!(ranks(&support::press(&mut model, "i")), 1);
    assert_eq!(ranks(&support::press(&mut model, "down")), 0, "it was asked for already");
    let busy = support::sample(vec![support::card(0, vec![support::process(1, "game", 4_000, None)])]);
    assert_eq!(ranks(&send(&mut model, Msg::Sample(busy.into()))), 0, "less than a second has passed");
    let env = support::env();
    let due = model.wants_tick(&env).unwrap();
    assert_eq!(due, env.uptime + std::time::Duration::from_secs(1));
    let later = vramdeck::app::Env { uptime: due, ..env };
    assert_eq!(ranks(&vramdeck::app::update(&mut model, Msg::Tick, &later)), 1);
    assert_eq!(ranks(&vramdeck::app::update(&mut model, Msg::Tick, &later)), 0);
}

#[test]
fn only_the_newest_answer_counts() {
    let mut model = deck(SIZE);
    let old = model.models.ranking.clone().unwrap();
    support::press(&mut model, "i");
    let rows = old.rows.len();
    let stale = vramdeck::app::screens::models::ranking::Ranking { rows: Vec::new(), ..(*old).clone() };
    send(&mut model, Msg::Models(Told::Ranked(stale.into())));
    assert_eq!(model.models.ranking.as_ref().unwrap().rows.len(), rows);
}

#[test]
fn another_card_and_back() {
    let mut model = deck(SIZE);
    go(&mut model, "g 2 4 enter");
    let stated = model.models.stated.as_ref().unwrap();
    assert_eq!(stated.spec.total, 24 << 30);
    let ranking = model.models.ranking.as_ref().unwrap();
    assert_eq!(ranking.situation.room.free, Some((24 << 30) - (1 << 29)));
    go(&mut model, "g home enter");
    assert_eq!(model.models.stated, None);
    go(&mut model, "g 9 9 9 9 9 enter");
    assert_eq!((model.models.focus, model.models.stated.is_none()), (Focus::Cards, true), "no card is that large");
    go(&mut model, "esc");
    assert_eq!(model.models.focus, Focus::List);
}

#[test]
fn enter_opens_the_start_dialog_and_launches_nothing() {
    let mut model = deck(SIZE);
    let effects = go(&mut model, "down enter");
    assert_eq!(model.screen, ScreenId::Engines);
    assert!(effects.iter().all(|effect| !matches!(effect, Effect::Engines(Engine::Launch(_)))), "{effects:?}");
    let dialog = model.engines.dialog.as_ref().unwrap();
    assert_eq!(dialog.engine, EngineKind::Vllm);
    assert!(dialog.model.text().contains("models--Qwen--Qwen3-8B-AWQ"), "the local copy: {}", dialog.model.text());
    support::press(&mut model, "esc");
    assert_eq!((model.screen, model.engines.dialog.is_none()), (ScreenId::Models, true), "back to where it came from");
    go(&mut model, "home enter");
    let dialog = model.engines.dialog.as_ref().unwrap();
    assert_eq!(dialog.model.text(), "Qwen/Qwen3.5-9B-FP8");
    let notes = dialog.filled.clone().unwrap().join("\n");
    assert!(notes.contains("would download about 9.9"), "{notes}");
}

#[test]
fn in_the_demo_the_simulated_engine_gets_the_sizes() {
    let mut model = fake::deck_of(support::simulated(), SIZE);
    model.shared.demo = Some("desktop".to_owned());
    go(&mut model, "enter");
    let dialog = model.engines.dialog.as_ref().unwrap();
    assert_eq!(dialog.engine, EngineKind::Simulated);
    let flags: Vec<&str> = dialog.flags.settings.iter().map(|set| set.flag.as_str()).collect();
    assert!(flags.contains(&"--weights-gib") && flags.contains(&"--max-model-len"), "{flags:?}");
}

#[test]
fn the_next_way_and_the_trade_change_what_is_worked_out() {
    let mut model = deck(SIZE);
    go(&mut model, "down");
    let first = model.models.pick().unwrap();
    go(&mut model, "v v");
    let third = model.models.pick().unwrap();
    assert_eq!((&*first.way.label, &*third.way.label), ("AWQ", "Q4_K_M"));
    go(&mut model, "V V");
    assert_eq!(model.models.pick().unwrap(), first);
    go(&mut model, "left");
    let shorter = model.models.trade.unwrap();
    go(&mut model, "left");
    assert!(model.models.trade.unwrap().tokens < shorter.tokens);
    assert!(model.models.trade.unwrap().requests > shorter.requests);
    go(&mut model, "down");
    assert_eq!(model.models.trade, None, "what was chosen for one model does not hold for another");
}

#[test]
fn two_are_compared_and_left() {
    let mut model = deck(SIZE);
    go(&mut model, "c");
    assert!(model.models.marked.is_some());
    go(&mut model, "c");
    assert!(model.models.marked.is_none(), "the same key on the same model takes the mark away");
    go(&mut model, "c down c");
    assert_eq!((model.models.focus, model.models.details.len()), (Focus::Compare, 2));
    go(&mut model, "down down up esc");
    assert_eq!(
        (model.models.focus, model.models.pair.is_none(), model.models.marked.is_none()),
        (Focus::List, true, true)
    );
}

fn asked(model: &Model) -> &vramdeck::app::overlay::Confirm {
    match model.overlays.last() {
        Some(Overlay::Confirm(confirm)) => confirm,
        other => panic!("no question: {other:?}"),
    }
}

#[test]
fn a_download_is_asked_for_shown_and_cancelled_with_the_same_key() {
    let mut model = deck(SIZE);
    go(&mut model, "D");
    assert!(asked(&model).question.contains("Qwen/Qwen3.5-9B-FP8"));
    assert!(!asked(&model).selected_yes, "the safe answer is selected");
    let repo = "Qwen/Qwen3.5-9B-FP8".to_owned();
    let effects = go(&mut model, "y");
    assert_eq!(effects, [Effect::Models(Wish::Download { repo: repo.clone(), label: None })]);
    let download = Download { done: 3 << 30, total: Some(10 << 30), pace: 0 };
    send(&mut model, Msg::Models(Told::Downloading { repo: repo.clone(), download }));
    let drawn = crate::look::symbols(&support::draw(&model, "terminal", SIZE));
    assert!(drawn.contains(" 30%"), "{drawn}");
    assert_eq!(go(&mut model, "D"), [Effect::Models(Wish::CancelDownload(repo.clone()))]);
    let over = Told::Downloaded { repo, result: Ok("it is there".to_owned()) };
    assert_eq!(send(&mut model, Msg::Models(over)), [Effect::Models(Wish::Scan { generation: 1 })]);
    assert!(model.models.downloads.is_empty());
    go(&mut model, "down D");
    assert!(model.overlays.is_empty(), "what lies here is not downloaded again");
}

#[test]
fn where_no_repository_is_known_the_hub_is_asked() {
    let mut model = deck(SIZE);
    go(&mut model, "/ 7 0 b enter v");
    let shown = |model: &Model| crate::look::symbols(&support::draw(model, "terminal", (200, 50)));
    assert!(shown(&model).contains("none known: D asks the hub"), "{}", shown(&model));
    let sought = Sought { model: "meta-llama/Llama-3.3-70B-Instruct".to_owned(), label: "Q2_K".to_owned() };
    assert_eq!(go(&mut model, "D"), [Effect::Models(Wish::Seek(sought.clone()))]);
    assert_eq!(go(&mut model, "D"), [], "it is asked once");
    assert!(shown(&model).contains("asking the hub"));
    let none = Problem::failed("no Q2_K was found", "none has it", "look elsewhere");
    send(&mut model, Msg::Models(Told::Found { sought: sought.clone(), result: Err(none) }));
    assert_eq!(go(&mut model, "D"), [Effect::Models(Wish::Seek(sought.clone()))], "it may be there by now");
    let made = Made { repo: "someone/Llama-GGUF".to_owned(), downloads: Some(12_345), gated: false };
    let result = Ok(Found { made, bytes: 26 << 30 });
    send(&mut model, Msg::Models(Told::Found { sought, result }));
    assert!(model.overlays.is_empty(), "nothing pops up over what is typed meanwhile");
    assert!(shown(&model).contains("someone/Llama-GGUF, 26.00 GiB, found on the"), "{}", shown(&model));
    go(&mut model, "D");
    let detail = asked(&model).detail.join(" ");
    assert!(asked(&model).question.contains("someone/Llama-GGUF:Q2_K") && detail.contains("26.00 GiB"), "{detail}");
    assert!(detail.contains("12,345 downloads") && detail.contains("whoever keeps it"), "{detail}");
    let repo = "someone/Llama-GGUF:Q2_K".to_owned();
    assert_eq!(go(&mut model, "y"), [Effect::Models(Wish::Download { repo: repo.clone(), label: None })]);
    let download = Download { done: 1 << 30, total: Some(26 << 30), pace: 0 };
    send(&mut model, Msg::Models(Told::Downloading { repo: repo.clone(), download }));
    assert!(shown(&model).contains("  3%"), "{}", shown(&model));
    assert_eq!(go(&mut model, "D"), [Effect::Models(Wish::CancelDownload(repo))]);
}

#[test]
fn deleting_shows_what_goes_before_it_goes() {
    let mut model = deck(SIZE);
    assert_eq!(go(&mut model, "X"), [], "it does not lie here");
    go(&mut model, "down X");
    assert!(model.overlays.is_empty(), "none of its files are known: nothing is offered");
    with_files(&mut model);
    go(&mut model, "X");
    assert!(
        asked(&model).detail.iter().any(|line| line.ends_with("models--Qwen--Qwen3-8B-AWQ")),
        "{:?}",
        asked(&model)
    );
    let effects = go(&mut model, "y");
    assert!(matches!(&effects[..], [Effect::Models(Wish::Remove(_))]), "{effects:?}");
    assert_eq!(
        send(&mut model, Msg::Models(Told::Removed(Ok("gone".to_owned())))),
        [Effect::Models(Wish::Scan { generation: 1 })]
    );
}

/// The second model's files, so that it could be deleted.
fn with_files(model: &mut Model) {
    let ranking = model.models.ranking.clone().unwrap();
    let mut local: Vec<LocalModel> = ranking.local.to_vec();
    local[0].disk.root = "/home/pilot/.cache/huggingface/hub".into();
    local[0].disk.home = Some("/home/pilot/.cache/huggingface/hub/models--Qwen--Qwen3-8B-AWQ".into());
    model.models.ranking = Some(Ranking { local: local.into(), ..(*ranking).clone() }.into());
}

/// What is said instead of a question.
fn refused(model: &mut Model) -> String {
    assert_eq!(go(model, "X"), []);
    assert!(model.overlays.is_empty(), "{:?}", model.overlays);
    support::draw(model, "terminal", SIZE);
    format!("{:?}", model.shared.toasts)
}

#[test]
fn what_a_run_works_with_is_not_offered_for_deletion() {
    let mut model = deck(SIZE);
    go(&mut model, "down");
    with_files(&mut model);
    send(&mut model, Msg::Runs(vec![support::run("flight", Phase::Ready, &[41_822])]));
    let said = refused(&mut model);
    assert!(said.contains("the run flight (process 41822)") && said.contains("stop it first"), "{said}");
    send(&mut model, Msg::Runs(vec![support::run("flight", Phase::Exited { code: Some(0), signal: None }, &[])]));
    go(&mut model, "X");
    assert!(asked(&model).question.contains("Qwen3-8B-AWQ"));
}

#[test]
fn what_is_being_downloaded_is_not_deleted_under_it() {
    let mut model = deck(SIZE);
    go(&mut model, "down");
    with_files(&mut model);
    let repo = "Qwen/Qwen3-8B-AWQ".to_owned();
    let told = Told::Downloading { repo: repo.clone(), download: Download::default() };
    send(&mut model, Msg::Models(told));
    let said = refused(&mut model);
    assert!(said.contains("Qwen/Qwen3-8B-AWQ is being downloaded") && said.contains("with D"), "{said}");
    send(&mut model, Msg::Models(Told::Downloaded { repo, result: Ok("it is there".to_owned()) }));
    go(&mut model, "X");
    assert!(asked(&model).question.contains("Qwen3-8B-AWQ"));
}

#[test]
fn a_look_that_began_before_a_deletion_does_not_bring_the_model_back() {
    let mut model = deck(SIZE);
    let scanned = |generation, models: &[LocalModel]| {
        let models = models.to_vec().into();
        Msg::Models(Told::Scanned { generation, models, problems: Vec::new() })
    };
    let lies = model.models.ranking.as_ref().unwrap().local.to_vec();
    send(&mut model, scanned(0, &lies));
    assert_eq!(model.models.local.len(), 1);
    assert_eq!(go(&mut model, "r"), [Effect::Models(Wish::Scan { generation: 0 })], "a slow look");
    let again = send(&mut model, Msg::Models(Told::Removed(Ok("gone".to_owned()))));
    assert!(again.contains(&Effect::Models(Wish::Scan { generation: 1 })), "{again:?}");
    send(&mut model, scanned(1, &[]));
    send(&mut model, scanned(0, &lies));
    assert_eq!((model.models.local.len(), model.models.scans), (0, 2), "the old answer does not count");
    assert_eq!(go(&mut model, "r"), [Effect::Models(Wish::Scan { generation: 1 })]);
}

#[test]
fn the_mouse_selects_sorts_and_turns() {
    let mut model = deck(SIZE);
    let effects = click(&mut model, "phi-4 ");
    fake::answer(&mut model, effects, 0);
    assert_eq!(selected(&model), "microsoft/phi-4");
    let effects = click(&mut model, "tok/s");
    fake::answer(&mut model, effects, 0);
    assert_eq!(model.models.list.sort, Sort::Rate);
    let effects = send(&mut model, Msg::Mouse(Gesture::WheelDown, 10, 8));
    fake::answer(&mut model, effects, 0);
    assert_ne!(selected(&model), "microsoft/phi-4");
    let effects = click(&mut model, "for one chat");
    fake::answer(&mut model, effects, 0);
    assert_eq!(model.models.intent, Intent::LongContext);
}

/// One dropped frame at 30 Hz, in a build that is not optimised.
const FRAME: std::time::Duration = std::time::Duration::from_millis(33);

/// How long this thread has run.
fn worked() -> std::time::Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux says how long a thread ran");
    let nanoseconds = stat.split_whitespace().next().and_then(|word| word.parse().ok());
    std::time::Duration::from_nanos(nanoseconds.expect("nanoseconds"))
}

#[test]
fn three_hundred_models_are_filtered_within_a_frame() {
    let mut model = support::model(support::desktop());
    model.shared.size = (200, 50);
    let asked = support::press(&mut model, "2");
    fake::answer(&mut model, asked, 292);
    assert_eq!(model.models.list.order.len(), 300);
    let typed = ["/", "q", "w", "e", "n", "3", "space", "a", "w", "q", "backspace", "backspace", "esc"];
    for key in typed {
        // Others use the machine too: the processor's time counts, and the best of a few.
        let took = (0..5).map(|_| {
            let mut model = model.clone();
            let start = worked();
            // Takes the key in and draws.
            support::press(&mut model, key);
            worked() - start
        });
        let best = took.min().unwrap();
        assert!(best < FRAME, "{key:?} takes {best:?}");
        let asked = support::press(&mut model, key);
        fake::answer(&mut model, asked, 292);
    }
    assert_eq!(model.models.list.order.len(), 300, "Esc lists all again");
}
