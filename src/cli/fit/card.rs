//! Which card is meant: stated, known by name, or the one at hand.

use super::request::Request;
use crate::base::{Bytes, Problem};
use crate::cli::Context;
use crate::gpu::live::{Options, Reader, SimCard, SourceChoice};
use crate::models::cards;
use crate::models::fit::Room;

/// The memory that the request is judged for.
///
/// # Errors
/// When a card is not known, or none is stated and none can be read.
pub(super) fn room(request: &Request, context: &Context) -> Result<Room, Problem> {
    let stated = match (&request.gpu, request.vram_bytes) {
        (_, Some(total)) => Some(total),
        (Some(name), None) => Some(named(name)?),
        (None, None) => None,
    };
    let room = match stated {
        Some(total) => Room { total, free: None },
        None => live(context)?,
    };
    let total = room.total;
    let free = match (request.free_bytes, request.desktop_reserve_bytes) {
        (Some(free), _) if free > total => {
            let why = format!("{} of a card of {}", Bytes(free), Bytes(total));
            return Err(Problem::usage("--free-bytes cannot be used", why, "free memory is at most the total"));
        }
        (Some(free), _) => Some(free),
        (None, Some(reserve)) => Some(total.saturating_sub(reserve)),
        (None, None) => room.free,
    };
    if total == 0 {
        return Err(Problem::usage("--vram-bytes cannot be used", "it is 0", "the card's total in bytes"));
    }
    Ok(Room { total, free })
}

fn named(name: &str) -> Result<u64, Problem> {
    cards::find(name).map(|card| card.total).ok_or_else(|| {
        let hint = "--vram-bytes N, the total as CUDA reports it";
        Problem::usage("--gpu is not understood", format!("no card {name:?} is known"), hint)
    })
}

/// The first card at hand. CUDA's total is NVML's without what driver and firmware keep.
fn live(context: &Context) -> Result<Room, Problem> {
    let choice = match &context.demo {
        None => SourceChoice::Nvml,
        Some(scenario) => {
            let presets = context.paths.config.join("cards");
            SourceChoice::Simulated(SimCard::create(&context.paths.simulated_card(), scenario, Some(&presets))?)
        }
    };
    let sample = Reader::new(choice, Options::default()).read_whole();
    let none = |why: String| Problem::failed("no card to judge for", why, "--gpu NAME or --vram-bytes N");
    let Some(card) = sample.cards.first() else {
        return Err(none(sample.problem.map_or_else(|| "none is there".to_owned(), |problem| problem.why)));
    };
    let memory = card.memory.as_ref().map_err(|why| none(why.to_string()))?;
    let reserved = memory.reserved.as_ref().map_or(Bytes(0), |bytes| *bytes);
    Ok(Room { total: memory.total.minus(reserved).0, free: Some(memory.free.0) })
}
