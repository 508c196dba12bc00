//! Signals, as what they ask for.

use crate::base::Problem;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// To end.
    End,
    /// To suspend.
    Suspend,
    /// Nothing: the process runs again after a stop.
    Continued,
}

/// The signals listened to.
pub struct Signals {
    term: Signal,
    hup: Signal,
    int: Signal,
    stop: Signal,
    cont: Signal,
}

impl Signals {
    /// Starts listening. Must be called within the runtime.
    ///
    /// # Errors
    /// When the operating system refuses a handler.
    pub fn listen() -> Result<Self, Problem> {
        let on = |kind| {
            signal(kind).map_err(|error| {
                Problem::failed("signals cannot be listened to", error.to_string(), "try again; report it if it stays")
            })
        };
        Ok(Self {
            term: on(SignalKind::terminate())?,
            hup: on(SignalKind::hangup())?,
            int: on(SignalKind::interrupt())?,
            stop: on(SignalKind::from_raw(nix::libc::SIGTSTP))?,
            cont: on(SignalKind::from_raw(nix::libc::SIGCONT))?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.term.recv() => Asked::End,
            _ = self.hup.recv() => Asked::End,
            _ = self.int.recv() => Asked::End,
            _ = self.stop.recv() => Asked::Suspend,
            _ = self.cont.recv() => Asked::Continued,
        }
    }
}

/// Stops this process and those in its group, as the shell's job control does; returns when it runs again.
pub fn stop_here() {
    use nix::sys::signal::{Signal, kill};
    // Where the group cannot be stopped (it has gone orphan), the deck goes on.
    let _ = kill(nix::unistd::Pid::from_raw(0), Signal::SIGSTOP);
}
