//! Every byte of a card by holder: driver, desktop, each foreign process, each run split into its parts, and free.
//!
//! The driver says how much a process holds; what it holds it for, only its engine knows. An [`Account`] carries what the
//! engine's log and gauges say, as plain figures; the ledger lays them within what the driver counts. The known bytes of
//! all entries add up to the driver's total exactly: what nobody explains is an entry of its own.

use super::holders::{Holder, HolderKind, holders};
use super::{Card, Sample};
use crate::base::{Basis, Bytes, Reading, Unknown};
use serde::Serialize;

/// What bytes are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Not divided.
    Whole,
    /// Model weights.
    Weights,
    /// KV cache that holds tokens of requests now.
    KvInUse,
    /// KV cache set aside, not in use; all of it where its use is not known.
    KvReserved,
    /// Captured CUDA graphs.
    Graphs,
    /// Activations and compute buffers.
    Activations,
    /// Held by the run, named by nobody: the runtime's context, libraries, what its allocator keeps.
    Other,
}

impl Part {
    /// The word on a screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Whole => "all",
            Self::Weights => "weights",
            Self::KvInUse => "kv in use",
            Self::KvReserved => "kv reserved",
            Self::Graphs => "graphs",
            Self::Activations => "activations",
            Self::Other => "other",
        }
    }
}

/// Who says a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The driver.
    Nvml,
    /// The simulated card.
    Simulated,
    /// The engine's log.
    Log,
    /// The engine's log and its live gauge of use.
    Gauge,
    /// What is left when the others are taken away, or a figure cut to what the driver counts.
    Computed,
}

/// What a run's engine says of its memory on cards. A figure it does not name is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Name of the run, as in [`super::GpuProcess::run`].
    pub run: String,
    /// Model weights.
    pub weights: Option<Bytes>,
    /// The KV cache, set aside as a whole.
    pub kv: Option<Bytes>,
    /// Captured graphs.
    pub graphs: Option<Bytes>,
    /// Activations and compute buffers.
    pub activations: Option<Bytes>,
    /// Share of the KV cache in use now, 0 to 1.
    pub kv_usage: Reading<f64>,
    /// Whether weights and cache have left the card for now (sleep mode).
    pub asleep: bool,
    /// Whether the figures are of each card (one worker a card), or of all cards together.
    pub each_card: bool,
}

impl Account {
    /// An account of a run whose engine named nothing yet.
    pub fn of(run: impl Into<String>) -> Self {
        Self {
            run: run.into(),
            weights: None,
            kv: None,
            graphs: None,
            activations: None,
            kv_usage: Err(Unknown::because("the engine was not asked")),
            asleep: false,
            each_card: true,
        }
    }

    fn says_anything(&self) -> bool {
        self.asleep || [self.weights, self.kv, self.graphs, self.activations].iter().any(Option::is_some)
    }
}

/// Bytes of one holder for one purpose.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What kind of holder.
    pub kind: HolderKind,
    /// Name of the run or process; for what is not explained, the reason.
    pub holder: String,
    /// What for.
    pub part: Part,
    /// How much; unknown where nobody says.
    pub bytes: Reading<Bytes>,
    /// Who says so.
    pub origin: Origin,
    /// What else is to be known of the figure.
    pub note: Option<String>,
    /// The processes behind it.
    pub pids: Vec<u32>,
}

impl Entry {
    /// The run it belongs to.
    pub fn run(&self) -> Option<&str> {
        (self.kind == HolderKind::Run).then_some(self.holder.as_str())
    }
}

/// The ledger of one card.
#[derive(Debug, Clone, PartialEq)]
pub struct Ledger {
    /// All of it, as the driver counts.
    pub total: Bytes,
    /// In the order of the bar; the parts of a run stand together.
    pub entries: Vec<Entry>,
}

impl Ledger {
    /// Sum of all known entries: the card's total.
    pub fn sum(&self) -> Bytes {
        self.entries.iter().filter_map(|entry| entry.bytes.as_ref().ok().copied()).sum()
    }

    /// The entries of a run.
    pub fn of_run<'a>(&'a self, run: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.run() == Some(run))
    }
}

/// The ledger of the card at a place among the sample's cards.
///
/// A run's figures are cut to what the driver counts for its processes, in the order weights, cache, graphs, activations;
/// the rest is [`Part::Other`]. Where the driver does not count by process (WSL), the engine's own figures are taken out
/// of what is in use and not explained. Figures of all cards together are shared out by what the run holds on each.
///
/// # Errors
/// When there is no such card or its memory is unknown.
pub fn ledger(sample: &Sample, at: usize, accounts: &[Account]) -> Reading<Ledger> {
    let card = sample.cards.get(at).ok_or_else(|| Unknown::because("there is no such card"))?;
    let total = card.memory.as_ref().map_err(Clone::clone)?.total;
    let held = holders(card, sample.basis())?;
    let mut spare =
        held.iter().filter(|h| h.kind == HolderKind::Unattributed).filter_map(|h| h.bytes.clone().ok()).sum();
    let mut entries = Vec::with_capacity(held.len() + 8);
    for holder in held {
        let account = accounts.iter().find(|account| account.run == holder.label && account.says_anything());
        match (holder.kind, account) {
            (HolderKind::Run, Some(account)) => {
                let share = if account.each_card { (1, 1) } else { share(&sample.cards, at, &account.run) };
                divide(&holder, account, share, &mut spare, &mut entries);
            }
            (HolderKind::Unattributed, _) if spare == Bytes(0) => {}
            (HolderKind::Unattributed, _) => entries.push(Entry { bytes: Ok(spare), ..whole(holder) }),
            _ => entries.push(whole(holder)),
        }
    }
    Ok(Ledger { total, entries })
}

fn whole(holder: Holder) -> Entry {
    let origin = match holder.basis {
        Basis::Simulated => Origin::Simulated,
        Basis::Measured => Origin::Nvml,
        _ => Origin::Computed,
    };
    let note = holder.bytes.as_ref().err().map(ToString::to_string);
    Entry {
        kind: holder.kind,
        holder: holder.label,
        part: Part::Whole,
        bytes: holder.bytes,
        origin,
        note,
        pids: holder.pids,
    }
}

/// What part of the run's bytes on all cards is on this one, as a fraction; by the number of cards where bytes are not
/// known.
fn share(cards: &[Card], at: usize, run: &str) -> (u64, u64) {
    let of = |card: &Card| {
        let processes = card.processes.as_ref().ok()?;
        let mut own = processes.iter().filter(|process| process.run.as_deref() == Some(run)).peekable();
        own.peek()?;
        Some(own.map(|process| process.used.clone().ok()).try_fold(Bytes(0), |sum, used| Some(sum + used?)))
    };
    let each: Vec<Option<Option<Bytes>>> = cards.iter().map(of).collect();
    let on: Vec<Option<Bytes>> = each.iter().flatten().copied().collect();
    let known: Option<Vec<u64>> = on.iter().map(|bytes| bytes.map(|bytes| bytes.0)).collect();
    let sum = known.map_or(0, |known| known.into_iter().fold(0, u64::saturating_add));
    match each.get(at) {
        Some(Some(Some(own))) if sum > 0 => (own.0.min(sum), sum),
        _ => (1, on.len().max(1) as u64),
    }
}

/// Fills the parts of one run.
struct Filling<'a> {
    holder: &'a Holder,
    left: Bytes,
    /// Whether the driver counted what is divided.
    counted: bool,
    out: &'a mut Vec<Entry>,
}

fn divide(holder: &Holder, account: &Account, share: (u64, u64), spare: &mut Bytes, out: &mut Vec<Entry>) {
    let counted = holder.bytes.is_ok();
    let left = holder.bytes.clone().unwrap_or(*spare);
    let mut filling = Filling { holder, left, counted, out };
    let scaled = |bytes: Option<Bytes>| bytes.map(|bytes| scale(bytes, share));
    if !account.asleep {
        filling.take(Part::Weights, scaled(account.weights), Origin::Log);
        filling.cache(scaled(account.kv), &account.kv_usage);
    }
    filling.take(Part::Graphs, scaled(account.graphs), Origin::Log);
    filling.take(Part::Activations, scaled(account.activations), Origin::Log);
    let left = filling.left;
    if !counted {
        *spare = left;
        let unknown = holder.bytes.clone().map(|_| Bytes(0));
        let note = unknown.as_ref().err().map(ToString::to_string);
        filling.push(Part::Other, unknown, Origin::Computed, note);
    } else if left > Bytes(0) {
        let note = if account.asleep { "it sleeps: weights and cache have left the card" } else { "named by nobody" };
        filling.push(Part::Other, Ok(left), Origin::Computed, Some(note.to_owned()));
    }
}

fn scale(bytes: Bytes, (of, all): (u64, u64)) -> Bytes {
    Bytes((u128::from(bytes.0) * u128::from(of) / u128::from(all.max(1))) as u64)
}

impl Filling<'_> {
    fn push(&mut self, part: Part, bytes: Reading<Bytes>, origin: Origin, note: Option<String>) {
        self.out.push(Entry {
            kind: self.holder.kind,
            holder: self.holder.label.clone(),
            part,
            bytes,
            origin,
            note,
            pids: self.holder.pids.clone(),
        });
    }

    /// As much as is left of what the engine says, and the word on what is not there.
    fn cut(&mut self, said: Bytes, origin: Origin) -> (Bytes, Origin, Option<String>) {
        let got = said.min(self.left);
        self.left = self.left.minus(got);
        if got == said {
            return (got, origin, None);
        }
        let whose = if self.counted { "the driver counts less" } else { "less is in use" };
        (got, Origin::Computed, Some(format!("the engine says {said}, {whose}")))
    }

    fn take(&mut self, part: Part, said: Option<Bytes>, origin: Origin) {
        let Some(said) = said else { return };
        let (got, origin, note) = self.cut(said, origin);
        if got > Bytes(0) {
            self.push(part, Ok(got), origin, note);
        }
    }

    /// The cache in two: what holds tokens now, and what is kept ready.
    fn cache(&mut self, said: Option<Bytes>, usage: &Reading<f64>) {
        let Some(said) = said else { return };
        let (got, origin, note) = self.cut(said, Origin::Log);
        match usage {
            Ok(usage) if usage.is_finite() => {
                let used = Bytes((got.0 as f64 * usage.clamp(0.0, 1.0)) as u64).min(got);
                let live = if origin == Origin::Log { Origin::Gauge } else { origin };
                self.push(Part::KvInUse, Ok(used), live, None);
                self.push(Part::KvReserved, Ok(got.minus(used)), live, note);
            }
            _ => {
                let why = usage.as_ref().err().map_or_else(|| "not a number".to_owned(), ToString::to_string);
                let note = note.unwrap_or_else(|| format!("how much of it is in use is not known: {why}"));
                self.push(Part::KvReserved, Ok(got), origin, Some(note));
            }
        }
    }
}

#[cfg(test)]
mod tests;
