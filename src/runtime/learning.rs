//! What starts on this machine taught: read, put to the models it speaks for, forgotten; and the prediction of a launch.

use crate::base::{Bytes, Problem, Reading, Unknown};
use crate::engines::fit::{as_judged, ask, rules};
use crate::engines::proof::{NO_CARD, Prediction, Question};
use crate::engines::{EngineKind, Plan, Request};
use crate::gpu::{Sample, Source};
use crate::models::catalogue::Catalogue;
use crate::models::fit::learned::{Lesson, Lessons, Place};
use crate::models::fit::{Engine, Room};
use crate::models::local::LocalModel;
use crate::models::lookup::{Meant, lookup};
use crate::models::{Facts, live};
use crate::store::{Paths, Store};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Tokens of a block of vLLM's cache on a processor (`platforms/cpu.py`).
const BLOCK: u64 = 128;

/// All lessons, oldest first; none where none can be read. What a newer vramdeck wrote differently is left out.
pub fn lessons(paths: &Paths) -> Vec<Lesson> {
    // Nothing is made where nothing was learned.
    if !paths.database().exists() {
        return Vec::new();
    }
    let rows = Store::open(paths).0.lessons().unwrap_or_default();
    rows.iter().filter_map(|row| serde_json::from_str(&row.figures).ok()).collect()
}

/// Forgets what starts of `model` taught, or all of it; how many lessons went.
///
/// # Errors
/// When the database cannot be written.
pub fn forget(paths: &Paths, model: Option<&str>) -> Result<u64, Problem> {
    if !paths.database().exists() {
        return Ok(0);
    }
    Store::open(paths).0.forget_lessons(model)
}

/// Where a start on a card of this sample takes place.
pub fn place(card: &str, sample: &Sample) -> Place {
    let driver = sample.driver.as_ref().map(|driver| driver.version.clone()).unwrap_or_default();
    match sample.source {
        Source::Simulated(_) => Place { card: card.to_owned(), driver: String::new(), system: "simulated".to_owned() },
        Source::Nvml | Source::None => Place { card: card.to_owned(), driver, system: system() },
    }
}

/// `wsl` or `linux`.
pub fn system() -> String {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().to_lowercase();
    if release.contains("microsoft") { "wsl".to_owned() } else { "linux".to_owned() }
}

/// Puts the lessons to everything that is judged for a card.
pub fn teach(catalogue: &mut Catalogue, local: &mut [LocalModel], lessons: &[Lesson], place: &Place) {
    let shelves = local.iter_mut().filter_map(|model| model.facts.as_mut().ok());
    let listed = catalogue.entries.iter_mut().flat_map(|entry| &mut entry.variants).map(|variant| &mut variant.facts);
    for facts in shelves.chain(listed) {
        facts.learned = Lessons::of(lessons, facts, place);
    }
}

/// What is known here of a model: at a path, on this machine, in the catalogue.
pub fn facts(model: &str, engine: Engine, catalogue: &Catalogue, local: &[LocalModel]) -> Option<Facts> {
    let path = home(model);
    if path.exists() {
        let found = live::look(&path).ok()?.models.into_iter().max_by_key(|model| model.bytes)?;
        return found.facts.ok();
    }
    let (repo, form) = repository(model);
    let whole = lookup(model, Some(engine), None, catalogue, local);
    match whole.or_else(|| lookup(repo, Some(engine), form, catalogue, local))? {
        Meant::Local(model) => model.facts.clone().ok(),
        Meant::Variant(_, variant) => Some(variant.facts.clone()),
    }
}

/// A path as a shell would take it.
pub fn home(name: &str) -> PathBuf {
    match (name.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(name),
    }
}

/// `user/repository:form`, as llama-server takes it, in its parts.
pub fn repository(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once(':') {
        Some((repo, form)) if repo.contains('/') => (repo, Some(form)),
        _ => (name, None),
    }
}

/// The machine that a launch is predicted for.
pub struct Machine {
    /// The card, or the machine's memory.
    pub room: Room,
    /// Where.
    pub place: Place,
}

impl Machine {
    /// The first card of a sample that says its memory, else the machine's own memory.
    ///
    /// # Errors
    /// When neither says how much it has.
    pub fn of(sample: &Sample) -> Reading<Self> {
        if let Some((spec, room)) = sample.cards.iter().find_map(|card| as_judged(card, Bytes(0))) {
            return Ok(Self { room, place: place(&spec.name, sample) });
        }
        let total = sample.host.ram_total.clone()?.0;
        let used = sample.host.ram_used.as_ref().map_or(0, |used| used.0);
        let room = Room { total, free: Some(total.saturating_sub(used)) };
        Ok(Self { room, place: Place { card: NO_CARD.to_owned(), driver: String::new(), system: system() } })
    }
}

/// The prediction of a planned launch.
///
/// # Errors
/// Why there is none: an engine without rules, flags that cannot be read, a model of which too little is known.
pub fn predict(
    request: &Request,
    plan: &Plan,
    facts: &Facts,
    lessons: &[Lesson],
    machine: Machine,
) -> Reading<Prediction> {
    let because = |problem: Problem| Unknown::because(format!("{}: {}", problem.what, problem.why));
    let engine = rules(request.spec.engine, request.simulated_dialect)?;
    let version = plan.version.as_deref().filter(|_| plan.engine == EngineKind::Vllm);
    let (mut ask, _) = ask(plan, engine, version).map_err(because)?;
    let Machine { room, place } = machine;
    if place.card == NO_CARD && engine == Engine::Vllm {
        ask.flags.block_size = ask.flags.block_size.or(Some(BLOCK));
        ask.flags.kv_cache_memory_bytes = ask.flags.kv_cache_memory_bytes.or_else(|| cache_of_processor(plan));
    }
    let facts = Facts { learned: Lessons::of(lessons, facts, &place), ..facts.clone() };
    let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let question = Question { model: &plan.model, facts: &facts, ask: &ask, room, place };
    Prediction::of(&question, at).map_err(because)
}

/// What vLLM on a processor keeps for its cache: `VLLM_CPU_KVCACHE_SPACE`, GiB.
fn cache_of_processor(plan: &Plan) -> Option<u64> {
    const NAME: &str = "VLLM_CPU_KVCACHE_SPACE";
    let own = plan.env.iter().rev().find(|(name, _)| name == NAME).map(|(_, value)| value.clone());
    let gib: u64 = own.or_else(|| std::env::var(NAME).ok())?.trim().parse().ok()?;
    gib.checked_mul(1 << 30).filter(|bytes| *bytes > 0)
}
