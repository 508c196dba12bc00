//! Everything about a ranking that free memory does not change, made once per card and intent.

use super::local::{Index, Match};
use super::score;
use super::{Choice, Intent, Row, hardware};
use crate::base::{Reading, Unknown};
use crate::models::Facts;
use crate::models::cards::Spec;
use crate::models::catalogue::{Capability, Catalogue, Entry, Taxonomy};
use crate::models::fit::{Ask, Engine, Fit, Flags, Needs, Room, Sum, Verdict};
use crate::models::local::LocalModel;
use crate::models::speed::{self, Rate};
use std::sync::Arc;

/// The whole catalogue and all local models, ready to be judged for one card and intent.
#[derive(Debug, Clone)]
pub struct Prepared {
    total: u64,
    intent: Intent,
    rows: Vec<Ready>,
    slots: Vec<Slot>,
}

/// A row before its judgement.
#[derive(Debug, Clone)]
struct Ready {
    entry: Option<usize>,
    name: Arc<str>,
    taxonomy: Option<Taxonomy>,
    capabilities: Arc<[Capability]>,
    haystack: Arc<str>,
    params: u64,
    slots: std::ops::Range<usize>,
}

/// A way to run a model before its judgement.
#[derive(Debug, Clone)]
struct Slot {
    variant: Option<usize>,
    label: Arc<str>,
    engine: Engine,
    needs: Result<Needs, String>,
    rate: Reading<Rate>,
    local: Option<usize>,
    by_name: bool,
    fixed: f64,
    wanted: u64,
}

/// One way to run a model, as the catalogue or a local folder tells it.
struct Way<'a> {
    variant: Option<usize>,
    label: &'a str,
    engine: Engine,
    facts: Result<&'a Facts, &'a str>,
    local: Option<usize>,
    by_name: bool,
}

impl Prepared {
    /// Prepares all entries with all their variants on all engines that run them, and what lies on this machine.
    pub fn new(catalogue: &Catalogue, local: &[LocalModel], card: &Spec, intent: Intent) -> Self {
        let index = Index::of(catalogue);
        let matches: Vec<Option<Match>> = local.iter().map(|model| index.find(model)).collect();
        let mut made = Self { total: card.total, intent, rows: Vec::new(), slots: Vec::new() };
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
        let utilization = utilization(room);
        let intent = self.intent;
        let slots: Vec<Choice> =
            self.slots.iter_mut().enumerate().map(|(at, slot)| slot.judge(at, room, utilization, intent)).collect();
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
        self.slots.get(choice.slot)?.needs.as_ref().ok().map(|needs| needs.explain(room))
    }

    /// What is asked of the engine for a choice, with the flags that the ranking assumed.
    pub fn ask(&self, choice: &Choice) -> Option<&Ask> {
        self.slots.get(choice.slot)?.needs.as_ref().ok().map(|needs| &needs.ask)
    }

    /// Why the verdict of a choice is what it is, one sentence.
    pub fn reason(&self, choice: &Choice, room: Room) -> String {
        match self.slots.get(choice.slot).map(|slot| &slot.needs) {
            Some(Ok(needs)) => needs.explain(room).why,
            Some(Err(why)) => why.clone(),
            None => String::new(),
        }
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
                };
                self.slot(&way, Some(entry), card);
            }
        }
        let slots = begin..self.slots.len();
        self.rows.push(Ready {
            entry: Some(at),
            name: entry.id.as_str().into(),
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
            let way = Way { variant: None, label: &label, engine: *engine, facts, local: Some(at), by_name: false };
            self.slot(&way, None, card);
        }
        let slots = begin..self.slots.len();
        self.rows.push(Ready {
            entry: None,
            name: model.name.as_str().into(),
            taxonomy: None,
            capabilities: Arc::new([]),
            haystack: format!("{} {label} local", model.name).to_lowercase().into(),
            params: 0,
            slots,
        });
    }

    fn slot(&mut self, way: &Way<'_>, entry: Option<&Entry>, card: &Spec) {
        let limit = entry.map_or(0, |entry| entry.context);
        let limit = way.facts.ok().and_then(|facts| facts.geometry.max_context).unwrap_or(limit);
        let (length, wanted, requests) = score::asked(self.intent, limit);
        let needs = way.facts.map_err(str::to_owned).and_then(|facts| {
            refused(way, entry, facts, card).map_or(Ok(()), Err)?;
            let sequences = entry.and_then(|entry| entry.ollama_parallel).filter(|_| way.engine == Engine::Ollama);
            let flags = Flags {
                max_model_len: length,
                max_num_seqs: Some(if way.engine == Engine::Vllm { requests } else { sequences.unwrap_or(1) }),
                tensor_parallel_size: 1,
                ..Flags::default()
            };
            let ask = Ask { engine: way.engine, version: None, flags };
            Needs::of(facts, &ask, self.total).map_err(|problem| format!("{}: {}", problem.what, problem.why))
        });
        let rate = way.facts.map_err(|why| Unknown::because(why.to_owned()));
        let rate = rate.and_then(|facts| speed::decode(facts, way.engine, card, wanted.min(2048)));
        let plain = crate::models::quant::Scheme::Plain;
        let scheme = way.facts.map_or(&plain, |facts| &facts.quant.scheme);
        let params = entry.map_or((0, 0), |entry| entry.params);
        self.slots.push(Slot {
            variant: way.variant,
            label: way.label.into(),
            engine: way.engine,
            needs,
            rate,
            local: way.local,
            by_name: way.by_name,
            fixed: score::fixed(params, scheme, entry),
            wanted,
        });
    }
}

/// Why the engine refuses, before any byte is counted.
fn refused(way: &Way<'_>, entry: Option<&Entry>, facts: &Facts, card: &Spec) -> Option<String> {
    let engine = entry.filter(|_| way.engine == Engine::Vllm).and_then(|entry| entry.refused_by_vllm.clone());
    let card = || hardware::refusal(&facts.quant.scheme, way.engine, card.compute).map(str::to_owned);
    engine.or_else(card)
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

/// The share of the card that vLLM is given: what is free, in whole hundredths, at most its default.
fn utilization(room: Room) -> f64 {
    let free = room.free.unwrap_or(room.total) as f64 / room.total.max(1) as f64;
    (free * 100.0).floor().clamp(1.0, 92.0) / 100.0
}

impl Slot {
    fn judge(&mut self, at: usize, room: Room, utilization: f64, intent: Intent) -> Choice {
        let own = self.engine == Engine::Vllm;
        if let (true, Ok(needs)) = (own, self.needs.as_mut()) {
            needs.ask.flags.gpu_memory_utilization = Some(utilization);
        }
        let sum = self.needs.as_ref().map_or_else(|_| refusal(room), |needs| needs.sum(room));
        let agents = (self.agents(&sum, 2048), self.agents(&sum, 8192));
        Choice {
            variant: self.variant,
            label: self.label.clone(),
            engine: self.engine,
            score: score::score(self.fixed, &sum, agents.1, &self.rate, intent, self.wanted),
            sum,
            agents,
            rate: self.rate.clone(),
            local: self.local,
            by_name: self.by_name,
            utilization: own.then_some(utilization),
            slot: at,
        }
    }

    /// Requests of `tokens` each that the cache holds at the same time.
    fn agents(&self, sum: &Sum, tokens: u64) -> u64 {
        let plan = self.needs.as_ref().ok().and_then(|needs| needs.kv.as_ref());
        match plan {
            Some(plan) if sum.verdict.starts() && sum.kv_available > 0 => {
                plan.concurrency(sum.kv_available.unsigned_abs(), tokens).max(0.0) as u64
            }
            _ => 0,
        }
    }
}

fn refusal(room: Room) -> Sum {
    Sum {
        verdict: Verdict::RefusedAtStart,
        weights: 0,
        budget: room.total,
        kv_available: 0,
        kv_needed: 0,
        max_concurrency: 0.0,
        max_model_len: 0,
        largest_max_model_len: 0,
        margin: 0,
    }
}

impl Ready {
    fn row(&self, all: &[Choice]) -> Row {
        let mut choices: Vec<Choice> = all.get(self.slots.clone()).unwrap_or_default().to_vec();
        choices.sort_by(|a, b| order(Some(a), Some(b)));
        let nearest = nearest(&choices);
        Row {
            entry: self.entry,
            name: self.name.clone(),
            choices,
            taxonomy: self.taxonomy,
            capabilities: self.capabilities.clone(),
            haystack: self.haystack.clone(),
            params: self.params,
            nearest,
        }
    }
}

/// Fits, then tight, then the rest; within them the better score; what lies on this machine before what does not.
fn order(a: Option<&Choice>, b: Option<&Choice>) -> std::cmp::Ordering {
    let key = |choice: Option<&Choice>| {
        choice.map_or((4, 0.0, true), |one| (one.sum.verdict as u8, one.score, one.local.is_none()))
    };
    let (a, b) = (key(a), key(b));
    a.0.cmp(&b.0).then_with(|| b.1.total_cmp(&a.1)).then_with(|| a.2.cmp(&b.2))
}

/// When the published form (the first variant) does not start: the best choice that does, else the one that lacks least.
fn nearest(choices: &[Choice]) -> Option<usize> {
    let published = choices.iter().find(|one| one.variant == Some(0));
    if published.is_none_or(|one| one.sum.verdict.starts()) {
        return None;
    }
    if choices.first().is_some_and(|one| one.sum.verdict.starts()) {
        return Some(0);
    }
    let lacking = choices.iter().enumerate().filter(|(_, one)| one.sum.verdict == Verdict::DoesNotFit);
    lacking.max_by_key(|(_, one)| one.sum.kv_available.saturating_sub_unsigned(one.sum.kv_needed)).map(|(at, _)| at)
}
