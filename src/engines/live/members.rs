//! Which processes belong to a run. Four marks, for each alone can be lost: the keeper's session and the leader's
//! group (a child may leave them), descent (a parent may die), the environment (a program may overwrite it), and the
//! list the keeper wrote last (it may be old).

use super::proc::{self, Proc};
use crate::engines::RunState;
use crate::engines::run::ProcessRef;
use std::collections::HashSet;
use std::path::Path;

/// The variable that carries the run's name.
pub(super) const RUN_VARIABLE: &str = "VRAMDECK_RUN";
/// The variable that carries the run's folder, which is unique where a name may not be.
pub(super) const DIR_VARIABLE: &str = "VRAMDECK_RUN_DIR";

/// All live processes of a run, keeper excluded.
pub(super) fn members(dir: &Path, state: &RunState) -> Vec<ProcessRef> {
    if state.facts.external || (state.facts.boot.is_some() && state.facts.boot != proc::boot()) {
        return Vec::new();
    }
    let all = proc::all();
    let environment = |process: &Proc| has_mark(&proc::environment(process.pid), dir);
    select(&all, state, std::process::id(), environment)
}

fn has_mark(environment: &[u8], dir: &Path) -> bool {
    let mark = format!("{DIR_VARIABLE}={}", dir.display());
    environment.split(|b| *b == 0).any(|entry| entry == mark.as_bytes())
}

/// The choice itself, over plain data.
fn select(all: &[Proc], state: &RunState, own: u32, marked: impl Fn(&Proc) -> bool) -> Vec<ProcessRef> {
    let recycled = |old: ProcessRef| all.iter().any(|p| p.pid == old.pid && p.ticks != old.started_ticks);
    let keeper = state.keeper.filter(|keeper| !recycled(*keeper));
    let leader = state.leader.filter(|leader| !recycled(*leader));
    let known: HashSet<(u32, u64)> =
        state.facts.processes.iter().chain(&state.leader).map(|p| (p.pid, p.started_ticks)).collect();
    let excluded = |p: &Proc| p.pid == own || p.pid <= 1 || keeper.is_some_and(|k| k.pid == p.pid);
    let is_own = |p: &Proc| {
        keeper.is_some_and(|k| p.session == k.pid)
            || leader.is_some_and(|l| p.group == l.pid && p.ticks >= l.started_ticks)
            || known.contains(&(p.pid, p.ticks))
            || marked(p)
    };
    let mut found: HashSet<u32> = all.iter().filter(|p| !excluded(p) && is_own(p)).map(|p| p.pid).collect();
    let mut parents = found.clone();
    parents.extend(keeper.map(|k| k.pid));
    loop {
        let grown: Vec<u32> = all
            .iter()
            .filter(|p| !excluded(p) && parents.contains(&p.parent) && !found.contains(&p.pid))
            .map(|p| p.pid)
            .collect();
        if grown.is_empty() {
            break;
        }
        found.extend(&grown);
        parents.extend(grown);
    }
    all.iter().filter(|p| found.contains(&p.pid) && !p.zombie).map(Proc::reference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::{Dialect, EngineKind, Phase, RunId};

    fn proc(pid: u32, parent: u32, group: u32, session: u32) -> Proc {
        Proc { pid, parent, group, session, zombie: false, ticks: u64::from(pid) * 10 }
    }

    fn state() -> RunState {
        let plan = crate::engines::Plan {
            engine: EngineKind::Vllm,
            dialect: Dialect::Vllm,
            model: "m".into(),
            served_name: "m".into(),
            name: "m".into(),
            name_is_fixed: false,
            argv: vec!["x".into()],
            env: Vec::new(),
            endpoint: "http://127.0.0.1:1".into(),
            key: None,
            asked: None,
            version: None,
            predicted: None,
            predicted_unknown: None,
        };
        let mut state = RunState::planned(RunId("m".into()), &plan, 0.0);
        state.phase = Phase::Ready;
        state.keeper = Some(ProcessRef { pid: 100, started_ticks: 1000 });
        state.leader = Some(ProcessRef { pid: 101, started_ticks: 1010 });
        state
    }

    fn pids(all: &[Proc], state: &RunState, marked: &[u32]) -> Vec<u32> {
        select(all, state, 50, |p| marked.contains(&p.pid)).into_iter().map(|p| p.pid).collect()
    }

    #[test]
    fn each_mark_alone_is_enough() {
        let all = [
            proc(1, 0, 1, 1),
            proc(50, 1, 50, 50),
            proc(100, 1, 100, 100),
            proc(101, 100, 101, 100),
            proc(102, 1, 102, 100),
            proc(103, 101, 103, 103),
            proc(104, 103, 104, 104),
            proc(105, 1, 105, 105),
            proc(106, 1, 106, 106),
            proc(200, 1, 200, 200),
        ];
        let mut state = state();
        state.facts.processes = vec![ProcessRef { pid: 106, started_ticks: 1060 }];
        assert_eq!(pids(&all, &state, &[105]), [101, 102, 103, 104, 105, 106]);
    }

    #[test]
    fn recycled_pids_are_left_alone() {
        let mut all = vec![proc(100, 1, 100, 100), proc(101, 1, 101, 100), proc(102, 101, 101, 100)];
        for process in &mut all {
            process.ticks += 5_000;
        }
        let mut state = state();
        state.facts.processes = vec![ProcessRef { pid: 102, started_ticks: 1020 }];
        assert!(pids(&all, &state, &[]).is_empty(), "the same numbers, but other processes");
    }
}
