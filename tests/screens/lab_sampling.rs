//! The Lab's view Sampling: what is asked for, answers in columns and in a list, tokens, a branch, a difference.

use crate::support::{self, check, draw, draw_ascii, press, send};
use vramdeck::app::screens::lab::sampling::{Effect, Msg as Sampling};
use vramdeck::app::screens::{chat, lab};
use vramdeck::app::{Effect as Root, Model, Msg};
use vramdeck::base::Problem;
use vramdeck::engines::Phase;
use vramdeck::lab::samples::{Answer, Outcome, Place, Plan, Step, Token};
use vramdeck::lab::sampling::Param;

fn deck() -> Model {
    let mut run = support::run("qwen3-8b-awq", Phase::Ready, &[41_822]);
    run.context_tokens = Some(32_768);
    let mut model = support::model(support::desktop());
    send(&mut model, Msg::Runs(vec![run]));
    press(&mut model, "7");
    model
}

fn effects(all: Vec<Root>) -> Vec<Effect> {
    let sampling = |effect| match effect {
        Root::Lab(lab::Effect::Sampling(effect)) => Some(effect),
        _ => None,
    };
    all.into_iter().filter_map(sampling).collect()
}

fn ask(model: &mut Model) -> (u64, std::sync::Arc<Plan>) {
    match effects(press(model, "r")).pop() {
        Some(Effect::Ask { flight, plan, .. }) => (flight, plan),
        other => panic!("{other:?}"),
    }
}

fn tell(model: &mut Model, msg: Sampling) {
    send(model, Msg::Lab(lab::Msg::Sampling(msg)));
}

/// An answer of words, each a token with a log probability.
fn answer(setting: usize, index: usize, words: &[(&str, f64)]) -> Step {
    let token = |(text, logprob): &(&str, f64)| Token {
        text: (*text).to_owned(),
        logprob: Some(*logprob),
        top: vec![((*text).to_owned(), *logprob), (" storm".to_owned(), -2.1), (" tower".to_owned(), -3.4)],
    };
    Step::Ended(Box::new(Answer {
        place: Place { setting, index },
        text: words.iter().map(|(text, _)| *text).collect(),
        tokens: words.iter().map(token).collect(),
        outcome: Outcome::Whole(Some("stop".to_owned())),
        prompt_tokens: Some(20),
        seconds: Some(0.5 + index as f64 / 10.0),
        ..Answer::default()
    }))
}

const LIGHT: &[(&str, f64)] =
    &[("The", -0.05), (" light", -0.4), ("house", -0.01), (" keeper", -1.2), (" waited", -2.5), (".", -4.0)];
const STORM: &[(&str, f64)] =
    &[("A", -1.9), (" storm", -2.1), (" broke", -0.6), (" over", -0.3), (" the cliff.", -0.9)];

/// A grid of two temperatures with four answers each, of which the last is on its way.
fn answered(model: &mut Model) -> u64 {
    press(model, "j left left left left j enter");
    press(model, ", 1 . 2 enter");
    let (flight, plan) = ask(model);
    assert_eq!((plan.settings.len(), plan.total()), (2, 8));
    let mut steps = vec![answer(0, 0, LIGHT), answer(0, 1, LIGHT), answer(0, 2, STORM), answer(0, 3, LIGHT)];
    steps.extend([answer(1, 0, STORM), answer(1, 1, LIGHT)]);
    let failed = Outcome::Failed(Problem::failed("the engine fell silent", "nothing came for 300 s", "ask again"));
    steps.push(Step::Ended(Box::new(Answer {
        place: Place { setting: 1, index: 2 },
        outcome: failed,
        ..Answer::default()
    })));
    steps.push(Step::Text { place: Place { setting: 1, index: 3 }, text: "A gull".to_owned() });
    tell(model, Sampling::Steps { flight, steps });
    flight
}

#[test]
fn what_is_asked_for() {
    let mut model = deck();
    check("sampling_80x24", &draw(&model, "terminal", (80, 24)));
    check("sampling_ascii", &draw_ascii(&model, "terminal", (80, 24)));
    press(&mut model, "w space");
    check("sampling_targets_80x24", &draw(&model, "terminal", (80, 24)));
}

#[test]
fn answers_stand_side_by_side() {
    let mut model = deck();
    let flight = answered(&mut model);
    check("sampling_answers_200x50", &draw(&model, "terminal", (200, 50)));
    check("sampling_answers_80x24", &draw(&model, "terminal", (80, 24)));
    let stop = effects(press(&mut model, "s"));
    assert_eq!(stop, [Effect::Stop(flight)]);
    tell(&mut model, Sampling::Over { flight, stopped: true, problem: None });
    check("sampling_stopped_80x24", &draw(&model, "terminal", (80, 24)));
    assert!(effects(press(&mut model, "s")).is_empty(), "nothing is on its way any more");
}

#[test]
fn two_groups_word_by_word() {
    let mut model = deck();
    answered(&mut model);
    press(&mut model, "space j d");
    check("sampling_difference_80x24", &draw(&model, "terminal", (80, 24)));
    check("sampling_difference_200x50", &draw(&model, "terminal", (200, 50)));
}

#[test]
fn tokens_and_a_branch() {
    let mut model = deck();
    let flight = answered(&mut model);
    press(&mut model, "x u");
    check("sampling_tokens_80x24", &draw(&model, "terminal", (80, 24)));
    check("sampling_tokens_ascii", &draw_ascii(&model, "terminal", (80, 24)));
    check("sampling_tokens_200x50", &draw(&model, "terminal", (200, 50)));
    press(&mut model, "j");
    let Some(Effect::GoOn { branch, place, .. }) = effects(press(&mut model, "enter")).pop() else { panic!() };
    assert_eq!((branch.prefix.as_str(), branch.parent.token, place.index), ("The lighthouse storm", 3, 4));
    let text = Step::Text { place, text: "The lighthouse storm had passed.".to_owned() };
    tell(&mut model, Sampling::Steps { flight, steps: vec![text] });
    tell(&mut model, Sampling::Branched { flight, place, problem: None });
    press(&mut model, "esc");
    check("sampling_branch_200x50", &draw(&model, "terminal", (200, 50)));
    press(&mut model, "x e");
    check("sampling_other_80x24", &draw(&model, "terminal", (80, 24)));
}

#[test]
fn winning_settings_become_a_preset() {
    let mut model = deck();
    answered(&mut model);
    press(&mut model, "l p");
    check("sampling_preset_80x24", &draw(&model, "terminal", (80, 24)));
    let saved = press(&mut model, "enter");
    let Some(Root::Chat(chat::Effect::SavePreset { name, settings })) = saved.into_iter().next() else { panic!() };
    assert_eq!(name, model.lab.sampling.flights[0].target.model.rsplit('/').next().unwrap());
    assert_eq!((settings.real(Param::Temperature), settings.whole(Param::N)), (Some(1.2), None));
}
