//! Processes as `/proc` shows them.

use crate::engines::run::ProcessRef;
use std::fs;

/// One process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proc {
    /// Process id.
    pub pid: u32,
    /// Parent.
    pub parent: u32,
    /// Process group.
    pub group: u32,
    /// Session.
    pub session: u32,
    /// Whether it has ended and waits to be reaped.
    pub zombie: bool,
    /// Start time in clock ticks since boot.
    pub ticks: u64,
}

impl Proc {
    /// The process named so that a recycled pid is not mistaken for it.
    pub fn reference(&self) -> ProcessRef {
        ProcessRef { pid: self.pid, started_ticks: self.ticks }
    }
}

/// Reads one line of `/proc/PID/stat`. The name in it may hold anything, so fields count from its last parenthesis.
fn parse_stat(text: &str) -> Option<Proc> {
    let (head, rest) = text.rsplit_once(')')?;
    let pid = head.split_once(" (")?.0.trim().parse().ok()?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    Some(Proc {
        pid,
        parent: number(1)? as u32,
        group: number(2)? as u32,
        session: number(3)? as u32,
        zombie: matches!(fields.first(), Some(&("Z" | "X" | "x"))),
        ticks: number(19)?,
    })
}

/// One process, if there is one of this id.
pub(super) fn get(pid: u32) -> Option<Proc> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// All processes that can be seen.
pub(super) fn all() -> Vec<Proc> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).filter_map(get).collect()
}

/// Whether this very process still runs.
pub(super) fn alive(process: ProcessRef) -> bool {
    get(process.pid).is_some_and(|found| !found.zombie && found.ticks == process.started_ticks)
}

/// This process.
pub(super) fn this() -> Option<ProcessRef> {
    get(std::process::id()).map(|found| found.reference())
}

/// The environment a process was started with, where it may be read.
pub(super) fn environment(pid: u32) -> Vec<u8> {
    fs::read(format!("/proc/{pid}/environ")).unwrap_or_default()
}

/// Short name of a process.
pub(super) fn name(pid: u32) -> Option<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(crate::base::text::clean_line(text.trim_end()))
}

/// The id of this boot: pids and ticks of another boot mean nothing.
pub(super) fn boot() -> Option<String> {
    Some(fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_parentheses_and_spaces_are_survived() {
        let line = "42 (a) (b c) S 7 8 9 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 98765 0";
        let proc = parse_stat(line).unwrap();
        assert_eq!((proc.pid, proc.parent, proc.group, proc.session, proc.ticks), (42, 7, 8, 9, 98_765));
        assert!(!proc.zombie);
        assert_eq!(parse_stat("nonsense"), None);
    }

    #[test]
    fn this_process_is_alive_and_a_recycled_pid_is_not() {
        let this = this().unwrap();
        assert!(alive(this));
        assert!(!alive(ProcessRef { started_ticks: this.started_ticks + 1, ..this }));
        assert!(all().iter().any(|proc| proc.pid == this.pid));
    }
}
