//! What a constraint costs: the same question with and without it.

use super::watch::{STOPPED, order};
use crate::app::screens::structured::Msg;
use crate::app::screens::structured::cost::{Measured, Order, rows};
use crate::base::Problem;
use crate::lab::structured::ask::Question;
use crate::lab::structured::cost::{Sample, cost};
use crate::runtime::structured;
use crate::runtime::world::Common;
use crate::wire::live::Client;
use std::sync::{Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Measures, and tells after each answer what is known by then.
pub(super) async fn measure(id: u64, wanted: Order, client: Client, common: Common, cancel: CancellationToken) {
    let tell = |told: Result<Measured, Problem>| {
        common.tell(super::say(Msg::Cost { generation: id, told: told.map(Box::new) }));
    };
    let (question, endpoint) = match order(&wanted.ask) {
        Ok(order) => order,
        Err(problem) => return tell(Err(problem)),
    };
    // The time to the first token is seen in a stream alone.
    let question = Question { stream: true, ..question };
    let samples: Mutex<Vec<Sample>> = Mutex::default();
    let so_far = || samples.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let each = |sample: &Sample| {
        samples.lock().unwrap_or_else(PoisonError::into_inner).push(sample.clone());
        tell(Ok(measured(&so_far(), false, None)));
    };
    tokio::select! {
        _ = structured::cost(&question, wanted.times, &endpoint, &client, each) => {}
        () = cancel.cancelled() => return tell(Ok(measured(&so_far(), true, Some(STOPPED)))),
    }
    let samples = so_far();
    match samples.iter().find_map(|sample| sample.failure.clone()) {
        Some(why) if samples.iter().all(|sample| sample.failure.is_some()) => {
            let hint = "x shows the request; Engines shows the server's log";
            tell(Err(Problem::failed("the cost is not measured", why, hint)));
        }
        _ => tell(Ok(measured(&samples, true, None))),
    }
}

fn measured(samples: &[Sample], whole: bool, note: Option<&str>) -> Measured {
    let (rows, mut notes) = rows(&cost(samples));
    notes.extend(note.map(str::to_owned));
    Measured { done: u32::try_from(samples.len()).unwrap_or(u32::MAX), rows, notes, whole }
}
