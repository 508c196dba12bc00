//! Effects of the Card screen.

use crate::app::Msg;
use crate::app::screens::card::{self, Effect, Victim};
use crate::base::Problem;
use crate::gpu::live::process_since;
use crate::runtime::world::World;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::time::Duration;

/// How long a process may take to end before the other way is offered.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(100);

/// Runs one effect.
pub fn run(effect: Effect, world: &World) {
    match effect {
        Effect::End { victim, force } => {
            let common = world.common.clone();
            world.spawn(async move {
                let said = end(victim, force).await;
                // The deck may have left meanwhile.
                let _ = common.tx.send(said).await;
            });
        }
    }
}

async fn end(victim: Victim, force: bool) -> Msg {
    match process_since(victim.pid) {
        None => return Msg::Card(card::Msg::Ended(victim)),
        Some(_) if !is_there(&victim) => return Msg::Problem(another(&victim)),
        Some(_) => {}
    }
    let signal = if force { Signal::SIGKILL } else { Signal::SIGTERM };
    let sent = i32::try_from(victim.pid).map(|pid| kill(Pid::from_raw(pid), signal));
    if let Ok(Err(error)) = sent
        && error != nix::errno::Errno::ESRCH
    {
        return Msg::Problem(Problem::failed(
            format!("{} ({}) cannot be ended", victim.name, victim.pid),
            error.desc(),
            "end it with your system's tools",
        ));
    }
    let mut waited = Duration::ZERO;
    while waited < PATIENCE {
        tokio::time::sleep(LOOK).await;
        waited += LOOK;
        if !is_there(&victim) {
            return Msg::Card(card::Msg::Ended(victim));
        }
    }
    if force {
        return Msg::Problem(Problem::failed(
            format!("{} ({}) is still there", victim.name, victim.pid),
            "it did not even go when killed: it hangs in the kernel, most likely in the GPU driver",
            "see dmesg; a restart ends it",
        ));
    }
    Msg::Card(card::Msg::StillThere(victim))
}

fn another(victim: &Victim) -> Problem {
    Problem::failed(
        format!("{} ({}) is not ended", victim.name, victim.pid),
        "a process of that id lives, but it did not start when the one you chose did",
        "choose it again in the table",
    )
}

/// Whether exactly this process lives. Start times are read in hundredths of a second.
fn is_there(victim: &Victim) -> bool {
    process_since(victim.pid).is_some_and(|since| {
        let apart = since.duration_since(victim.since).unwrap_or_else(|before| before.duration());
        apart < Duration::from_millis(5)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(program: &str, args: &[&str]) -> (std::process::Child, Victim) {
        let child =
            std::process::Command::new(program).args(args).stdout(std::process::Stdio::piped()).spawn().unwrap();
        let since = process_since(child.id()).unwrap();
        let victim = Victim { pid: child.id(), since, name: program.to_owned() };
        (child, victim)
    }

    #[tokio::test]
    async fn ends_the_very_process_and_no_other() {
        let (mut child, victim) = start("sleep", &["60"]);
        let later = Victim { since: victim.since + Duration::from_secs(1), ..victim.clone() };
        assert!(matches!(end(later, false).await, Msg::Problem(_)), "another one has the id");
        assert!(is_there(&victim), "a process of the same id is left alone");
        assert_eq!(end(victim.clone(), false).await, Msg::Card(card::Msg::Ended(victim)));
        child.wait().unwrap();
    }

    #[tokio::test]
    async fn what_does_not_end_is_told_and_can_be_killed() {
        use std::io::Read;
        let (mut child, victim) = start("sh", &["-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"]);
        child.stdout.as_mut().unwrap().read_exact(&mut [0; 2]).unwrap();
        assert_eq!(end(victim.clone(), false).await, Msg::Card(card::Msg::StillThere(victim.clone())));
        assert_eq!(end(victim.clone(), true).await, Msg::Card(card::Msg::Ended(victim)));
        child.wait().unwrap();
    }
}
