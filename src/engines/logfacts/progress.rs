//! Folds the facts of a log into what is known of a run.

use super::{Fact, MemoryPart, facts};
use crate::base::{Bytes, Ring};
use crate::engines::doctor::{Doctor, Source};
use crate::engines::phase::{Failure, Phase};
use crate::engines::{Dialect, EngineKind, LaunchSpec};
use std::collections::BTreeMap;

/// How many last lines are kept as evidence.
const LAST_LINES: usize = 24;

/// What a run's log has said so far.
#[derive(Debug, Clone)]
pub struct Progress {
    dialect: Dialect,
    phase: Phase,
    /// Whether the server said that it listens.
    pub listening: bool,
    /// Context of one request, tokens.
    pub context: Option<u64>,
    /// Size of the KV cache, tokens.
    pub kv_tokens: Option<u64>,
    /// Full-length requests that fit at once.
    pub concurrency: Option<f64>,
    /// Memory by the engine's own account; parts of several devices are added up.
    pub memory: BTreeMap<MemoryPart, Bytes>,
    /// Of these, what lies in the host's memory.
    pub host: BTreeMap<MemoryPart, Bytes>,
    /// What explains a failure best so far.
    doctor: Doctor,
    last: Ring<String>,
}

impl Progress {
    /// Nothing said yet.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            phase: Phase::Starting,
            listening: false,
            context: None,
            kv_tokens: None,
            concurrency: None,
            memory: BTreeMap::new(),
            host: BTreeMap::new(),
            doctor: Doctor::new(Source::of_dialect(dialect)),
            last: Ring::new(LAST_LINES),
        }
    }

    /// Takes over what was asked for, so that remedies name what they change.
    pub fn asked(mut self, spec: &LaunchSpec) -> Self {
        self.doctor.asked(spec);
        self
    }

    /// Takes one whole line.
    pub fn line(&mut self, line: &str) {
        if !line.trim().is_empty() {
            self.last.push(line.to_owned());
        }
        self.doctor.line(line);
        self.bar(line);
    }

    /// Takes a piece that a carriage return ended: a progress bar that the next piece overwrites.
    pub fn bar(&mut self, line: &str) {
        for fact in facts(self.dialect, line) {
            self.fact(fact);
        }
    }

    fn fact(&mut self, fact: Fact) {
        match fact {
            Fact::Alive | Fact::ShuttingDown => {}
            Fact::Downloading(done, total) => self.advance(Phase::Downloading { done, total }),
            Fact::Loading(percent) => {
                // Ollama's server loads one model after another, and one anew for another context.
                if self.dialect == Dialect::Ollama && percent.is_none() {
                    self.memory.clear();
                    self.host.clear();
                }
                self.advance(Phase::Loading { percent });
            }
            Fact::Warming => self.advance(Phase::Warming),
            Fact::Listening => {
                // Ollama listens first and loads when it is asked.
                if self.dialect != Dialect::Ollama {
                    self.advance(Phase::Warming);
                }
                self.listening = true;
            }
            Fact::Context(tokens) => self.context = Some(tokens),
            Fact::KvTokens(tokens) => self.kv_tokens = Some(tokens),
            Fact::Concurrency(times) => self.concurrency = Some(times),
            Fact::Memory(part, bytes) if self.dialect == Dialect::Vllm => {
                self.memory.insert(part, bytes);
            }
            Fact::HostMemory(part, bytes) => {
                let sum = self.host.entry(part).or_default();
                *sum = *sum + bytes;
            }
            Fact::Memory(part, bytes) => {
                let sum = self.memory.entry(part).or_default();
                *sum = *sum + bytes;
            }
        }
    }

    fn advance(&mut self, next: Phase) {
        let keeps_percent =
            matches!((&self.phase, &next), (Phase::Loading { percent: Some(_) }, Phase::Loading { percent: None }));
        if next.rank() >= self.phase.rank() && !keeps_percent {
            self.phase = next;
        }
    }

    /// The phase the log alone gives: at most [`Phase::Warming`], for only an answer to a health check means ready.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Why the engine ended, from what its log said. `how` says how it ended, for example `exited with code 1`.
    pub fn failure(&self, engine: EngineKind, how: &str) -> Failure {
        let what = format!("{engine} {how}");
        let last_lines: Vec<String> = self.last.iter().cloned().collect();
        if let Some(finding) = self.doctor.ended() {
            return Failure::found(what, finding, last_lines);
        }
        let why = match last_lines.last() {
            Some(line) => format!("its last line was: {}", crate::base::text::fit(line, 200)),
            None => "it said nothing before it ended".to_owned(),
        };
        Failure { what, why, hint: "read the whole log".to_owned(), last_lines, ..Failure::default() }
    }
}
