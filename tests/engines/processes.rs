//! Process trees that behave badly.

use super::stand::{Stand, VRAMDECK, alive, failure, gone, kill};
use std::path::Path;
use std::time::{Duration, Instant};
use vramdeck::engines::{Phase, live};

const GRACE: Duration = Duration::from_secs(5);

#[test]
fn a_polite_engine_ends_by_itself() {
    let stand = Stand::new();
    let state = stand.start(&stand.script("sleep 300 & sleep 300 & wait"));
    let state = stand.until(&state.run, "three processes", |state| state.pids.len() >= 3);
    assert!(state.owner_alive);
    let report = live::stop(&stand.paths, &state.run, GRACE).unwrap();
    assert!(!report.killed && report.ended_pids.len() >= 3 && report.seconds < 4.0, "{report:?}");
    gone(&report.ended_pids);
    assert_eq!(report.phase, "exited");
    assert!(matches!(stand.get(&state.run).phase, Phase::Exited { code: None, signal: Some(15) }));
    assert!(stand.carriers().is_empty());
}

#[test]
fn an_engine_deaf_to_term_is_killed_after_the_grace() {
    let stand = Stand::new();
    let state = stand.start(&stand.script("trap '' TERM; echo $$ > $HERE/pid; while :; do sleep 1; done"));
    let pid = stand.pid("pid");
    let report = live::stop(&stand.paths, &state.run, Duration::from_millis(300)).unwrap();
    assert!(report.killed && report.seconds >= 0.3, "{report:?}");
    assert!(!alive(pid) && stand.carriers().is_empty());
}

#[test]
fn a_child_that_outlives_its_parent_is_ended() {
    let stand = Stand::new();
    let state = stand.start(&stand.script("sleep 300 & echo $! > $HERE/pid; echo RuntimeError: it broke; exit 3"));
    let child = stand.pid("pid");
    let state = stand.ended(&state.run);
    let failure = failure(&state);
    assert!(failure.what.contains("code 3") && failure.why.contains("it broke"), "{failure:?}");
    assert!(!alive(child) && state.pids.is_empty() && stand.carriers().is_empty());
}

#[test]
fn children_in_sessions_of_their_own_belong_to_the_run() {
    let stand = Stand::new();
    let script = "setsid sh -c 'echo $$ > $HERE/a; exec sleep 300' & (setsid sh -c 'echo $$ > $HERE/b; exec env -i sleep 300' &) ; wait; sleep 300";
    let state = stand.start(&stand.script(script));
    let (first, second) = (stand.pid("a"), stand.pid("b"));
    stand.until(&state.run, "both", |state| state.pids.contains(&first) && state.pids.contains(&second));
    let report = live::stop(&stand.paths, &state.run, GRACE).unwrap();
    assert!(report.ended_pids.contains(&first) && report.ended_pids.contains(&second));
    assert!(!alive(first) && !alive(second) && stand.carriers().is_empty());
}

#[test]
fn the_last_words_count_even_without_a_newline() {
    let stand = Stand::new();
    let state =
        stand.start(&stand.script("echo fine; printf 'ValueError: No available memory for the cache blocks.'; exit 1"));
    let failure = failure(&stand.ended(&state.run));
    assert!(failure.why.contains("No available memory for the cache blocks"), "{failure:?}");
    assert!(failure.hint.contains("--gpu-memory-utilization"));
    let (lines, _) = live::tail(&stand.paths, &state.run, 10).unwrap();
    assert_eq!(lines.len(), 2);
}

#[test]
fn a_progress_bar_is_a_phase() {
    let stand = Stand::new();
    let script = "printf '(Worker pid=1) INFO Starting to load model m\\n'; printf 'Loading safetensors checkpoint shards:  50%% Completed | 1/2 [00:01<00:01]\\r'; sleep 300";
    let state = stand.start(&stand.script(script));
    stand.until(&state.run, "loading 50 %", |state| state.phase == Phase::Loading { percent: Some(50) });
}

#[test]
fn a_hundred_megabytes_of_log_stay_bounded_and_never_block() {
    let stand = Stand::new();
    let script = "yes \"INFO $(head -c 1000 /dev/zero | tr '\\0' x)\" | head -c 100000000; head -c 3000000 /dev/zero; echo; echo INFO the end";
    let began = Instant::now();
    let state = stand.start(&stand.script(script));
    let state = stand.ended(&state.run);
    assert!(matches!(state.phase, Phase::Exited { code: Some(0), .. }), "{state:?}");
    assert!(began.elapsed() < Duration::from_secs(60));
    let (lines, _) = live::tail(&stand.paths, &state.run, 3).unwrap();
    assert_eq!(lines.last().unwrap().text, "INFO the end");
    assert!(lines[1].text.ends_with("bytes more"), "the huge line is cut: {}", lines[1].text.len());
    let folder = stand.paths.runs().join(&state.run.0);
    let bytes: u64 = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes < 14 << 20, "{bytes} bytes on disk");
}

#[test]
fn a_killed_leader_leaves_nothing_behind() {
    let stand = Stand::new();
    let state = stand.start(&stand.script("sleep 300 & echo $! > $HERE/pid; wait"));
    let child = stand.pid("pid");
    kill(state.leader.unwrap().pid, "KILL");
    let state = stand.ended(&state.run);
    assert!(failure(&state).what.contains("signal 9"), "{state:?}");
    assert!(!alive(child) && stand.carriers().is_empty());
}

#[test]
fn a_killed_keeper_leaves_the_run_visible_and_stoppable() {
    let stand = Stand::new();
    let script = "sleep 300 & setsid sh -c 'echo $$ > $HERE/a; exec sleep 300' & (env -i setsid sh -c \"echo \\$\\$ > $HERE/b; exec sleep 300\" &); wait";
    let state = stand.start(&stand.script(script));
    let (marked, unmarked) = (stand.pid("a"), stand.pid("b"));
    // The keeper has to have seen the one that carries no mark at all before it dies.
    stand.until(&state.run, "all processes", |_| {
        let text = std::fs::read_to_string(stand.paths.runs().join(&state.run.0).join("state.json")).unwrap();
        text.contains(&format!("\"pid\":{unmarked},"))
    });
    kill(state.keeper.unwrap().pid, "KILL");
    let state = stand.until(&state.run, "the keeper's death", |state| !state.owner_alive);
    assert!(state.phase.is_live(), "its processes live: {:?}", state.phase);
    for pid in [state.leader.unwrap().pid, marked, unmarked] {
        assert!(state.pids.contains(&pid), "{pid} is invisible: {:?}", state.pids);
    }
    assert!(live::run_pids(&stand.paths).iter().any(|(run, pids)| *run == state.run.0 && pids.contains(&marked)));
    assert_eq!(live::forget(&stand.paths, &state.run).unwrap_err().exit_code(), 2, "a live run is not forgotten");
    let report = live::stop(&stand.paths, &state.run, GRACE).unwrap();
    gone(&state.pids);
    assert_eq!(report.phase, "exited");
    live::forget(&stand.paths, &state.run).unwrap();
    assert!(live::list(&stand.paths).is_empty());
}

#[test]
fn keeper_and_engine_both_killed_read_as_gone() {
    let stand = Stand::new();
    let state = stand.start(&stand.script("exec sleep 300"));
    kill(state.keeper.unwrap().pid, "KILL");
    kill(state.leader.unwrap().pid, "KILL");
    let state = stand.ended(&state.run);
    assert!(failure(&state).why.contains("keeper was killed"));
}

#[test]
fn a_keeper_told_to_end_ends_its_engine_first() {
    let stand = Stand::new();
    let state = stand.start(&stand.script("sleep 300"));
    kill(state.keeper.unwrap().pid, "TERM");
    let state = stand.ended(&state.run);
    assert!(matches!(state.phase, Phase::Exited { .. }), "{state:?}");
    assert!(!alive(state.leader.unwrap().pid) && stand.carriers().is_empty());
}

#[test]
fn an_engine_dies_between_two_lines_and_its_neighbours_fly_on() {
    let stand = Stand::new();
    let first = stand.start(&stand.script("sleep 300"));
    let second = stand.start(&stand.script("sleep 300"));
    assert_eq!((first.run.0.as_str(), second.run.0.as_str()), ("stand-in", "stand-in-2"));
    let mut fixed = stand.script("sleep 300");
    fixed.name_is_fixed = true;
    let problem = live::start_with(&stand.paths, &fixed, Path::new(VRAMDECK)).unwrap_err();
    assert_eq!(problem.exit_code(), 2, "{problem}");
    live::stop(&stand.paths, &first.run, GRACE).unwrap();
    assert!(stand.get(&second.run).owner_alive && alive(second.leader.unwrap().pid));
    // The name is free again now.
    let again = stand.start(&fixed);
    assert_eq!(again.run.0, "stand-in");
    live::stop(&stand.paths, &again.run, GRACE).unwrap();
    live::stop(&stand.paths, &second.run, GRACE).unwrap();
    assert!(stand.carriers().is_empty());
}

#[test]
fn a_program_that_is_not_there_is_a_failure_with_its_name() {
    let stand = Stand::new();
    let mut plan = stand.script("");
    plan.argv = vec!["/nowhere/engine".into()];
    let state = stand.start(&plan);
    let failure = failure(&stand.ended(&state.run));
    assert!(failure.what.contains("/nowhere/engine") && failure.why.contains("No such file"), "{failure:?}");
}

#[test]
fn records_cannot_be_kept_so_nothing_is_started() {
    let stand = Stand::new();
    std::fs::write(stand.dir.path().join("state"), "a file where a folder should be").unwrap();
    let problem = live::start_with(&stand.paths, &stand.script("sleep 300"), Path::new(VRAMDECK)).unwrap_err();
    assert!(problem.what.contains("no record"), "{problem}");
    assert!(stand.carriers().is_empty());
}

#[test]
fn only_the_owner_may_read_logs_and_plans() {
    use std::os::unix::fs::PermissionsExt;
    let stand = Stand::new();
    let state = stand.start(&stand.script("echo hello; sleep 300"));
    let folder = stand.paths.runs().join(&state.run.0);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    // The keeper opens the log once it runs.
    stand.until(&state.run, "the log", |_| folder.join("engine.log").exists());
    for file in ["plan.json", "state.json", "engine.log"] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
}

#[test]
fn a_stop_at_any_moment_of_a_start_leaves_nothing() {
    for delay in [0, 1, 3, 8, 20, 60] {
        let stand = Stand::new();
        let plan = stand.script("sleep 300 & sleep 300");
        let (paths, run) = (stand.paths.clone(), vramdeck::engines::RunId("stand-in".into()));
        let starting = std::thread::spawn(move || live::start_with(&paths, &plan, Path::new(VRAMDECK)));
        while live::get(&stand.paths, &run).is_err() {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_millis(delay));
        live::stop(&stand.paths, &run, GRACE).unwrap();
        let _ = starting.join().unwrap();
        assert!(!stand.get(&run).phase.is_live(), "{delay} ms");
        assert!(stand.carriers().is_empty(), "{delay} ms");
    }
}
