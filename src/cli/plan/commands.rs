//! The commands that carry a plan out, one after the other: `vramdeck launch` answers once the engine is ready.

use super::Answer;
use crate::models::fit::Engine;
use crate::models::solve;
use crate::models::together::{Placed, Rest, Role};

/// The first port of those that are told to engines which must be reached by a command of the plan.
const PORT: usize = 8101;

/// Starts a model of the plan, at its place in the order; `None` for one that is left out.
pub(super) fn start(answer: &Answer, one: &Placed, place: usize) -> Option<Vec<String>> {
    let guest = answer.guests.get(one.guest)?;
    let solution = one.solution.as_ref()?;
    let mut words: Vec<String> =
        ["vramdeck", "launch", &guest.name, "--engine", guest.engine.name()].map(str::to_owned).to_vec();
    let mut flags = solve::flags(&solution.ask);
    if one.asleep.as_ref().is_some_and(|asleep| asleep.rest == Rest::Stops) {
        words.extend(["--name".to_owned(), name(&guest.name, place)]);
    }
    if sleeps(one) {
        words.extend(["--port".to_owned(), (PORT + place).to_string()]);
        words.extend(["--env", "VLLM_SERVER_DEV_MODE=1"].map(str::to_owned));
        flags.push("--enable-sleep-mode".to_owned());
    }
    if !flags.is_empty() {
        words.push("--".to_owned());
        words.extend(flags);
    }
    Some(words)
}

/// Makes room for the next one, where models take turns.
pub(super) fn rest(answer: &Answer, one: &Placed, place: usize) -> Option<Vec<String>> {
    let guest = answer.guests.get(one.guest)?;
    let words = match (one.asleep.as_ref()?.rest, guest.engine) {
        (Rest::Sleeps, _) => vec!["curl", "-fsS", "-X", "POST"],
        (Rest::Stops, _) => {
            return Some(["vramdeck", "stop", &name(&guest.name, place)].map(str::to_owned).to_vec());
        }
        (Rest::Unloads, Engine::Ollama) => return Some(["ollama", "stop", &guest.name].map(str::to_owned).to_vec()),
        (Rest::Unloads, _) => return None,
    };
    let url = format!("http://127.0.0.1:{}/sleep?level=1", PORT + place);
    Some(words.into_iter().map(str::to_owned).chain([url]).collect())
}

/// The name of a run that has to be stopped by it: of its model and its place, so that it is the only one.
fn name(model: &str, place: usize) -> String {
    format!("{}-{}", crate::engines::naming::from_model(model), place + 1)
}

fn sleeps(one: &Placed) -> bool {
    one.role == Role::Turns && one.asleep.as_ref().is_some_and(|asleep| asleep.rest == Rest::Sleeps)
}
