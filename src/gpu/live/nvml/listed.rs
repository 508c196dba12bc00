//! The processes on a card: the driver's two lists as one, with what the system knows of each.

use super::words::{self, Ear};
use crate::base::{Bytes, Reading, Unknown};
use crate::gpu::live::proc::Processes;
use crate::gpu::{GpuProcess, ProcessUse};
use nvml_wrapper::enums::device::UsedGpuMemory;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::struct_wrappers::device::ProcessInfo;
use nvml_wrapper::{Device, Nvml};
use std::collections::BTreeMap;

/// A process as the driver lists it: bytes where told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Listed {
    usage: ProcessUse,
    used: Option<u64>,
}

/// Every process of the card.
///
/// # Errors
/// When neither list can be read: the reason of the compute list.
pub(super) fn processes(
    device: &Device<'_>,
    nvml: &Nvml,
    ear: &mut Ear,
    system: &mut Processes,
    wsl: bool,
) -> Reading<Vec<GpuProcess>> {
    let compute = retried(|| device.running_compute_processes());
    let graphics = retried(|| device.running_graphics_processes());
    let (compute, graphics) = (ear.hear(compute), ear.hear(graphics));
    let (compute, graphics) = match (compute, graphics) {
        (Err(why), Err(_)) => return Err(why),
        (compute, graphics) => (compute.unwrap_or_default(), graphics.unwrap_or_default()),
    };
    let listed = merge(&compute, &graphics);
    Ok(listed.into_iter().map(|(pid, listed)| describe(pid, listed, nvml, system, wsl)).collect())
}

/// The list can grow between the driver's count and its answer.
fn retried<T>(ask: impl Fn() -> Result<T, NvmlError>) -> Result<T, NvmlError> {
    match ask() {
        Err(NvmlError::InsufficientSize(_)) => ask(),
        answer => answer,
    }
}

/// One entry a process. A process in both lists stands in each with all its bytes, so that they must not be added;
/// entries of one list (one per MIG instance) are.
fn merge(compute: &[ProcessInfo], graphics: &[ProcessInfo]) -> BTreeMap<u32, Listed> {
    let mut all = one_list(compute, ProcessUse::Compute);
    for (pid, seen) in one_list(graphics, ProcessUse::Graphics) {
        all.entry(pid)
            .and_modify(|known| *known = Listed { usage: ProcessUse::Both, used: known.used.max(seen.used) })
            .or_insert(seen);
    }
    all
}

fn one_list(infos: &[ProcessInfo], usage: ProcessUse) -> BTreeMap<u32, Listed> {
    let mut list = BTreeMap::new();
    for info in infos {
        let used = match info.used_gpu_memory {
            UsedGpuMemory::Used(bytes) => Some(bytes),
            UsedGpuMemory::Unavailable => None,
        };
        list.entry(info.pid)
            .and_modify(|known: &mut Listed| known.used = known.used.zip(used).map(|(a, b)| a.saturating_add(b)))
            .or_insert(Listed { usage, used });
    }
    list
}

fn describe(pid: u32, listed: Listed, nvml: &Nvml, system: &mut Processes, wsl: bool) -> GpuProcess {
    let facts = system.facts(pid);
    let told = |why: &Unknown| why.clone();
    // A process of another container is not in our /proc; the driver may still know its name.
    let by_driver = |why: &Unknown| {
        let name = nvml.sys_process_name(pid, 256).map_err(|_| why.clone())?;
        let file = name.rsplit('/').next().unwrap_or(&name);
        Ok(crate::base::text::clean_line(file))
    };
    GpuProcess {
        pid,
        name: facts.as_ref().map(|facts| facts.name.clone()).or_else(by_driver),
        command: facts.as_ref().map_err(told).and_then(|facts| facts.command.clone()),
        own: facts.as_ref().is_ok_and(|facts| facts.own),
        used: listed.used.map(Bytes).ok_or_else(|| words::no_bytes(wsl)),
        usage: listed.usage,
        run: None,
        since: facts.as_ref().map_err(told).and_then(|facts| facts.since.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(pid: u32, used: Option<u64>) -> ProcessInfo {
        ProcessInfo {
            pid,
            used_gpu_memory: used.map_or(UsedGpuMemory::Unavailable, UsedGpuMemory::Used),
            gpu_instance_id: None,
            compute_instance_id: None,
        }
    }

    #[test]
    fn both_lists_count_once_and_instances_add_up() {
        let merged = merge(
            &[info(1, Some(10)), info(2, Some(5)), info(2, Some(7)), info(3, None)],
            &[info(1, Some(12)), info(4, Some(1)), info(3, Some(2))],
        );
        let expected = [
            (1, Listed { usage: ProcessUse::Both, used: Some(12) }),
            (2, Listed { usage: ProcessUse::Compute, used: Some(12) }),
            (3, Listed { usage: ProcessUse::Both, used: Some(2) }),
            (4, Listed { usage: ProcessUse::Graphics, used: Some(1) }),
        ];
        assert_eq!(merged.into_iter().collect::<Vec<_>>(), expected);
    }
}
