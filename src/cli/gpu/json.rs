//! A sample as JSON: the fields of the contract and everything else that is known. Unknown is `null`, with the reason
//! in a sibling that ends in `_unknown`.

use crate::base::{Bytes, Reading};
use crate::cli::object::Object;
use crate::gpu::ledger::Entry;
use crate::gpu::{Account, Card, GpuProcess, Host, Partition, Sample, Source, ledger};
use serde_json::Value;
use std::time::SystemTime;

/// The whole document.
pub(super) fn sample(sample: &Sample, accounts: &[Account]) -> Value {
    let mut all = Object::default();
    let (source, scenario) = match &sample.source {
        Source::Nvml => ("nvml", None),
        Source::Simulated(scenario) => ("simulated", Some(scenario)),
        Source::None => ("none", None),
    };
    all.put("source", source);
    if let Some(scenario) = scenario {
        all.put("scenario", scenario);
    }
    all.tell("driver_version", &part(&sample.driver, |driver| driver.version.clone()));
    let version = |(major, minor): &(u32, u32)| format!("{major}.{minor}");
    let inner = |driver: &crate::gpu::Driver| driver.cuda.as_ref().map(version).map_err(Clone::clone);
    all.tell("cuda_version", &sample.driver.as_ref().map_err(Clone::clone).and_then(inner));
    let cards = sample.cards.iter().enumerate().map(|(at, each)| {
        let ledger = ledger(sample, at, accounts).map(|ledger| ledger.entries.iter().map(entry).collect::<Vec<_>>());
        let mut all = card(each);
        Value::Object(all.tell("ledger", &ledger).take())
    });
    all.put("cards", cards.collect::<Vec<_>>());
    all.put("host", host(&sample.host));
    all.put("problem", &sample.problem);
    all.put("at_seconds", unix(sample.at));
    Value::Object(all.take())
}

fn part<T, U>(reading: &Reading<T>, take: impl Fn(&T) -> U) -> Reading<U> {
    reading.as_ref().map(take).map_err(Clone::clone)
}

fn unix(at: SystemTime) -> f64 {
    at.duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

fn card(card: &Card) -> Object {
    let mut all = Object::default();
    all.put("index", card.index).tell("name", &card.name).tell("uuid", &card.uuid);
    let capability = part(&card.compute_capability, |(major, minor)| format!("{major}.{minor}"));
    all.tell("compute_capability", &capability);
    all.tell("memory_total_bytes", &part(&card.memory, |memory| memory.total));
    all.tell("memory_used_bytes", &part(&card.memory, |memory| memory.used));
    all.tell("memory_free_bytes", &part(&card.memory, |memory| memory.free));
    let reserved = card.memory.as_ref().map_err(Clone::clone).and_then(|memory| memory.reserved.clone());
    all.tell("memory_reserved_bytes", &reserved);
    all.tell("utilization_gpu_percent", &card.utilization_gpu);
    all.tell("utilization_memory_percent", &card.utilization_memory);
    all.tell("temperature_celsius", &card.temperature);
    all.tell("power_watts", &card.power_watts).tell("power_limit_watts", &card.power_limit_watts);
    all.tell("clock_graphics_mhz", &card.clock_graphics_mhz).tell("clock_memory_mhz", &card.clock_memory_mhz);
    all.tell("throttle", &card.throttle).tell("fan_percent", &card.fan_percent);
    all.tell("pcie_generation", &card.pcie.generation).tell("pcie_width", &card.pcie.width);
    all.tell("pcie_rx_kib_per_second", &card.pcie.rx_kib_s).tell("pcie_tx_kib_per_second", &card.pcie.tx_kib_s);
    all.tell("performance_state", &card.performance_state);
    partition(&mut all, &card.partition);
    let processes = part(&card.processes, |processes| processes.iter().map(process).collect::<Vec<_>>());
    all.tell("processes", &processes);
    all
}

/// A line of the ledger: who, for what, how much, and who says so.
fn entry(entry: &Entry) -> Value {
    let mut all = Object::default();
    all.put("holder", &entry.holder).put("kind", entry.kind.word()).put("run", entry.run()).put("part", entry.part);
    all.tell("bytes", &entry.bytes).put("basis", entry.origin).put("note", &entry.note).put("pids", &entry.pids);
    Value::Object(all.take())
}

fn partition(all: &mut Object, partition: &Partition) {
    match partition {
        Partition::Whole => all.put("partition", "whole"),
        Partition::MigParent => all.put("partition", "mig_parent"),
        Partition::MigInstance { parent } => all.put("partition", "mig_instance").put("parent_index", parent),
        Partition::Vgpu(mode) => all.put("partition", "virtual").put("virtualization", mode),
        Partition::Unknown(why) => all.tell::<()>("partition", &Err(why.clone())),
    };
}

fn process(process: &GpuProcess) -> Value {
    let mut all = Object::default();
    all.put("pid", process.pid).tell("name", &process.name).tell("used_bytes", &process.used);
    all.put("run", &process.run).put("use", process.usage).put("own", process.own);
    all.tell("command", &process.command).tell("since_seconds", &part(&process.since, |since| unix(*since)));
    Value::Object(all.take())
}

fn host(host: &Host) -> Value {
    let mut all = Object::default();
    all.tell("cpu_percent", &host.cpu_percent);
    all.tell("ram_total_bytes", &host.ram_total).tell("ram_used_bytes", &host.ram_used);
    all.tell("swap_total_bytes", &host.swap_total).tell("swap_used_bytes", &host.swap_used);
    let disk = |(path, free): &(String, Reading<Bytes>)| {
        let mut row = Object::default();
        row.put("path", path).tell("free_bytes", free);
        Value::Object(row.take())
    };
    all.put("disks", host.disks.iter().map(disk).collect::<Vec<_>>());
    Value::Object(all.take())
}
