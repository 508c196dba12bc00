//! Several models chosen, planned and started together.

use super::fake::{deck, detail, go};
use crate::support::{check, draw, send};
use std::sync::Arc;
use vramdeck::app::screens::engines::Effect as Engines;
use vramdeck::app::screens::models::ranking::{Pick, Ranking};
use vramdeck::app::screens::models::together::Planned;
use vramdeck::app::screens::models::{Effect as Wish, Focus, Msg as Told};
use vramdeck::app::{Effect, Model, Msg, Overlay};
use vramdeck::base::units::GIB;
use vramdeck::base::{Problem, Unknown};
use vramdeck::models::together::{Asleep, Placed, Rest, Role, Together};

/// A plan: the first is always awake, the next two take turns, whatever comes after is left out.
fn planned(ranking: &Ranking, picks: &[Pick]) -> Planned {
    let placed = picks.iter().enumerate().map(|(guest, pick)| {
        let role = [Role::Awake, Role::Turns, Role::Turns].get(guest).copied().unwrap_or(Role::LeftOut);
        let sleeps = Asleep { rest: Rest::Sleeps, holds: GIB, ram: 6 * GIB, wake: Ok((0.11, 0.24)) };
        let stops = Asleep { rest: Rest::Stops, holds: 0, ram: 0, wake: Err(Unknown::because("a disk is read")) };
        let solution = detail(ranking, pick).and_then(|detail| detail.solution.ok());
        Placed {
            guest,
            role,
            given: 5 * GIB,
            takes: 4 * GIB + GIB / 2,
            solution: solution.filter(|_| role != Role::LeftOut),
            asleep: (role == Role::Turns).then_some(if guest == 1 { sleeps } else { stops }),
            why: "there is no room for it beside the others".to_owned(),
        }
    });
    let plan = Together { placed: placed.collect(), free: 14 * GIB, spare: 3 * GIB };
    Planned { generation: ranking.generation, picks: picks.to_vec(), result: Ok(plan) }
}

/// Presses keys, answers what is to be planned with `how`, gives back all other wishes.
fn fly(model: &mut Model, keys: &str, how: impl Fn(&Ranking, &[Pick]) -> Planned) -> Vec<Effect> {
    let mut rest = Vec::new();
    for effect in go(model, keys) {
        match effect {
            Effect::Models(Wish::Together { ranking, picks }) => {
                let told = Told::Planned(Arc::new(how(&ranking, &picks)));
                rest.extend(send(model, Msg::Models(told)));
            }
            other => rest.push(other),
        }
    }
    rest
}

const FOUR: &str = "m down m down m down m p";

#[test]
fn the_plan_at_each_size() {
    for size in [(80, 24), (120, 40), (200, 50)] {
        let mut model = deck(size);
        fly(&mut model, "m down m", planned);
        check(&format!("models_seats_{}x{}", size.0, size.1), &draw(&model, "terminal", size));
        let mut model = deck(size);
        fly(&mut model, FOUR, planned);
        check(&format!("models_together_{}x{}", size.0, size.1), &draw(&model, "terminal", size));
    }
}

#[test]
fn where_nothing_fits_it_is_said() {
    let none = |ranking: &Ranking, picks: &[Pick]| Planned {
        result: Err(Problem::failed("none of these models starts", "9 GiB are missing", "take smaller ones")),
        ..planned(ranking, picks)
    };
    let mut model = deck((80, 24));
    fly(&mut model, "m p", none);
    check("models_together_none", &draw(&model, "mono", (80, 24)));
    assert!(fly(&mut model, "enter", none).is_empty() && model.overlays.is_empty());
}

#[test]
fn models_are_chosen_and_taken_out_again() {
    let mut model = deck((120, 40));
    fly(&mut model, "p", planned);
    assert_eq!(model.models.focus, Focus::List, "nothing was chosen");
    fly(&mut model, "m down m up m", planned);
    assert_eq!(model.models.seats.len(), 1);
    fly(&mut model, "v m", planned);
    assert_eq!(model.models.seats.len(), 2, "another way is another choice");
    fly(&mut model, "p", planned);
    assert_eq!(model.models.focus, Focus::Together);
    assert_eq!(model.models.planned.as_ref().unwrap().picks, model.models.seats);
    fly(&mut model, "esc", planned);
    assert_eq!(model.models.focus, Focus::List);
}

#[test]
fn after_a_yes_they_start_one_after_the_other() {
    let mut model = deck((120, 40));
    fly(&mut model, FOUR, planned);
    assert!(fly(&mut model, "enter", planned).is_empty(), "nothing starts without a yes");
    let Some(Overlay::Confirm(confirm)) = model.overlays.last() else { panic!("no question") };
    assert!(confirm.question.contains("3 models") && !confirm.selected_yes, "{confirm:?}");
    assert!(confirm.detail.iter().any(|line| line.ends_with("then asleep")), "{confirm:?}");
    let effects = fly(&mut model, "y", planned);
    let [Effect::Engines(Engines::InOrder(steps))] = effects.as_slice() else { panic!("{effects:?}") };
    let rests: Vec<Option<Rest>> = steps.iter().map(|step| step.rests).collect();
    assert_eq!(rests, [None, Some(Rest::Sleeps), Some(Rest::Stops)]);
    let sleeper = &steps[1].request.spec;
    assert!(sleeper.flags.iter().any(|set| set.flag == "--enable-sleep-mode"), "{sleeper:?}");
    assert_eq!(sleeper.env, [("VLLM_SERVER_DEV_MODE".to_owned(), "1".to_owned())]);
}
