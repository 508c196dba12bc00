//! The Models screen: list, filter, detail, two compared, another card, what does not fit, nothing at all.

#[path = "models/fake.rs"]
pub mod fake;
#[path = "models/keys.rs"]
mod keys;
#[path = "models/together.rs"]
mod together;
#[path = "models/twins.rs"]
mod twins;

use crate::support::{self, check, draw, draw_ascii};
use fake::{deck, go};
use std::sync::Arc;
use vramdeck::app::Msg;
use vramdeck::app::screens::models::Msg as Told;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

#[test]
fn the_list_and_the_detail_beside_it() {
    for size in SIZES {
        check(&format!("models_{}x{}", size.0, size.1), &draw(&deck(size), "terminal", size));
    }
    check("models_light", &draw(&deck((120, 40)), "light", (120, 40)));
    check("models_mono", &draw(&deck((120, 40)), "mono", (120, 40)));
    check("models_ascii", &draw_ascii(&deck((120, 40)), "terminal", (120, 40)));
    check("models_ascii_80x24", &draw_ascii(&deck((80, 24)), "mono", (80, 24)));
}

#[test]
fn what_is_typed_narrows_the_list() {
    for size in SIZES {
        let mut model = deck(size);
        go(&mut model, "/ q w e n");
        check(&format!("models_filter_{}x{}", size.0, size.1), &draw(&model, "terminal", size));
    }
    let mut model = deck((80, 24));
    go(&mut model, "/ z z z z");
    check("models_filter_nothing", &draw(&model, "terminal", (80, 24)));
}

#[test]
fn the_detail_in_full() {
    for (name, keys) in [("top", "tab"), ("end", "tab end"), ("trade", "tab right right")] {
        let mut model = deck((80, 24));
        go(&mut model, keys);
        check(&format!("models_detail_{name}_80x24"), &draw(&model, "terminal", (80, 24)));
    }
    let mut model = deck((200, 50));
    go(&mut model, "v tab");
    check("models_detail_200x50", &draw(&model, "terminal", (200, 50)));
}

#[test]
fn scores_of_tool_calls_stand_in_the_list_and_the_detail() {
    let scores = vec![
        fake::score("Qwen/Qwen3-8B-AWQ", 35, "at most 8 tools; no parallel calls (likely)"),
        fake::score("Qwen/Qwen3.5-9B-Q4_K_M", 12, "not for tool calls\u{1b}"),
    ];
    for size in SIZES {
        let mut model = deck(size);
        support::send(&mut model, Msg::Models(Told::Scored(Arc::new(scores.clone()))));
        go(&mut model, if size.0 < 100 { "down tab end" } else { "down" });
        check(&format!("models_scored_{}x{}", size.0, size.1), &draw(&model, "terminal", size));
    }
}

#[test]
fn two_models_beside_each_other() {
    for size in SIZES {
        let mut model = deck(size);
        go(&mut model, "c down down c");
        check(&format!("models_compare_{}x{}", size.0, size.1), &draw(&model, "terminal", size));
    }
}

#[test]
fn as_on_another_card() {
    for size in SIZES {
        let mut model = deck(size);
        go(&mut model, "g 2 4");
        check(&format!("models_cards_{}x{}", size.0, size.1), &draw(&model, "terminal", size));
        go(&mut model, "enter");
        check(&format!("models_elsewhere_{}x{}", size.0, size.1), &draw(&model, "terminal", size));
    }
}

#[test]
fn what_does_not_fit_says_why_and_what_would() {
    for size in SIZES {
        let mut model = deck(size);
        go(&mut model, "end");
        check(&format!("models_too_big_{}x{}", size.0, size.1), &draw(&model, "terminal", size));
    }
    let mut model = deck((80, 24));
    go(&mut model, "end tab");
    check("models_too_big_detail_80x24", &draw(&model, "mono", (80, 24)));
}

#[test]
fn nothing_to_show_says_what_to_do_next() {
    let mut model = support::model(support::no_driver());
    support::press(&mut model, "2");
    check("models_no_card", &draw(&model, "terminal", (80, 24)));
    let mut model = support::model(support::desktop());
    support::press(&mut model, "2");
    check("models_waiting", &draw(&model, "terminal", (80, 24)));
    let mut model = deck((80, 24));
    go(&mut model, "L T T T T T T");
    check("models_nothing_here", &draw(&model, "terminal", (80, 24)));
}

#[test]
fn a_simulated_card_is_judged_and_named() {
    let mut model = fake::deck_of(support::simulated(), (80, 24));
    go(&mut model, "down");
    let drawn = crate::look::symbols(&draw(&model, "terminal", (80, 24)));
    assert!(drawn.lines().next().unwrap().contains("SIMULATED desktop"), "{drawn}");
    assert!(drawn.contains("models fit"), "{drawn}");
}
