//! The plan as JSON.

use super::{Answer, commands};
use crate::models::solve;
use crate::models::together::{Asleep, Placed};
use serde_json::{Value, json};

/// One document.
pub(super) fn answer(answer: &Answer) -> Value {
    let spec = &answer.card.spec;
    json!({
        "card": {"name": spec.name, "memory_total_bytes": spec.total},
        "free_bytes": answer.plan.free,
        "free_basis": answer.card.basis,
        "spare_bytes": answer.plan.spare,
        "ram_free_bytes": answer.ram,
        "models": answer.plan.placed.iter().enumerate().map(|(place, one)| placed(answer, one, place)).collect::<Vec<_>>(),
    })
}

fn placed(answer: &Answer, one: &Placed, place: usize) -> Value {
    let guest = answer.guests.get(one.guest);
    let solution = one.solution.as_ref();
    json!({
        "model": guest.map(|guest| &guest.name),
        "engine": guest.map(|guest| guest.engine.name()),
        "role": one.role.name(),
        "why": one.why,
        "given_bytes": solution.map(|_| one.given),
        "takes_bytes": solution.map(|_| one.takes),
        "verdict": solution.map(|solution| solution.fit.verdict.name()),
        "context": solution.map(solve::Solution::context),
        "requests": solution.map(|solution| solution.requests),
        "flags": solution.map(|solution| solve::flags(&solution.ask)),
        "env": solution.map(|solution| solve::environment(&solution.ask)),
        "start": commands::start(answer, one, place),
        "rest": commands::rest(answer, one, place),
        "asleep": one.asleep.as_ref().map(asleep),
    })
}

fn asleep(asleep: &Asleep) -> Value {
    let mut said =
        json!({"how": asleep.rest.name(), "holds_bytes": asleep.holds, "ram_bytes": asleep.ram, "wake_seconds": null});
    match &asleep.wake {
        Ok((low, high)) => said["wake_seconds"] = json!({"low": low, "high": high}),
        Err(unknown) => said["wake_seconds_unknown"] = json!(unknown.why),
    }
    said
}
