//! Several models on one card: which are awake at the same time, which take turns, what each is given, what waking costs.
//!
//! Free memory is dealt out: each model first gets the least with which it grants its shortest wish, then what is left goes to
//! all of them evenly until each has all that it wishes. Where not all fit, those named last take turns: one of them is
//! awake, the others sleep (vLLM) or are unloaded. Engines start one after the other: each looks at what is free then, and
//! another that loads at the same moment would be taken for its own.

mod deal;
mod sleep;

#[cfg(test)]
mod tests;

pub use sleep::{Asleep, Rest};

use super::Facts;
use super::fit::{Engine, Fit, PartKind, Room, Version};
use super::solve::{Solution, Wish};
use crate::base::Problem;
use crate::base::units::MIB;
use deal::Need;

/// vLLM's context beside its share of the card.
const CONTEXT: u64 = 448 * MIB;

/// How often a card is dealt out anew at most.
const ROUNDS: usize = 4;

/// A model that is to be on the card with others.
#[derive(Debug, Clone)]
pub struct Guest {
    /// What it is called.
    pub name: String,
    /// What is known of it.
    pub facts: Facts,
    /// The engine that serves it.
    pub engine: Engine,
    /// The engine's release; `None` for the newest.
    pub version: Option<Version>,
    /// What is wished for. An open length is 8,192 tokens at least and what the intent says at most.
    pub wish: Wish,
}

/// Where they are to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Host {
    /// The card.
    pub room: Room,
    /// Free bytes of RAM, where known: sleeping weights lie there.
    pub ram: Option<u64>,
    /// Most bytes per second from RAM to the card, where known.
    pub link: Option<f64>,
}

/// What becomes of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Always ready.
    Awake,
    /// Ready while the others that take turns are not.
    Turns,
    /// Not started.
    LeftOut,
}

impl Role {
    /// The word of the JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Awake => "awake",
            Self::Turns => "turns",
            Self::LeftOut => "left_out",
        }
    }
}

/// A model in the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// Index among the guests.
    pub guest: usize,
    /// What becomes of it.
    pub role: Role,
    /// Bytes of the card that it is given.
    pub given: u64,
    /// Bytes of them that it takes while it is awake, by the sum.
    pub takes: u64,
    /// Its flags, and the fit they lead to; `None` for one that is left out.
    pub solution: Option<Solution>,
    /// How it sleeps and what that costs; for those that take turns.
    pub asleep: Option<Asleep>,
    /// Why it has this role, one sentence.
    pub why: String,
}

/// A plan, in the order in which the engines start; what is left out comes last.
#[derive(Debug, Clone, PartialEq)]
pub struct Together {
    /// The models.
    pub placed: Vec<Placed>,
    /// Free bytes before anything starts, as the plan deals them out.
    pub free: u64,
    /// Bytes that nobody is given.
    pub spare: u64,
}

/// The plan for these models, the most important first.
///
/// # Errors
/// Usage, when there are none; failed, when not one of them starts.
pub fn together(guests: &[Guest], host: &Host) -> Result<Together, Problem> {
    if guests.is_empty() {
        return Err(Problem::usage("there is nothing to plan", "no model was named", "name two or more"));
    }
    let free = host.room.free.unwrap_or_else(|| host.room.total.saturating_sub(CONTEXT)).min(host.room.total);
    let mut needs: Vec<Result<Need, String>> = guests.iter().map(|guest| deal::need(guest, host.room, free)).collect();
    let (mut plan, mut failed) = dealt(guests, host, free, &needs)?;
    // With more of the card some flags make a sleeping engine keep more than was thought, and with less there may be none that
    // start: then it is dealt anew.
    for _ in 0..ROUNDS + guests.len() {
        for at in &failed {
            if let Some(need) = needs.get_mut(*at) {
                *need = Err("no flags were found for what it would be given".to_owned());
            }
        }
        if !raise(&mut needs, &plan.placed) && failed.is_empty() {
            break;
        }
        (plan, failed) = dealt(guests, host, free, &needs)?;
    }
    Ok(plan)
}

/// Takes what sleeping engines keep by the flags they got into the needs; whether that is more than was counted.
fn raise(needs: &mut [Result<Need, String>], placed: &[Placed]) -> bool {
    let mut more = false;
    for one in placed {
        let holds = one.asleep.as_ref().map_or(0, |asleep| asleep.holds);
        if let Some(Ok(need)) = needs.get_mut(one.guest) {
            more |= holds > need.asleep;
            need.asleep = need.asleep.max(holds);
        }
    }
    more
}

/// Deals the card out by these needs; with the guests for which there were no flags then.
fn dealt(
    guests: &[Guest],
    host: &Host,
    free: u64,
    needs: &[Result<Need, String>],
) -> Result<(Together, Vec<usize>), Problem> {
    let able: Vec<(usize, &Need)> =
        needs.iter().enumerate().filter_map(|(at, need)| Some((at, need.as_ref().ok()?))).collect();
    if able.is_empty() {
        let said = needs.iter().zip(guests).find_map(|(need, guest)| Some((guest, need.as_ref().err()?)));
        let why = said.map_or_else(String::new, |(guest, why)| format!("{}: {why}", guest.name));
        let hint = "take smaller variants: vramdeck models lists what fits";
        return Err(Problem::failed("none of these models starts on this card", why, hint));
    }
    let (kept, awake) = deal::split(&able, free, host.ram);
    let mut shares = deal::shares(&kept, awake, free);
    let (mut placed, mut failed): (Vec<Placed>, Vec<usize>) = (Vec::new(), Vec::new());
    for (place, ((at, need), given)) in kept.iter().zip(&mut shares).enumerate() {
        let role = if place < awake { Role::Awake } else { Role::Turns };
        // Engines round what they are told, so that a little more than the least may be of no use where the least is.
        let seat = |given: u64| guests.get(*at).and_then(|guest| seat(*at, guest, role, given, host));
        match seat(*given).or_else(|| seat(need.least)) {
            Some(one) => {
                *given = one.given;
                placed.push(one);
            }
            None => failed.push(*at),
        }
    }
    let held = shares.iter().take(awake).fold(0_u64, |sum, share| sum.saturating_add(*share));
    let spare = free.saturating_sub(held).saturating_sub(deal::turns(&kept, awake, &shares));
    let left = needs.iter().enumerate().filter(|(at, _)| !kept.iter().any(|(kept, _)| kept == at));
    placed.extend(left.map(|(at, need)| left_out(at, need.as_ref().err().cloned())));
    placed.sort_by_key(|one| one.role == Role::LeftOut);
    Ok((Together { placed, free, spare }, failed))
}

fn left_out(guest: usize, why: Option<String>) -> Placed {
    let why =
        why.unwrap_or_else(|| "there is no room for it beside the others, not even for one that sleeps".to_owned());
    Placed { guest, role: Role::LeftOut, given: 0, takes: 0, solution: None, asleep: None, why }
}

/// A model with the flags for what it is given; `None` where no flags start it with that.
fn seat(at: usize, guest: &Guest, role: Role, given: u64, host: &Host) -> Option<Placed> {
    let solution = deal::settled(guest, host.room.total, given)?;
    let takes = takes(&solution.fit).min(given);
    let asleep = (role == Role::Turns).then(|| sleep::asleep(guest.engine, &solution.fit, host.link));
    let why = match role {
        Role::Turns => "it takes turns: not all are awake at the same time".to_owned(),
        Role::Awake | Role::LeftOut => solution.fit.why.clone(),
    };
    Some(Placed { guest: at, role, given, takes, solution: Some(solution), asleep, why })
}

/// Whether layers would lie in RAM.
fn is_split(solution: &Solution) -> bool {
    solution.ask.flags.gpu_layers.is_some() || solution.fit.offload.is_some_and(|(on, all)| on < all)
}

/// Bytes of the card that an engine holds once it is ready: vLLM its whole share and its context beside it, the others what
/// they set aside.
fn takes(fit: &Fit) -> u64 {
    if fit.engine == Engine::Vllm {
        return fit.budget.saturating_add(CONTEXT);
    }
    let own = fit.parts.iter().filter(|part| part.kind != PartKind::Outside);
    own.fold(0, |sum, part| sum.saturating_add(part.bytes))
}
