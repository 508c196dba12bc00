//! Keys, as scripts; and any key at any size.

use crate::support::{self, click, draw, press, send};
use proptest::prelude::*;
use vramdeck::app::mouse::Gesture;
use vramdeck::app::{Action, Effect, Key, Model, Msg, Overlay, ScreenId};
use vramdeck::engines::{Phase, RunId};

fn deck() -> Model {
    support::flown(support::desktop())
}

fn with_runs() -> Model {
    let mut model = deck();
    let runs = vec![
        support::run("qwen", Phase::Ready, &[41_822]),
        support::run("old", Phase::Exited { code: Some(0), signal: None }, &[]),
    ];
    send(&mut model, Msg::Runs(runs));
    model
}

#[test]
fn tabs_by_key_and_by_click() {
    let mut model = deck();
    for (keys, screen) in [
        ("3", ScreenId::Engines),
        ("ctrl+left", ScreenId::Models),
        ("ctrl+left", ScreenId::Card),
        ("ctrl+right ctrl+right ctrl+right", ScreenId::Chat),
        ("alt+2", ScreenId::Models),
        ("alt+1", ScreenId::Card),
    ] {
        press(&mut model, keys);
        assert_eq!(model.screen, screen, "{keys}");
    }
    click(&mut model, "Engines");
    assert_eq!(model.screen, ScreenId::Engines);
}

#[test]
fn quitting_asks_only_when_something_flies() {
    let leave = [Effect::Quit { stop: Vec::new() }];
    assert_eq!(press(&mut deck(), "q"), leave);
    assert_eq!(press(&mut deck(), "ctrl+c"), leave);
    let stop = [Effect::Quit { stop: vec![RunId("qwen".to_owned())] }];
    for (keys, effects) in [
        ("q", &[][..]),
        ("q enter", &leave),
        ("q l", &leave),
        ("q down enter", &stop),
        ("q s", &stop),
        ("q n", &[]),
        ("q esc", &[]),
        ("q down down enter", &[]),
    ] {
        assert_eq!(press(&mut with_runs(), keys), effects, "{keys}");
    }
    assert_eq!(click(&mut asked(), "stop them"), stop);
    assert_eq!(send(&mut with_runs(), Msg::Terminate), leave, "a signal does not ask");
}

fn asked() -> Model {
    let mut model = with_runs();
    press(&mut model, "q");
    model
}

#[test]
fn a_theme_is_previewed_kept_or_given_back() {
    let mut model = deck();
    press(&mut model, "t down");
    assert_eq!(model.shared.theme, "mono");
    press(&mut model, "esc");
    assert_eq!(model.shared.theme, "terminal");
    let saved = press(&mut model, "t n o r d enter");
    assert_eq!(model.shared.theme, "nord");
    assert_eq!(saved, [Effect::SaveSetting { key: "theme", value: toml::Value::String("nord".to_owned()) }]);
    press(&mut model, "t");
    click(&mut model, "dracula");
    assert_eq!((model.shared.theme.as_str(), model.overlays.len()), ("dracula", 1), "the first click shows it");
    click(&mut model, "dracula");
    assert_eq!((model.shared.theme.as_str(), model.overlays.len()), ("dracula", 0));
}

#[test]
fn the_palette_finds_runs_and_swallows_letters() {
    let mut model = deck();
    let effects = press(&mut model, "ctrl+p q u i t");
    assert_eq!(effects, [], "letters go into the filter");
    assert!(matches!(model.overlays.last(), Some(Overlay::Palette(picker)) if picker.filter.text() == "quit"));
    press(&mut model, "esc");
    assert_eq!(press(&mut model, "ctrl+p d r a w space a n e w enter"), [Effect::Redraw]);
    assert!(model.overlays.is_empty());
    press(&mut model, "3 : e v e r y space f a c t enter");
    assert_eq!((model.screen, model.card.facts), (ScreenId::Card, true), "an action brings its screen to the front");
}

#[test]
fn the_help_names_every_binding_and_every_action() {
    let model = deck();
    let groups = vramdeck::app::rows::help(&model, "");
    let rows = groups.iter().flat_map(|group| &group.rows);
    for action in Action::all() {
        assert!(rows.clone().any(|row| row.action == action), "{}", action.name());
    }
    let bound: usize =
        vramdeck::app::keymap::CONTEXTS.iter().map(|(name, _)| model.shared.keymap.of(name).count()).sum();
    assert_eq!(rows.map(|row| row.keys.len()).sum::<usize>(), bound);
}

#[test]
fn sampling_goes_in_steps_and_is_kept() {
    let mut model = deck();
    let kept =
        |hz: f64| [Effect::SampleHz(hz), Effect::SaveSetting { key: "sample_hz", value: toml::Value::Float(hz) }];
    assert_eq!(press(&mut model, "plus"), kept(5.0));
    assert_eq!(press(&mut model, "plus"), kept(10.0));
    assert_eq!(press(&mut model, "plus"), [], "it does not go faster");
    press(&mut model, "- - - -");
    assert_eq!(press(&mut model, "-"), kept(0.2));
}

#[test]
fn an_unchanged_sample_draws_nothing() {
    let mut model = deck();
    press(&mut model, "3");
    let sample = model.shared.sample.clone().unwrap();
    vramdeck::app::update(&mut model, Msg::Sample(sample), &support::env());
    assert!(!model.dirty);
}

#[derive(Debug, Clone)]
enum Did {
    Key(&'static str),
    Mouse(u8, u16, u16),
    Paste(String),
    Sample(u8),
}

const KEYS: &[&str] = &[
    "1",
    "2",
    "3",
    "4",
    "alt+1",
    "alt+2",
    "alt+3",
    "alt+4",
    "tab",
    "shift+tab",
    "?",
    "ctrl+p",
    "t",
    "q",
    "esc",
    "enter",
    "up",
    "down",
    "left",
    "right",
    "pageup",
    "pagedown",
    "home",
    "end",
    "x",
    "s",
    "S",
    "i",
    "]",
    "[",
    "r",
    "plus",
    "-",
    "y",
    "n",
    "j",
    "k",
    "g",
    "G",
    "/",
    "space",
    "backspace",
    "delete",
    "f2",
    "ctrl+c",
    "ctrl+u",
    "ctrl+w",
    "a",
    "é",
    "日",
    "l",
    "f",
    "e",
    "d",
    "o",
    "c",
    "v",
    "D",
    "X",
    "L",
    "T",
];

fn did() -> impl Strategy<Value = Did> {
    prop_oneof![
        8 => prop::sample::select(KEYS).prop_map(Did::Key),
        3 => (0u8..5, 0u16..130, 0u16..60).prop_map(|(gesture, x, y)| Did::Mouse(gesture, x, y)),
        1 => "\\PC{0,20}".prop_map(Did::Paste),
        1 => (0u8..4).prop_map(Did::Sample),
    ]
}

fn message(did: Did) -> Msg {
    match did {
        Did::Key(key) => Msg::Key(Key::parse(key).unwrap()),
        Did::Mouse(gesture, x, y) => {
            use Gesture::{Drag, Press, Release, WheelDown, WheelUp};
            Msg::Mouse([Press, Drag, Release, WheelUp, WheelDown][usize::from(gesture)], x, y)
        }
        Did::Paste(text) => Msg::Paste(text),
        Did::Sample(which) => {
            let sample = match which {
                0 => support::desktop(),
                1 => support::two_cards(),
                2 => support::no_driver(),
                _ => support::wsl(),
            };
            Msg::Sample(std::sync::Arc::new(sample))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_breaks_at_any_size(
        size in (1u16..121, 1u16..51),
        steps in prop::collection::vec(did(), 0..24),
        ascii in any::<bool>(),
    ) {
        let mut model = with_runs();
        model.shared.size = size;
        for step in steps {
            send(&mut model, message(step));
        }
        for theme in ["terminal", "light"] {
            let drawn = if ascii { support::draw_ascii(&model, theme, size) } else { draw(&model, theme, size) };
            prop_assert!(drawn.content.iter().all(|cell| !cell.symbol().chars().any(char::is_control)));
        }
    }
}
