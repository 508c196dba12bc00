//! A sample as text for a person.

use crate::base::{Bytes, Reading, units};
use crate::gpu::holders::{HolderKind, holders};
use crate::gpu::ledger::{Entry, Part};
use crate::gpu::{Account, Card, GpuProcess, Ledger, Partition, Sample, Source, ledger};
use std::fmt::Display;
use std::fmt::Write;
use std::time::SystemTime;

/// The whole answer, ending with a newline.
pub(super) fn sample(sample: &Sample, accounts: &[Account]) -> String {
    let mut out = String::new();
    if let Source::Simulated(scenario) = &sample.source {
        let _ = writeln!(out, "SIMULATED: the cards of the scenario {scenario}, none of them real");
    }
    if let Ok(driver) = &sample.driver {
        let cuda = driver.cuda.as_ref().map_or_else(known_not, |(major, minor)| format!("{major}.{minor}"));
        let _ = writeln!(out, "driver {}   CUDA {cuda}", driver.version);
    }
    for (at, card) in sample.cards.iter().enumerate() {
        out.push('\n');
        self::card(&mut out, card, sample);
        if let Ok(ledger) = ledger(sample, at, accounts) {
            runs(&mut out, &ledger);
        }
    }
    if let Some(problem) = &sample.problem {
        let _ = writeln!(out, "{problem}");
    }
    out
}

fn known_not(why: &crate::base::Unknown) -> String {
    format!("? ({why})")
}

fn with<T: Display>(reading: &Reading<T>, unit: &str) -> String {
    reading.as_ref().map_or_else(known_not, |value| format!("{value}{unit}"))
}

fn card(out: &mut String, card: &Card, sample: &Sample) {
    let name = with(&card.name, "");
    let _ = writeln!(out, "{} {name}{}", card.index, partition(&card.partition));
    memory(out, card, sample);
    let power = card.power_watts.as_ref().map(|watts| format!("{watts:.0}")).map_err(Clone::clone);
    let limit = card.power_limit_watts.as_ref().map(|watts| format!("{watts:.0}")).map_err(Clone::clone);
    let throttle = match &card.throttle {
        Ok(reasons) if reasons.is_empty() => "nothing".to_owned(),
        Ok(reasons) => reasons.join(", "),
        Err(why) => known_not(why),
    };
    for (label, value) in [
        ("GPU busy", with(&card.utilization_gpu, " %")),
        ("power", format!("{} of {}", with(&power, " W"), with(&limit, " W"))),
        ("temperature", with(&card.temperature, " °C")),
        ("fan", with(&card.fan_percent, " %")),
        ("clock", with(&card.clock_graphics_mhz, " MHz")),
        ("held down by", throttle),
    ] {
        let _ = writeln!(out, "  {label:<13}{value}");
    }
    processes(out, card);
}

fn partition(partition: &Partition) -> String {
    match partition {
        Partition::Whole => String::new(),
        Partition::MigParent => "   (MIG is on; its instances follow)".to_owned(),
        Partition::MigInstance { parent } => format!("   (MIG instance of card {parent})"),
        Partition::Vgpu(mode) => format!("   ({mode})"),
        Partition::Unknown(why) => format!("   (whole or part: ? {why})"),
    }
}

fn memory(out: &mut String, card: &Card, sample: &Sample) {
    let memory = match &card.memory {
        Ok(memory) => memory,
        Err(why) => {
            let _ = writeln!(out, "  {:<13}? ({why})", "memory");
            return;
        }
    };
    let _ = writeln!(out, "  {:<13}{} used of {}, {} free", "memory", memory.used, memory.total, memory.free);
    let parts = holders(card, sample.basis()).unwrap_or_default();
    let text: Vec<String> = parts
        .iter()
        .filter_map(|part| match part.kind {
            HolderKind::Process | HolderKind::Run => None,
            HolderKind::Unattributed => Some(format!("unattributed {} ({})", with(&part.bytes, ""), part.label)),
            HolderKind::Driver | HolderKind::Desktop | HolderKind::Free => {
                Some(format!("{} {}", part.label, with(&part.bytes, "")))
            }
        })
        .collect();
    let _ = writeln!(out, "  {:<13}{}", "", text.join(" · "));
}

fn processes(out: &mut String, card: &Card) {
    match &card.processes {
        Err(why) => {
            let _ = writeln!(out, "  {:<13}? ({why})", "processes");
        }
        Ok(processes) if processes.is_empty() => {
            let _ = writeln!(out, "  {:<13}none", "processes");
        }
        Ok(processes) => {
            let mut rows: Vec<&GpuProcess> = processes.iter().collect();
            rows.sort_by_key(|process| (std::cmp::Reverse(process.used.clone().ok()), process.pid));
            let _ = writeln!(out, "  {:>10}  {:>8}  {:<24} {:<16} since", "memory", "pid", "process", "run");
            rows.into_iter().for_each(|process| row(out, process));
        }
    }
}

/// What the bytes of each run are for, as far as its engine says.
fn runs(out: &mut String, ledger: &Ledger) {
    for parts in ledger.entries.chunk_by(|a, b| a.run().is_some() && a.run() == b.run()) {
        let Some(run) = parts.first().filter(|first| first.part != Part::Whole).and_then(Entry::run) else { continue };
        let said = |entry: &Entry| format!("{} {}", entry.part.word(), with(&entry.bytes, ""));
        let text: Vec<String> = parts.iter().map(said).collect();
        let _ = writeln!(out, "  {:<13}{}", crate::base::text::fit(run, 12), text.join(" · "));
    }
}

fn row(out: &mut String, process: &GpuProcess) {
    let used = process.used.as_ref().map_or_else(|_| "?".to_owned(), Bytes::to_string);
    let name = process.name.as_deref().unwrap_or("?");
    let age = process.since.as_ref().ok().and_then(|since| SystemTime::now().duration_since(*since).ok());
    let age = age.map_or_else(|| "?".to_owned(), units::duration);
    let why = process.used.as_ref().err().map_or_else(String::new, |why| format!("   {why}"));
    let (pid, run) = (process.pid, process.run.as_deref().unwrap_or("-"));
    let _ = writeln!(out, "  {used:>10}  {pid:>8}  {:<24} {run:<16} {age}{why}", crate::base::text::fit(name, 24));
}
