//! Which process writes a row: so that the stream of a living deck is told from that of a dead one.

use nix::sys::signal::kill;
use nix::unistd::Pid;

/// A process, told from a later one with the same id by its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// Process id.
    pub pid: i64,
    /// Start in clock ticks after boot (`/proc/PID/stat`, field 22); 0 where the system does not say.
    pub start: i64,
}

impl Owner {
    /// This process.
    pub fn current() -> Self {
        let pid = i64::from(std::process::id());
        Self { pid, start: start_of(pid).unwrap_or(0) }
    }

    /// Whether that process still runs.
    pub fn is_alive(self) -> bool {
        match start_of(self.pid) {
            Some(start) => start == self.start,
            None if self.start != 0 => false,
            None => i32::try_from(self.pid).is_ok_and(|pid| pid > 0 && kill(Pid::from_raw(pid), None).is_ok()),
        }
    }
}

/// The start of a process in clock ticks after boot. None for a process that is gone or a zombie.
fn start_of(pid: i64) -> Option<i64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the name in parentheses and may hold anything; the third follows its last parenthesis.
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_living_from_the_dead() {
        let me = Owner::current();
        assert!(me.is_alive());
        assert!(!Owner { start: me.start + 1, ..me }.is_alive(), "same id, another start");
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = i64::from(child.id());
        child.wait().unwrap();
        assert!(!Owner { pid, start: 1 }.is_alive());
    }
}
