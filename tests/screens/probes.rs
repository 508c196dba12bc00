//! The Lab's view Probes: nobody, nothing yet, under way, a card of a real engine with its evidence, whom to probe; and what a card
//! does to other screens.

use crate::support::{self, check, draw, draw_ascii, press, send};
use std::sync::Arc;
use vramdeck::app::screens::lab::probes::{Effect, Msg as Probes};
use vramdeck::app::screens::lab::{Effect as LabEffect, Msg as Lab};
use vramdeck::app::{Effect as Root, Model, Msg};
use vramdeck::engines::{Dialect, Phase};
use vramdeck::lab::probes::Card;

/// As it was recorded of llama-server.
fn recorded() -> Card {
    let mut card: Card = serde_json::from_str(include_str!("../real/cards/llama-server-b11669.json")).unwrap();
    card.at = 1_789_999_400.0;
    card.subject.model = "qwen3-8b".into();
    card
}

fn say(model: &mut Model, msg: Probes) {
    send(model, Msg::Lab(Lab::Probes(msg)));
}

fn deck() -> Model {
    let mut run = support::run("qwen3-8b-awq", Phase::Ready, &[41_822]);
    run.dialect = Dialect::LlamaCpp;
    let mut model = support::model(support::desktop());
    send(&mut model, Msg::Runs(vec![run]));
    press(&mut model, "7 v");
    model
}

#[test]
fn from_nothing_to_a_card() {
    let mut model = support::model(support::desktop());
    press(&mut model, "7 v");
    check("probes_nobody_80x24", &draw(&model, "terminal", (80, 24)));
    let mut model = deck();
    check("probes_none_80x24", &draw(&model, "terminal", (80, 24)));
    let run = press(&mut model, "r");
    assert!(run.iter().any(|effect| matches!(effect, Root::Lab(LabEffect::Probes(Effect::Run { quick: false, .. })))));
    say(&mut model, Probes::Asks { now: "temperature", progress: (0, 36), requests: 16 });
    for (at, entry) in recorded().capabilities.into_iter().enumerate().take(3) {
        say(&mut model, Probes::Found(Box::new(entry), (at + 1, 36)));
    }
    check("probes_running_80x24", &draw(&model, "terminal", (80, 24)));
    say(&mut model, Probes::Ended(Ok(())));
    press(&mut model, "w");
    check("probes_targets_80x24", &draw(&model, "terminal", (80, 24)));
}

#[test]
fn a_card_with_what_it_rests_on() {
    let mut model = deck();
    say(&mut model, Probes::Kept(Arc::new(vec![recorded()])));
    check("probes_80x24", &draw(&model, "terminal", (80, 24)));
    check("probes_200x50", &draw(&model, "terminal", (200, 50)));
    check("probes_ascii", &draw_ascii(&model, "terminal", (80, 24)));
    press(&mut model, "end up up up up up up up up pagedown");
    check("probes_evidence_80x24", &draw(&model, "terminal", (80, 24)));
    check("probes_evidence_mono", &draw(&model, "mono", (200, 50)));
}

#[test]
fn sliders_that_do_nothing_say_so() {
    let mut model = deck();
    say(&mut model, Probes::Kept(Arc::new(vec![recorded()])));
    let mut card = recorded();
    // As if top_k had been found to do nothing.
    let found = card.capabilities.iter().find(|entry| entry.name == "best_of").unwrap().finding.clone();
    card.capabilities.iter_mut().filter(|entry| entry.name == "top_k").for_each(|entry| entry.finding = found.clone());
    say(&mut model, Probes::Kept(Arc::new(vec![card])));
    press(&mut model, "4");
    let before = model.chat.sampling.settings.clone();
    let top_k = vramdeck::lab::sampling::Param::ALL.iter().position(|param| param.name() == "top_k").unwrap();
    model.chat.sampling.select(top_k);
    let shown = draw(&model, "terminal", (200, 50));
    check("chat_probed_200x50", &shown);
    model.chat.focus = vramdeck::app::screens::chat::Pane::Sampling;
    press(&mut model, "right");
    assert_eq!(model.chat.sampling.settings, before, "it does not move");
}
