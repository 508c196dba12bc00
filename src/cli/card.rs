//! The card that models are judged for: stated, known by name, or the one in the machine.

use crate::base::{Bytes, Problem, Reading, Unknown};
use crate::cli::Context;
use crate::engines::fit::as_judged;
use crate::gpu::live::{Options, Reader, SimCard, SourceChoice};
use crate::gpu::{Card as Device, Sample, Source};
use crate::models::cards::{Spec, meant};
use crate::models::fit::Room;
use crate::models::fit::learned::Place;
use crate::runtime::learning::{self, Machine};

/// Which card is meant, as the options say it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wish<'a> {
    /// `--gpu`.
    pub gpu: Option<&'a str>,
    /// `--vram-bytes`; wins over the total of a named card.
    pub vram_bytes: Option<u64>,
    /// `--free-bytes`.
    pub free_bytes: Option<u64>,
    /// `--desktop-reserve-bytes`, where free bytes are not said.
    pub reserve_bytes: Option<u64>,
}

impl Wish<'_> {
    /// Whether a card is named or its memory said.
    pub fn is_stated(&self) -> bool {
        self.gpu.is_some() || self.vram_bytes.is_some()
    }
}

/// A card with its memory now.
#[derive(Debug, Clone)]
pub(super) struct Card {
    pub spec: Spec,
    pub room: Room,
    /// What the free bytes rest on: `driver`, `stated`, `assumed` or `simulated`.
    pub basis: &'static str,
    /// Card, driver and system, by which it is known what starts taught.
    pub place: Place,
    /// Cards of the machine it is in; 1 for one that is stated.
    pub cards: u32,
}

/// The card that is meant.
///
/// # Errors
/// When a name is not known, a number cannot be, or none is stated and none can be read.
pub(super) fn card(wish: Wish<'_>, context: &Context) -> Result<Card, Problem> {
    let stated = |spec: Spec| {
        let place = Place { card: spec.name.clone(), ..Place::default() };
        Card { room: Room { total: spec.total, free: None }, basis: "assumed", spec, place, cards: 1 }
    };
    let reserve = context.reserve();
    // A card that is not here has no desktop whose use could count: all of the reserve is kept of it.
    let wish = match wish.reserve_bytes.or(Some(reserve.0).filter(|bytes| *bytes > 0 && wish.is_stated())) {
        Some(bytes) => Wish { reserve_bytes: Some(bytes), ..wish },
        None => wish,
    };
    let card = match (wish.gpu, wish.vram_bytes) {
        (Some(name), total) => stated(named(name, total)?),
        (None, Some(total)) => stated(nameless(total)),
        (None, None) => at_hand(context)?,
    };
    with_free(card, wish)
}

fn with_free(mut card: Card, wish: Wish<'_>) -> Result<Card, Problem> {
    let total = card.room.total;
    if total == 0 {
        return Err(Problem::usage("--vram-bytes cannot be used", "it is 0", "the card's total in bytes"));
    }
    let free = wish.free_bytes.or_else(|| Some(total.saturating_sub(wish.reserve_bytes?)));
    if let Some(free) = free {
        if free > total {
            let why = format!("{} of a card of {}", Bytes(free), Bytes(total));
            return Err(Problem::usage("--free-bytes cannot be used", why, "free memory is at most the total"));
        }
        card.room.free = Some(free);
        card.basis = "stated";
    }
    Ok(card)
}

fn named(name: &str, total: Option<u64>) -> Result<Spec, Problem> {
    let cards = meant(name);
    let nearest = cards.iter().min_by_key(|card| total.map_or(0, |total| card.nominal_bytes().abs_diff(total)));
    let Some(card) = nearest else {
        let hint = "give its memory with --vram-bytes, or a name such as \"RTX 5080\"";
        return Err(Problem::usage(
            format!("the card {name:?} is not known"),
            "no card of that name is in the data",
            hint,
        ));
    };
    if total.is_none() && cards.iter().any(|other| other.nominal_gb != card.nominal_gb) {
        let named: Vec<String> =
            cards.iter().map(|card| format!("\"{} {} GB\"", card.spec.name, card.nominal_gb)).collect();
        let why = "cards of that name differ in memory";
        let hint = format!("say which: {}", named.join(" or "));
        return Err(Problem::usage(format!("the card {name:?} is not clear"), why, hint));
    }
    Ok(Spec { total: total.unwrap_or(card.spec.total), ..card.spec.clone() })
}

fn nameless(total: u64) -> Spec {
    Spec { name: "a card".to_owned(), total, bandwidth: None, compute: None, tensor_flops: None }
}

/// The first card of this machine, or of the demo, that says its memory.
fn at_hand(context: &Context) -> Result<Card, Problem> {
    let sample = read(context)?;
    let found = sample.cards.iter().find_map(|device| seen(device, &sample, context));
    found.ok_or_else(|| {
        let why = sample.problem.map_or_else(|| "no card says its memory".to_owned(), |problem| problem.what);
        Problem::failed("there is no card to judge for", why, "name one with --gpu, or give --vram-bytes")
    })
}

/// The card of this machine, else its memory: what a launch is predicted for.
///
/// # Errors
/// When neither says how much it has.
pub(super) fn machine(context: &Context) -> Reading<Machine> {
    let sample = read(context).map_err(|problem| Unknown::because(problem.why))?;
    Machine::of(&sample)
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

/// A device as engines see it, its free memory without what must stay free for the desktop.
fn seen(device: &Device, sample: &Sample, context: &Context) -> Option<Card> {
    let (spec, room) = as_judged(device, context.reserve())?;
    let basis = if matches!(sample.source, Source::Simulated(_)) { "simulated" } else { "driver" };
    let place = learning::place(&spec.name, sample);
    let cards = u32::try_from(sample.cards.len()).unwrap_or(1);
    Some(Card { room, basis, spec, place, cards })
}
