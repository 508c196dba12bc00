//! What the system says of a process, read from `/proc` for the ids a card lists and for no others.

use crate::base::{Reading, Unknown};
use crate::gpu::command::{short_name, shown};
use std::collections::HashMap;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// Ticks a second in what `/proc` says to user space; fixed by Linux on every platform NVIDIA's driver runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// A program can rename itself (vLLM's engine core does) without changing its start time: read it again after this.
const STALE: Duration = Duration::from_secs(5);

/// The most of a command line that is read.
const LONGEST_COMMAND: u64 = 8192;

/// The line of `/proc/PID/stat`, as far as needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) comm: String,
    /// One letter; `Z` and `X` are dead.
    pub(super) state: char,
    pub(super) parent: u32,
    /// Ticks from boot to its start: with the id, this names a process for good.
    pub(super) start: u64,
}

/// Reads the stat line; `None` when there is no such process.
pub(super) fn stat(pid: u32) -> Option<Stat> {
    parse_stat(&std::fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// Whether exactly this process lives: same id, same start, and not a corpse waiting for its parent.
pub(super) fn lives(pid: u32, start: u64) -> bool {
    stat(pid).is_some_and(|stat| stat.start == start && !matches!(stat.state, 'Z' | 'X'))
}

/// When a living process started, as [`crate::gpu::GpuProcess::since`] says it: with the id, this names it for good.
/// `None` when there is no such process any more.
pub fn process_since(pid: u32) -> Option<SystemTime> {
    let stat = stat(pid).filter(|stat| !matches!(stat.state, 'Z' | 'X'))?;
    Processes::default().since(stat.start).ok()
}

/// `pid (name, which may hold spaces and brackets) state parent …`; the start is the 22nd field.
fn parse_stat(line: &[u8]) -> Option<Stat> {
    let line = String::from_utf8_lossy(line);
    let (head, tail) = line.rsplit_once(')')?;
    let mut fields = tail.split_ascii_whitespace();
    Some(Stat {
        comm: head.split_once('(')?.1.to_owned(),
        state: fields.next()?.chars().next()?,
        parent: fields.next()?.parse().ok()?,
        start: fields.nth(17)?.parse().ok()?,
    })
}

/// What is shown of a process.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) name: String,
    pub(super) command: Reading<String>,
    pub(super) own: bool,
    pub(super) since: Reading<SystemTime>,
}

/// Facts of processes, kept while they live and fresh.
#[derive(Debug, Default)]
pub(super) struct Processes {
    known: HashMap<u32, Kept>,
    boot: Option<SystemTime>,
}

#[derive(Debug)]
struct Kept {
    stat: Stat,
    read: Instant,
    facts: Facts,
}

impl Processes {
    /// The facts of a process.
    ///
    /// # Errors
    /// When the system shows no such process.
    pub(super) fn facts(&mut self, pid: u32) -> Reading<Facts> {
        let stat = stat(pid).ok_or(Unknown::because("the process is not visible from here"))?;
        if let Some(kept) = self.known.get(&pid)
            && (kept.stat.start, &kept.stat.comm) == (stat.start, &stat.comm)
            && kept.read.elapsed() < STALE
        {
            return Ok(kept.facts.clone());
        }
        let facts = self.read(pid, &stat);
        self.known.insert(pid, Kept { stat, read: Instant::now(), facts: facts.clone() });
        Ok(facts)
    }

    /// Forgets what has not been asked for lately.
    pub(super) fn tidy(&mut self) {
        self.known.retain(|_, kept| kept.read.elapsed() < STALE * 4);
    }

    fn read(&mut self, pid: u32, stat: &Stat) -> Facts {
        let args = arguments(pid);
        let first = args.as_ref().ok().and_then(|args| args.first()).map(String::as_str);
        Facts {
            name: short_name(&stat.comm, first),
            command: args.as_ref().map(|args| shown(args)).map_err(Clone::clone),
            own: std::fs::metadata(format!("/proc/{pid}"))
                .is_ok_and(|meta| meta.uid() == nix::unistd::geteuid().as_raw()),
            since: self.since(stat.start),
        }
    }

    fn since(&mut self, start: u64) -> Reading<SystemTime> {
        if self.boot.is_none() {
            self.boot = boot_time(Path::new("/proc/stat"));
        }
        let boot = self.boot.ok_or(Unknown::because("the system does not say when it started"))?;
        Ok(boot + Duration::from_secs_f64(start as f64 / TICKS_PER_SECOND))
    }
}

fn arguments(pid: u32) -> Reading<Vec<String>> {
    let mut bytes = Vec::new();
    std::fs::File::open(format!("/proc/{pid}/cmdline"))
        .and_then(|file| file.take(LONGEST_COMMAND).read_to_end(&mut bytes))
        .map_err(|error| Unknown::because(format!("its command line cannot be read: {}", error.kind())))?;
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    if bytes.is_empty() {
        return Err(Unknown::because("it shows no command line"));
    }
    Ok(bytes.split(|byte| *byte == 0).map(|arg| String::from_utf8_lossy(arg).into_owned()).collect())
}

fn boot_time(stat: &Path) -> Option<SystemTime> {
    let text = std::fs::read_to_string(stat).ok()?;
    let seconds = text.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_brackets_and_spaces() {
        let line = b"42 (a) b (c) R 7 42 42 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2 3";
        let stat = parse_stat(line).unwrap();
        assert_eq!(stat, Stat { comm: "a) b (c".to_owned(), state: 'R', parent: 7, start: 98_765 });
        for bad in [&b""[..], b"42", b"42 (x", b"42 (x) R", b"42 (x) R y"] {
            assert_eq!(parse_stat(bad), None);
        }
    }

    #[test]
    fn knows_itself_and_no_dead() {
        let me = std::process::id();
        let mut processes = Processes::default();
        let facts = processes.facts(me).unwrap();
        assert!(facts.own && facts.command.is_ok());
        let age = SystemTime::now().duration_since(facts.since.unwrap()).unwrap();
        assert!(age < Duration::from_secs(3600), "{age:?}");
        let start = stat(me).unwrap().start;
        assert!(lives(me, start) && !lives(me, start + 1));
        assert!(processes.facts(crate::gpu::scenario::FIRST_SIMULATED_PID).is_err());
    }
}
