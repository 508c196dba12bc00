//! Everything about a ranking that free memory does not change, made once per card and intent.

use super::local::{Index, Match};
use super::slot::{Basis, Known, Slot, Way};
use super::{Choice, Intent, Row};
use crate::models::cards::Spec;
use crate::models::catalogue::{Capability, Catalogue, Entry, Taxonomy};
use crate::models::fit::{Ask, Fit, Room, Verdict};
use crate::models::local::LocalModel;
use std::panic::resume_unwind;
use std::sync::Arc;

/// The whole catalogue and all local models, ready to be judged for one card and intent.
#[derive(Debug, Clone)]
pub struct Prepared {
    intent: Intent,
    total: u64,
    rows: Vec<Ready>,
    slots: Vec<Slot>,
}

/// A row before its judgement.
#[derive(Debug, Clone)]
struct Ready {
    entry: Option<usize>,
    name: String,
    /// The local model that it is, where no entry knows it.
    local: Option<usize>,
    taxonomy: Option<Taxonomy>,
    capabilities: Arc<[Capability]>,
    haystack: Arc<str>,
    params: u64,
    slots: std::ops::Range<usize>,
}

impl Prepared {
    /// Prepares all entries with all their variants on all engines that run them, and what lies on this machine.
    pub fn new(catalogue: &Catalogue, local: &[LocalModel], card: &Spec, intent: Intent) -> Self {
        let index = Index::of(catalogue);
        let matches: Vec<Option<Match>> = local.iter().map(|model| index.find(model)).collect();
        let mut made = Self { intent, total: card.total, rows: Vec::new(), slots: Vec::new() };
        for (at, entry) in catalogue.entries.iter().enumerate() {
            let own = matches.iter().enumerate().filter_map(|(n, found)| Some((n, (*found)?)));
            let own: Vec<(usize, Match)> = own.filter(|(_, found)| found.entry == at).collect();
            made.entry(at, entry, local, &own, card);
        }
        for (at, model) in local.iter().enumerate().filter(|(at, _)| matches.get(*at).is_none_or(Option::is_none)) {
            made.stray(at, model, card);
        }
        made
    }

    /// The judgement of every way at this moment, rows and choices best first.
    pub fn rank(&mut self, room: Room) -> Vec<Row> {
        let intent = self.intent;
        if room.total != self.total {
            self.slots.iter_mut().for_each(Slot::forget);
            self.total = room.total;
        }
        let slots = judged(&mut self.slots, room, intent);
        let mut rows: Vec<Row> = self.rows.iter().map(|ready| ready.row(&slots)).collect();
        rows.sort_by(|a, b| order(a.best(), b.best()));
        rows
    }

    /// How many ways to run a model are judged.
    pub fn fits(&self) -> usize {
        self.slots.len()
    }

    /// For which intent.
    pub fn intent(&self) -> Intent {
        self.intent
    }

    /// The whole sum of a choice with its reason; `None` where there is nothing to compute with ([`Prepared::reason`] says
    /// why). The choice must be of this preparation's last ranking.
    pub fn explain(&self, choice: &Choice, room: Room) -> Option<Fit> {
        self.known(choice).and_then(|known| known.explain(room).ok())
    }

    /// What is asked of the engine for a choice, with the flags that the solver chose.
    pub fn ask(&self, choice: &Choice) -> Option<&Ask> {
        self.known(choice).map(|known| &known.ask)
    }

    fn known(&self, choice: &Choice) -> Option<&Known> {
        match &self.slots.get(choice.slot)?.basis {
            Basis::Sum(known) => Some(known),
            Basis::Bytes(_) | Basis::Refused(_) => None,
        }
    }

    /// Why the verdict of a choice is what it is, one sentence.
    pub fn reason(&self, choice: &Choice, room: Room) -> String {
        self.slots.get(choice.slot).map(|slot| slot.reason(room)).unwrap_or_default()
    }

    fn entry(&mut self, at: usize, entry: &Entry, local: &[LocalModel], own: &[(usize, Match)], card: &Spec) {
        let begin = self.slots.len();
        for (n, found) in own {
            let Some(model) = local.get(*n) else { continue };
            let variant = found.variant.and_then(|variant| entry.variants.get(variant));
            let label = variant.map_or_else(|| label_of(model), |variant| variant.label.clone());
            for engine in &model.engines {
                let facts = model.facts.as_ref().map_err(String::as_str);
                let way = Way {
                    variant: found.variant,
                    label: &label,
                    engine: *engine,
                    facts,
                    local: Some(*n),
                    by_name: found.by_name,
                    placed: true,
                };
                self.slot(&way, Some(entry), card);
            }
        }
        for (n, variant) in entry.variants.iter().enumerate() {
            for engine in &variant.engines {
                let lies = |slot: &Slot| slot.variant == Some(n) && slot.engine == *engine;
                if self.slots.get(begin..).is_some_and(|slots| slots.iter().any(lies)) {
                    continue;
                }
                let label = &variant.label;
                let way = Way {
                    variant: Some(n),
                    label,
                    engine: *engine,
                    facts: Ok(&variant.facts),
                    local: None,
                    by_name: false,
                    placed: variant.repo.is_some(),
                };
                self.slot(&way, Some(entry), card);
            }
        }
        let slots = begin..self.slots.len();
        self.rows.push(Ready {
            entry: Some(at),
            name: entry.id.clone(),
            local: None,
            taxonomy: Some(entry.taxonomy),
            capabilities: entry.capabilities.as_slice().into(),
            haystack: haystack(entry).into(),
            params: entry.params.0,
            slots,
        });
    }

    fn stray(&mut self, at: usize, model: &LocalModel, card: &Spec) {
        let begin = self.slots.len();
        let label = label_of(model);
        for engine in &model.engines {
            let facts = model.facts.as_ref().map_err(String::as_str);
            let (local, by_name, placed) = (Some(at), false, true);
            let way = Way { variant: None, label: &label, engine: *engine, facts, local, by_name, placed };
            self.slot(&way, None, card);
        }
        let slots = begin..self.slots.len();
        self.rows.push(Ready {
            entry: None,
            name: model.name.clone(),
            local: Some(at),
            taxonomy: None,
            capabilities: Arc::new([]),
            haystack: format!("{} {label} local", model.name).to_lowercase().into(),
            params: 0,
            slots,
        });
    }

    fn slot(&mut self, way: &Way<'_>, entry: Option<&Entry>, card: &Spec) {
        self.slots.push(Slot::of(way, entry, card, self.intent));
    }
}

/// Slots below this number are not worth another thread.
const SHARE: usize = 256;
/// Threads at most: the deck is not the only one that computes.
const THREADS: usize = 4;

/// The judgement of all slots, in their order. They do not depend on each other.
fn judged(slots: &mut [Slot], room: Room, intent: Intent) -> Vec<Choice> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = slots.len().div_ceil(cores.min(THREADS)).max(SHARE);
    let judge = |from: usize, part: &mut [Slot]| -> Vec<Choice> {
        part.iter_mut().enumerate().map(|(at, slot)| slot.judge(from + at, room, intent)).collect()
    };
    std::thread::scope(|scope| {
        let parts = slots.chunks_mut(share).enumerate();
        let threads: Vec<_> = parts.map(|(n, part)| scope.spawn(move || judge(n * share, part))).collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        joined.flatten().collect()
    })
}

fn label_of(model: &LocalModel) -> String {
    use crate::models::quant::Scheme;
    match model.facts.as_ref().map(|facts| &facts.quant.scheme) {
        Ok(Scheme::Gguf(mix)) => mix.clone(),
        Ok(Scheme::Plain) => "16 bit".to_owned(),
        Ok(_) => model.facts.as_ref().map(|facts| facts.quant.method.clone()).unwrap_or_default(),
        Err(_) => "?".to_owned(),
    }
}

fn haystack(entry: &Entry) -> String {
    let mut text = entry.id.clone();
    let variants =
        entry.variants.iter().flat_map(|one| [Some(one.label.as_str()), one.repo.as_ref().map(|r| r.value.as_str())]);
    let words = variants.flatten().chain(entry.capabilities.iter().map(|one| one.name()));
    for word in words.chain(entry.tags.iter().map(String::as_str)).chain([entry.taxonomy.name()]) {
        if !text.contains(word) {
            text.push(' ');
            text.push_str(word);
        }
    }
    text.to_lowercase()
}

impl Ready {
    fn row(&self, all: &[Choice]) -> Row {
        let mut choices: Vec<Choice> = all.get(self.slots.clone()).unwrap_or_default().to_vec();
        choices.sort_by(|a, b| order(Some(a), Some(b)));
        let nearest = nearest(&choices);
        Row {
            entry: self.entry,
            name: self.name.clone(),
            local: self.local,
            choices,
            taxonomy: self.taxonomy,
            capabilities: self.capabilities.clone(),
            haystack: self.haystack.clone(),
            params: self.params,
            nearest,
        }
    }
}

/// Fits, then tight, then the rest. What starts: the better score first, then what lies on this machine. What does not
/// fit: what lacks least first.
pub(super) fn order(a: Option<&Choice>, b: Option<&Choice>) -> std::cmp::Ordering {
    let (Some(a), Some(b)) = (a, b) else { return a.is_none().cmp(&b.is_none()) };
    let verdicts = a.sum.verdict.cmp(&b.sum.verdict);
    let within = if a.sum.verdict == Verdict::DoesNotFit {
        lacking(a).cmp(&lacking(b))
    } else {
        b.score.total_cmp(&a.score).then_with(|| a.local.is_none().cmp(&b.local.is_none()))
    };
    verdicts.then(within)
}

/// Bytes that are missing.
fn lacking(choice: &Choice) -> i64 {
    let needed = i64::try_from(choice.sum.kv_needed).unwrap_or(i64::MAX);
    needed.saturating_sub(choice.sum.kv_available)
}

/// When the published form (the first variant) does not start: the best choice that does, else the one that lacks least.
pub(super) fn nearest(choices: &[Choice]) -> Option<usize> {
    let published = choices.iter().find(|one| one.variant == Some(0))?;
    let could = |one: &Choice| one.sum.verdict != Verdict::RefusedAtStart;
    (!published.sum.verdict.starts() && choices.first().is_some_and(could)).then_some(0)
}
