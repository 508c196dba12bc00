//! What a start took before, what it holds against its prediction, and what is kept of it.

use super::Keeper;
use crate::base::Bytes;
use crate::engines::live::now;
use crate::engines::proof::{self, Said};
use crate::engines::stages::{Past, Stages, Took};
use crate::engines::{EngineKind, FlagSetting, Phase, Plan};
use crate::gpu::Sample;
use crate::gpu::live::{Options, SIM_CARD_ENV, SimCard, SourceChoice, read_once};
use crate::store::{LessonRow, StartRow, Store};
use std::path::Path;

/// Earlier starts that are looked at.
const STARTS: usize = 20;

/// Flags that change how long a start takes.
const CLASS: &[&str] = &[
    "--enforce-eager",
    "--load-format",
    "--quantization",
    "--tensor-parallel-size",
    "--cpu-offload-gb",
    "--compilation-config",
    "--optimization-level",
    "--max-num-seqs",
    "--enable-lora",
    "--no-mmap",
    "--mlock",
    "--no-warmup",
    "-ngl",
    "--gpu-layers",
    "--n-gpu-layers",
    "--load-seconds",
];

impl Keeper {
    /// The stages of a start that begins now, with what earlier ones took.
    pub(super) fn stages(&self) -> Stages {
        let past = || {
            let (store, _) = Store::at(self.database.as_deref()?);
            let starts = store.starts(&alike(&self.plan), STARTS).ok()?;
            let read = |text: &String| serde_json::from_str::<Vec<Took>>(text).ok();
            Past::of(&starts.iter().filter_map(read).collect::<Vec<_>>())
        };
        Stages::begun(now(), past())
    }

    /// The run is ready: what it holds is read, which may take a while where a driver answers slowly.
    pub(super) fn begin_proof(&mut self) {
        if self.state.facts.external {
            return;
        }
        self.hold_against(&self.said(None));
        let (pids, plan) = (self.state.facts.processes.clone(), self.plan.clone());
        let pids: Vec<u32> = pids.iter().map(|process| process.pid).collect();
        self.proving = Some(tokio::task::spawn_blocking(move || held(&plan, &pids)));
    }

    /// Takes in what the run holds, writes the proof and keeps what the start took and taught.
    pub(super) async fn prove(&mut self) {
        let Some(proving) = self.proving.take_if(|task| task.is_finished()) else { return };
        let held = proving.await.unwrap_or_default();
        self.observe();
        let said = self.said(held);
        self.hold_against(&said);
        if self.state.phase == Phase::Ready {
            self.keep_start(&said);
        }
        self.write(true);
    }

    fn said(&self, held: Option<Bytes>) -> Said {
        let facts = &self.state.facts;
        let (memory, kv_tokens, concurrency) = (facts.memory.clone(), facts.kv_tokens, facts.concurrency);
        let host = facts.host_memory.clone();
        Said { memory, host, kv_tokens, concurrency, held }
    }

    fn hold_against(&mut self, said: &Said) {
        if let Some(prediction) = &self.state.facts.predicted {
            self.state.facts.proof = proof::rows(prediction, said);
        }
    }

    /// Where it cannot be kept, the next start knows nothing of this one; no more.
    fn keep_start(&self, said: &Said) {
        let Some(database) = &self.database else { return };
        let (mut store, _) = Store::at(database);
        let stages = serde_json::to_string(&self.state.facts.stages.took()).unwrap_or_default();
        let _ = store.save_start(&StartRow { at: now(), stages, ..alike(&self.plan) });
        let lesson = self.state.facts.predicted.as_ref().and_then(|prediction| prediction.lesson(said));
        let Some(lesson) = lesson else { return };
        let figures = serde_json::to_string(&lesson).unwrap_or_default();
        let _ = store.save_lesson(&LessonRow {
            at: now(),
            engine: lesson.engine,
            version: lesson.version.map(|(major, minor)| format!("{major}.{minor}")).unwrap_or_default(),
            architecture: lesson.shape.architecture,
            quantisation: lesson.shape.quantisation,
            driver: lesson.place.driver,
            system: lesson.place.system,
            card: lesson.place.card,
            model: lesson.model,
            figures,
        });
    }
}

/// What makes starts alike.
fn alike(plan: &Plan) -> StartRow {
    let word = |set: &FlagSetting| match &set.value {
        Some(value) => format!("{}={value}", set.flag),
        None => set.flag.clone(),
    };
    let flags = plan.asked.iter().flat_map(|asked| &asked.flags);
    let mut class: Vec<String> = flags.filter(|set| CLASS.contains(&set.flag.as_str())).map(word).collect();
    class.sort();
    StartRow {
        engine: plan.engine.name().to_owned(),
        version: plan.version.clone().unwrap_or_default(),
        model: plan.model.clone(),
        class: class.join(" "),
        ..StartRow::default()
    }
}

/// What these processes hold on all cards; `None` where no card counts it.
fn held(plan: &Plan, pids: &[u32]) -> Option<Bytes> {
    let sample: Sample = if plan.engine == EngineKind::Simulated {
        let folder = plan.env.iter().find(|(name, _)| name == SIM_CARD_ENV).map(|(_, folder)| folder)?;
        read_once(SourceChoice::Simulated(SimCard::open(Path::new(folder)).ok()?), Options::default())
    } else {
        read_once(SourceChoice::Nvml, Options::default())
    };
    let mut sum = None;
    for process in sample.cards.iter().filter_map(|card| card.processes.as_ref().ok()).flatten() {
        if pids.contains(&process.pid) {
            sum = Some(sum.unwrap_or(Bytes(0)) + process.used.clone().ok()?);
        }
    }
    sum
}
