//! One recorded start teaches, another of the same model and release at other settings is predicted. The figures are those
//! that engines printed; a start without its weights is only predicted.

use serde_json::Value;
use std::collections::BTreeMap;
use vramdeck::base::Bytes;
use vramdeck::engines::logfacts::MemoryPart;
use vramdeck::engines::proof::{Prediction, Question, Said};
use vramdeck::models::fit::learned::{Lesson, Lessons, Place};
use vramdeck::models::fit::{Ask, Engine, Flags, Length, Needs, Room, Version};
use vramdeck::models::geometry::Dtype;
use vramdeck::models::{Facts, config};

const PAIRS: &str = include_str!("learned.jsonl");
const GIB: f64 = 1_073_741_824.0;
/// What a prediction may be off after one start, GiB.
const BAR: f64 = 0.1;

/// Recorded starts of one model on one card and release.
struct Group {
    model: String,
    facts: Facts,
    total: u64,
    version: Version,
    starts: Vec<Start>,
}

struct Start {
    id: String,
    flags: Flags,
    weights: Option<f64>,
    kv: f64,
    /// What of its settings is not in the log and differs from the others of its group.
    unlogged: Option<String>,
}

fn groups() -> Vec<Group> {
    PAIRS.lines().map(|line| group(&serde_json::from_str(line).unwrap())).collect()
}

fn group(value: &Value) -> Group {
    let version = value["engine_version"].as_str().unwrap().split_once('.').unwrap();
    Group {
        model: value["model"].as_str().unwrap().to_owned(),
        facts: config::from_value(&value["config"]).unwrap(),
        total: value["vram_bytes"].as_u64().unwrap(),
        version: Version(version.0.parse().unwrap(), version.1.parse().unwrap()),
        starts: value["starts"].as_array().unwrap().iter().map(start).collect(),
    }
}

fn start(value: &Value) -> Start {
    let dtype = value["dtype"].as_str().map(|word| if word == "float16" { Dtype::F16 } else { Dtype::Bf16 });
    Start {
        id: value["id"].as_str().unwrap().to_owned(),
        flags: Flags {
            dtype,
            tensor_parallel_size: 1,
            gpu_memory_utilization: value["gpu_memory_utilization"].as_f64(),
            max_model_len: Length::Tokens(value["max_model_len"].as_u64().unwrap()),
            max_num_seqs: value["max_num_seqs"].as_u64(),
            max_num_batched_tokens: value["max_num_batched_tokens"].as_u64(),
            ..Flags::default()
        },
        weights: value["weights_gib"].as_f64(),
        kv: value["kv_available_gib"].as_f64().unwrap(),
        unlogged: value["unlogged"].as_str().map(str::to_owned),
    }
}

impl Group {
    fn ask(&self, start: &Start) -> Ask {
        Ask { engine: Engine::Vllm, version: Some(self.version), flags: start.flags.clone() }
    }

    fn room(&self) -> Room {
        Room { total: self.total, free: Some(self.total) }
    }

    fn place() -> Place {
        Place { card: "a card".into(), driver: "1".into(), system: "linux".into() }
    }

    fn lesson(&self, start: &Start) -> Option<Lesson> {
        let ask = self.ask(start);
        let question =
            Question { model: &self.model, facts: &self.facts, ask: &ask, room: self.room(), place: Self::place() };
        let prediction = Prediction::of(&question, 0.0).unwrap();
        let bytes = |gib: f64| Bytes((gib.max(0.0) * GIB) as u64);
        let memory =
            BTreeMap::from([(MemoryPart::Weights, bytes(start.weights?)), (MemoryPart::KvCache, bytes(start.kv))]);
        prediction.lesson(&Said { memory, ..Said::default() })
    }

    /// Off in GiB, and the margin, after these lessons.
    fn off(&self, start: &Start, lessons: &[Lesson]) -> (f64, f64) {
        let learned = Lessons::of(lessons, &self.facts, &Self::place());
        let facts = Facts { learned, ..self.facts.clone() };
        let sum = Needs::of(&facts, &self.ask(start), self.total).unwrap().sum(self.room());
        (sum.kv_available as f64 / GIB - start.kv, sum.margin as f64 / GIB)
    }
}

#[test]
fn one_start_teaches_the_next() {
    let mut tried = 0;
    for group in groups() {
        for teacher in &group.starts {
            let Some(lesson) = group.lesson(teacher).filter(|_| teacher.kv > 0.0) else { continue };
            for pupil in group.starts.iter().filter(|pupil| pupil.id != teacher.id) {
                let (before, margin) = group.off(pupil, &[]);
                let (after, sure) = group.off(pupil, std::slice::from_ref(&lesson));
                println!(
                    "{:40} {} → {}: {before:+.3} ± {margin:.2} GiB before, {after:+.3} ± {sure:.2} after",
                    group.model, teacher.id, pupil.id
                );
                if let Some(why) = teacher.unlogged.as_ref().or(pupil.unlogged.as_ref()) {
                    println!("    not held to the bar: {why}");
                    // Settings that are known and a figure that was not: further off, and said so.
                    assert!(why.starts_with("batched") || after.abs() <= sure, "{}: ± {sure:.2}", pupil.id);
                    continue;
                }
                tried += 1;
                assert!(after.abs() <= BAR, "{} → {}: {after:+.3} GiB", teacher.id, pupil.id);
                assert!(
                    after.abs() <= sure,
                    "{} → {}: {after:+.3} GiB, said to be sure to {sure:.2}",
                    teacher.id,
                    pupil.id
                );
                assert!(sure <= margin.max(BAR), "what was learned narrows the margin");
            }
        }
    }
    println!("{tried} predictions within {BAR} GiB after one start");
    assert!(tried >= 6);
}
