//! The Card screen.

use crate::look;
use crate::support::{self, check, click, draw, draw_ascii, press};
use vramdeck::app::screens::card::{Column, Effect as CardEffect};
use vramdeck::app::{Effect, Overlay};

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
