//! Runs one tool of an install: its output line by line, cancelled at any moment, its whole group ended with it.

use super::lock::Lock;
use crate::engines::install::plan::REMOVED;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::collections::VecDeque;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// Lines kept for the report of a failure.
const TAIL: usize = 20;
/// A line longer than this is cut.
const LONGEST: usize = 4096;
/// Between asking a tool to end and ending it.
const GRACE: Duration = Duration::from_secs(3);

/// How a tool ended when it did not do its work.
#[derive(Debug)]
pub(super) enum Failure {
    /// It was cancelled.
    Cancelled,
    /// In words, with its last lines.
    Failed(String, Vec<String>),
}

/// What a tool runs with.
pub(super) struct Setting<'a> {
    /// Held by each tool, too.
    pub lock: &'a Lock,
    /// Set to end the tool.
    pub cancel: &'a AtomicBool,
    /// A tool that says nothing for so long is ended.
    pub silence: Duration,
    /// Variables for every tool.
    pub env: Vec<(String, String)>,
}

/// What a watcher is told while a tool runs.
pub(super) enum Sign<'a> {
    /// A line.
    Line(&'a str),
    /// Nothing, for so long.
    Silence(Duration),
}

/// Runs a tool to its end; its last lines are the answer.
pub(super) fn run(
    setting: &Setting<'_>,
    argv: &[String],
    env: &[(String, String)],
    mut told: impl FnMut(Sign<'_>),
) -> Result<Vec<String>, Failure> {
    if setting.cancel.load(Ordering::Relaxed) {
        return Err(Failure::Cancelled);
    }
    let cannot =
        |error: std::io::Error| Failure::Failed(format!("`{}` cannot be run: {error}", name(argv)), Vec::new());
    let (mut child, lines) = start(setting, argv, env).map_err(cannot)?;
    let mut tail: VecDeque<String> = VecDeque::with_capacity(TAIL);
    let mut heard = Instant::now();
    let why = loop {
        match lines.recv_timeout(Duration::from_millis(100)) {
            Ok(line) => {
                heard = Instant::now();
                told(Sign::Line(&line));
                keep(&mut tail, line);
            }
            Err(RecvTimeoutError::Timeout) => told(Sign::Silence(heard.elapsed())),
            // Its output is closed; its end follows.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(Duration::from_millis(20)),
        }
        if setting.cancel.load(Ordering::Relaxed) {
            break Err(Failure::Cancelled);
        }
        if heard.elapsed() > setting.silence {
            let why = format!("`{}` said nothing for {}", name(argv), crate::base::units::duration(setting.silence));
            break Err(Failure::Failed(why, Vec::new()));
        }
        match child.try_wait() {
            Ok(Some(status)) => break Ok(status),
            Ok(None) => {}
            Err(error) => break Err(cannot(error)),
        }
    };
    end(&mut child, why.is_ok());
    // The last lines hold the cause: what is still in the pipe is read, but a stranger may not hold it open for ever.
    let until = Instant::now() + Duration::from_secs(2);
    while let Ok(line) = lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
        told(Sign::Line(&line));
        keep(&mut tail, line);
    }
    verdict(why, argv, tail.into())
}

fn verdict(why: Result<ExitStatus, Failure>, argv: &[String], tail: Vec<String>) -> Result<Vec<String>, Failure> {
    match why {
        Ok(status) if status.success() => Ok(tail),
        Ok(status) => Err(Failure::Failed(format!("`{}` ended with {status}", name(argv)), tail)),
        Err(Failure::Failed(why, _)) => Err(Failure::Failed(why, tail)),
        Err(Failure::Cancelled) => Err(Failure::Cancelled),
    }
}

fn start(
    setting: &Setting<'_>,
    argv: &[String],
    env: &[(String, String)],
) -> std::io::Result<(Child, Receiver<String>)> {
    let (reader, writer) = std::io::pipe()?;
    let (program, args) = argv.split_first().ok_or_else(|| std::io::Error::other("no program is named"))?;
    let mut command = Command::new(program);
    command.args(args).stdin(setting.lock.as_input()?).stdout(writer.try_clone()?).stderr(Stdio::from(writer));
    for name in REMOVED {
        command.env_remove(name);
    }
    let child = command.envs(setting.env.iter().chain(env).map(|(k, v)| (k, v))).process_group(0).spawn()?;
    // The command holds the writing end; with it open the reader would never see the end.
    drop(command);
    let (tell, lines) = sync_channel(256);
    std::thread::spawn(move || read(reader, &tell));
    Ok((child, lines))
}

/// Lines end with a newline or a carriage return, as progress bars do.
fn read(mut from: impl Read, tell: &SyncSender<String>) {
    let mut line: Vec<u8> = Vec::new();
    let mut bytes = [0_u8; 4096];
    loop {
        let count = match from.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        for byte in bytes.get(..count).unwrap_or_default() {
            if !matches!(byte, b'\n' | b'\r') {
                if line.len() < LONGEST {
                    line.push(*byte);
                }
            } else if !line.is_empty()
                && tell.send(String::from_utf8_lossy(&std::mem::take(&mut line)).into_owned()).is_err()
            {
                return;
            }
        }
    }
    if !line.is_empty() {
        // Whoever listened may have gone.
        let _ = tell.send(String::from_utf8_lossy(&line).into_owned());
    }
}

fn keep(tail: &mut VecDeque<String>, line: String) {
    let line = crate::base::text::strip_ansi(&line);
    // The steps of pip's progress bar say nothing about a failure.
    if line.starts_with("Progress ") {
        return;
    }
    if tail.len() == TAIL {
        tail.pop_front();
    }
    tail.push_back(line);
}

/// Ends the whole group: asked first, unless the tool has ended by itself.
fn end(child: &mut Child, ended: bool) {
    let group = Pid::from_raw(child.id().cast_signed());
    if !ended {
        let _ = killpg(group, Signal::SIGTERM);
        let until = Instant::now() + GRACE;
        while Instant::now() < until && matches!(child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let _ = killpg(group, Signal::SIGKILL);
    let _ = child.wait();
}

fn name(argv: &[String]) -> String {
    let first = argv.first().map_or("", |program| program.rsplit('/').next().unwrap_or(program));
    let rest: Vec<&str> = argv.iter().skip(1).take(3).map(|word| word.rsplit('/').next().unwrap_or(word)).collect();
    crate::base::text::fit(&crate::base::text::clean_line(&format!("{first} {}", rest.join(" "))), 60).trim().to_owned()
}
