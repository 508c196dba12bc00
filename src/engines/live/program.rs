//! Programs of this machine: whether one is there, and what it says.

use std::fs;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The program of this name on the PATH.
pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| is_program(candidate))
}

/// Whether a path is a file that may be run.
pub(super) fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Runs a program for its output, at most so long; tells whether it succeeded. Its whole group is ended when late.
pub(super) fn output(command: &[String], at_most: Duration) -> Option<(bool, String)> {
    let (program, args) = command.split_first()?;
    let (mut reader, writer) = std::io::pipe().ok()?;
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(writer.try_clone().ok()?)
        .stderr(writer)
        .process_group(0)
        .spawn()
        .ok()?;
    let reading = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // Help texts are 200 KiB at most; more is nothing we asked for.
        let _ = (&mut reader).take(8 << 20).read_to_end(&mut bytes);
        bytes
    });
    let until = Instant::now() + at_most;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(10)),
            _ => break None,
        }
    };
    // Also after success: a child that stayed behind would hold the pipe open for ever.
    let group = nix::unistd::Pid::from_raw(child.id() as i32);
    let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
    if status.is_none() {
        let _ = child.wait();
        return None;
    }
    let bytes = reading.join().ok()?;
    Some((status?.success(), crate::base::text::strip_ansi(&String::from_utf8_lossy(&bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_hangs_is_given_up() {
        let began = Instant::now();
        let command = ["sh", "-c", "sleep 60 & sleep 60"].map(str::to_owned);
        assert_eq!(output(&command, Duration::from_millis(200)), None);
        assert!(began.elapsed() < Duration::from_secs(5));
        let command = ["sh", "-c", "echo hi; sleep 60 &"].map(str::to_owned);
        assert_eq!(output(&command, Duration::from_secs(5)), Some((true, "hi\n".to_owned())));
    }
}
