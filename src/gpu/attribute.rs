//! Which run a process belongs to, by process tree.

use super::GpuProcess;
use std::collections::HashMap;

/// Steps up a process tree before we give up; a guard against a circle in what the system says.
const DEEPEST: usize = 64;

/// Names the run of every process: a process belongs to a run when it, or its nearest ancestor that does, is among
/// the run's process ids. A process of no run gets `None`.
///
/// `parents` tells the parent of a process id (`None` when it is gone or has none); `runs` lists run name and ids.
pub fn attribute(processes: &mut [GpuProcess], parents: &impl Fn(u32) -> Option<u32>, runs: &[(String, Vec<u32>)]) {
    let owners: HashMap<u32, &str> =
        runs.iter().flat_map(|(run, pids)| pids.iter().map(move |pid| (*pid, run.as_str()))).collect();
    for process in processes {
        process.run = if owners.is_empty() { None } else { owner(process.pid, parents, &owners) };
    }
}

fn owner(pid: u32, parents: &impl Fn(u32) -> Option<u32>, owners: &HashMap<u32, &str>) -> Option<String> {
    std::iter::successors(Some(pid), |pid| parents(*pid).filter(|parent| *parent > 1))
        .take(DEEPEST)
        .find_map(|pid| owners.get(&pid).map(|run| (*run).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Bytes, Unknown};
    use crate::gpu::ProcessUse;

    fn process(pid: u32) -> GpuProcess {
        GpuProcess {
            pid,
            name: Ok(format!("p{pid}")),
            command: Err(Unknown::because("test")),
            own: true,
            used: Ok(Bytes(1)),
            usage: ProcessUse::Compute,
            run: Some("stale".to_owned()),
            since: Err(Unknown::because("test")),
        }
    }

    #[test]
    fn by_itself_or_the_nearest_ancestor() {
        // 10 keeper → 11 api → 12 engine core → 13 worker; 20 a stranger; 30 a circle with 31; 40 under a nested run.
        let tree = HashMap::from([(13, 12), (12, 11), (11, 10), (10, 1), (20, 1), (30, 31), (31, 30), (40, 12)]);
        let runs = [("qwen".to_owned(), vec![10, 11]), ("inner".to_owned(), vec![40]), ("empty".to_owned(), vec![])];
        for (pid, run) in
            [(13, Some("qwen")), (11, Some("qwen")), (40, Some("inner")), (20, None), (30, None), (99, None)]
        {
            let mut processes = [process(pid)];
            attribute(&mut processes, &|pid| tree.get(&pid).copied(), &runs);
            assert_eq!(processes[0].run.as_deref(), run, "pid {pid}");
        }
    }

    #[test]
    fn without_runs_a_stale_name_goes() {
        let mut processes = [process(5)];
        attribute(&mut processes, &|_| None, &[]);
        assert_eq!(processes[0].run, None);
    }

    #[test]
    fn process_one_never_owns_the_rest() {
        let mut processes = [process(5)];
        attribute(&mut processes, &|_| Some(1), &[("init".to_owned(), vec![1])]);
        assert_eq!(processes[0].run, None);
    }
}
