//! The card that everything is judged for.

use super::Args;
use crate::base::Problem;
use crate::cli::Context;
use crate::gpu::live::{Options, Reader, SimCard, SourceChoice};
use crate::gpu::{Card as Seen, Sample};
use crate::models::cards::{Spec, find};
use crate::models::fit::Room;

/// A card with its memory now.
pub(super) struct Card {
    pub spec: Spec,
    pub room: Room,
    /// What the free bytes rest on: `driver`, `stated`, `assumed`; or `simulated`.
    pub basis: &'static str,
}

/// The card that was asked for, else the one in the machine.
pub(super) fn card(args: &Args, context: &Context) -> Result<Card, Problem> {
    let stated = |spec: Spec| {
        let room = Room { total: spec.total, free: args.free_bytes.map(|free| free.min(spec.total)) };
        Card { room, basis: if args.free_bytes.is_some() { "stated" } else { "assumed" }, spec }
    };
    if let Some(name) = &args.gpu {
        let unknown = || {
            let hint = "give its memory with --vram-bytes, or a name such as \"RTX 5080\"";
            Problem::usage(format!("the card {name} is not known"), "no card of that name is in the data", hint)
        };
        return find(name).cloned().map(stated).ok_or_else(unknown);
    }
    if let Some(total) = args.vram_bytes {
        let name = "a card".to_owned();
        return Ok(stated(Spec { name, total, bandwidth: None, compute: None, tensor_flops: None }));
    }
    let sample = read(context)?;
    let found = sample.cards.iter().find_map(|card| seen(card, args.free_bytes));
    let simulated = context.demo.is_some() && args.free_bytes.is_none();
    found.map(|card| if simulated { Card { basis: "simulated", ..card } } else { card }).ok_or_else(|| {
        let why = sample.problem.map_or_else(|| "no card says its memory".to_owned(), |problem| problem.what);
        Problem::failed("there is no card to judge for", why, "name one with --gpu, or give --vram-bytes")
    })
}

fn read(context: &Context) -> Result<Sample, Problem> {
    let choice = match &context.demo {
        None => SourceChoice::Nvml,
        Some(scenario) => {
            let presets = context.paths.config.join("cards");
            SourceChoice::Simulated(SimCard::create(&context.paths.simulated_card(), scenario, Some(&presets))?)
        }
    };
    Ok(Reader::new(choice, Options::default()).read())
}

/// A card of this machine as engines see it. CUDA reports less than the driver: what it reports for a known card, else
/// what is left without the part that the driver keeps.
fn seen(card: &Seen, free: Option<u64>) -> Option<Card> {
    let memory = card.memory.as_ref().ok()?;
    let name = card.name.as_deref().unwrap_or("the card");
    let whole = memory.total.0;
    let kept = memory.reserved.as_ref().map_or(0, |bytes| bytes.0);
    let known = find(name).filter(|spec| spec.total <= whole && spec.total > whole / 8 * 7);
    let total = known.map_or(whole.saturating_sub(kept), |spec| spec.total);
    let short = name.trim_start_matches("NVIDIA ").trim_start_matches("GeForce ").to_owned();
    let told = Spec { name: short, total, bandwidth: None, compute: None, tensor_flops: None };
    let mut spec = known.cloned().unwrap_or(told);
    spec.compute = card.compute_capability.as_ref().ok().copied().or(spec.compute);
    let basis = if free.is_some() { "stated" } else { "driver" };
    Some(Card { spec, room: Room { total, free: Some(free.unwrap_or(memory.free.0).min(total)) }, basis })
}
