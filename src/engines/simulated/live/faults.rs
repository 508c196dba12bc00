//! Faults of the process itself: dying, not obeying, leaving children behind.

use super::boot::pause;
use crate::engines::simulated::Config;
use crate::engines::simulated::script::{Child, Death};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, setsid};
use tokio::signal::unix::{SignalKind, signal};

/// How long a child that does not obey lives at most, in seconds: a test that forgets it leaves nothing for ever.
const STRAGGLER_SECONDS: f64 = 120.0;

/// Comes back when SIGTERM or SIGINT arrived; with `ignores` only SIGINT counts.
pub async fn told_to_stop(ignores: bool) {
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
        return std::future::pending().await;
    };
    loop {
        tokio::select! {
            _ = term.recv() => if !ignores { return },
            _ = int.recv() => return,
        }
    }
}

/// Starts what the script wants from the moment of readiness on.
pub fn begin(config: &Config) {
    for child in &config.script.children {
        leave_behind(*child);
    }
    if let Some(seconds) = config.script.die_after {
        let (by, code) = (config.script.die_by.unwrap_or(Death::Exit), config.script.exit_code.unwrap_or(1));
        tokio::spawn(async move {
            pause(seconds).await;
            match by {
                Death::Exit => std::process::exit(i32::from(code)),
                Death::Abort => std::process::abort(),
                // Nothing comes after it.
                Death::Kill => drop(kill(Pid::this(), Signal::SIGKILL)),
            }
        });
    }
}

fn leave_behind(child: Child) {
    let Ok(program) = std::env::current_exe() else { return };
    let kind = match child {
        Child::Group => "group",
        Child::Session => "session",
    };
    let spawned = std::process::Command::new(program).args(["simulate", "--straggler", kind]).spawn();
    // It is meant to be left alone; the engine's own end hands it over.
    drop(spawned);
}

/// What such a child does: it does not obey SIGTERM, in a session of its own if told so, and ends after two minutes.
pub fn straggle(own_session: bool) {
    if own_session {
        // Fails only for a group leader, and then the group is its own already.
        let _ = setsid();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    if let Ok(runtime) = runtime {
        runtime.block_on(async {
            let deaf = signal(SignalKind::terminate());
            pause(STRAGGLER_SECONDS).await;
            drop(deaf);
        });
    }
}
