//! A program of the user's, run for a call: its own process group, no shell, bounded in time and in what it writes.

use super::child::{ERRORS, Group, PIECE, drain, taken};
use crate::lab::agent::run::{Limits, Outcome, cut};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::Instant;

/// How long the pipes of a program that has ended are read: what it started may hold them open.
const GRACE: Duration = Duration::from_millis(300);

/// Runs a program and gives what it wrote to its standard output. Once it has written more than the limit, or the time is
/// over, it and all that it started are ended; dropping the future does the same. An exit other than 0 is a failure with the
/// end of what it wrote to its standard error, or the beginning of its output where that is empty.
pub async fn process(argv: &[String], stdin: Option<&str>, limits: Limits) -> Outcome {
    let Some((program, words)) = argv.split_first() else {
        return Outcome::Failed("no program is named".to_owned());
    };
    let mut command = Command::new(program);
    command.args(words).process_group(0).kill_on_drop(true);
    command.stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Outcome::Failed(format!("{program} cannot be started: {error}")),
    };
    let _group = Group::of(&child);
    match tokio::time::timeout(limits.time(), talk(&mut child, stdin, limits.bytes)).await {
        Ok(outcome) => outcome,
        Err(_) => Outcome::TimedOut(limits.seconds),
    }
}

async fn talk(child: &mut Child, stdin: Option<&str>, most: usize) -> Outcome {
    let (input, out, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (told, words) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let write = write(input, stdin.unwrap_or_default());
    let (read, drain) = (read(out, &told, most), drain(errors, &words));
    tokio::pin!(write, read, drain);
    let (mut written, mut ended, mut drained, mut status) = (false, false, false, None);
    let grace = tokio::time::sleep(GRACE);
    tokio::pin!(grace);
    while !(ended && drained && status.is_some()) {
        tokio::select! {
            () = &mut write, if !written => written = true,
            flooded = &mut read, if !ended => {
                if flooded {
                    return Outcome::Answered(taken(&told));
                }
                ended = true;
            }
            () = &mut drain, if !drained => drained = true,
            exit = child.wait(), if status.is_none() => {
                status = Some(exit);
                grace.as_mut().reset(Instant::now() + GRACE);
            }
            () = &mut grace, if status.is_some() => break,
        }
    }
    match status {
        Some(Ok(status)) if status.success() => Outcome::Answered(taken(&told)),
        Some(Ok(status)) => {
            let mut said = String::from_utf8_lossy(&taken(&words)).trim().to_owned();
            if said.is_empty() {
                // Many programs tell on their output what was wrong.
                said = cut(&taken(&told), most.min(ERRORS)).0.trim().to_owned();
            }
            Outcome::Failed(if said.is_empty() { status.to_string() } else { format!("{status}: {said}") })
        }
        Some(Err(error)) => Outcome::Failed(format!("its end cannot be learnt: {error}")),
        None => Outcome::Failed("its end cannot be learnt".to_owned()),
    }
}

/// A program that does not read its input is none of our business.
async fn write(pipe: Option<impl AsyncWrite + Unpin>, text: &str) {
    if let Some(mut pipe) = pipe {
        let _ = pipe.write_all(text.as_bytes()).await;
    }
}

/// Reads to the end, or until there is more than so many bytes: then true.
async fn read(pipe: Option<impl AsyncRead + Unpin>, into: &Mutex<Vec<u8>>, most: usize) -> bool {
    let (Some(mut pipe), mut piece) = (pipe, vec![0; PIECE]) else { return false };
    while let Ok(count @ 1..) = pipe.read(&mut piece).await {
        let mut all = into.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(piece.get(..count).unwrap_or_default());
        if all.len() > most {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sh(script: &str, stdin: Option<&str>, limits: Limits) -> Outcome {
        let argv = ["sh", "-c", script].map(str::to_owned);
        process(&argv, stdin, limits).await
    }

    fn text(outcome: &Outcome) -> String {
        match outcome {
            Outcome::Answered(bytes) => cut(bytes, 40).0,
            Outcome::Failed(why) => format!("failed {why}"),
            Outcome::TimedOut(seconds) => format!("after {seconds}"),
        }
    }

    #[tokio::test]
    async fn programs_of_every_kind_end() {
        let limits = Limits { seconds: 20.0, bytes: 1000 };
        assert_eq!(text(&sh("cat; echo b", Some("a"), limits).await), "ab\n");
        assert_eq!(text(&sh("cat", None, limits).await), "", "no input is an empty one");
        assert_eq!(text(&sh("echo no >&2; exit 3", None, limits).await), "failed exit status: 3: no");
        assert_eq!(text(&sh("echo why; exit 1", None, limits).await), "failed exit status: 1: why");
        assert_eq!(text(&sh("sleep 9", None, Limits { seconds: f64::NAN, bytes: 9 }).await), "after NaN");
        assert!(text(&process(&["/no/such/program".to_owned()], None, limits).await).contains("cannot be started"));
        assert!(text(&process(&[], None, limits).await).contains("no program"));
        let flood = sh("yes", None, limits).await;
        assert!(matches!(&flood, Outcome::Answered(bytes) if (1001..100_000).contains(&bytes.len())));
        assert_eq!(text(&sh("yes | head -c 300000 >&2; echo fine", None, limits).await), "fine\n");
        let large = "x".repeat(1_000_000);
        assert_eq!(text(&sh("echo deaf", Some(&large), limits).await), "deaf\n");
        assert_eq!(text(&sh("printf '\\377\\000'", None, limits).await), "[2 bytes that are no text]");
    }

    #[tokio::test]
    async fn what_hangs_is_ended_with_all_that_it_started() {
        let begun = Instant::now();
        let limits = Limits { seconds: 0.5, bytes: 1000 };
        assert_eq!(text(&sh("trap '' TERM; sleep 50 & sleep 50", None, limits).await), "after 0.5");
        let limits = Limits { seconds: 20.0, bytes: 1000 };
        let Outcome::Answered(told) = sh("sleep 50 & echo $!", None, limits).await else { panic!("it answers") };
        let child: i32 = String::from_utf8(told).unwrap().trim().parse().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(15), "a child that holds the pipe is not waited for");
        for _ in 0..100 {
            let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
            if stat.is_empty() || stat.contains(") Z") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("what it started lives on");
    }
}
