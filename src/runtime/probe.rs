//! Asks the terminal, after the first frame, whether it can tell Shift+Enter from Enter.

use crate::app::key::{Code, Key};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// How long an answer is waited for. A later one is read and dropped by the terminal library.
const PATIENCE: Duration = Duration::from_millis(200);

/// What the terminal said, and what the person had typed meanwhile.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Whether the kitty keyboard protocol is spoken.
    pub enhanced: bool,
    /// Keys typed before the answer.
    pub typed: Vec<Key>,
}

/// Sends the question for the keyboard protocol followed by one that every terminal answers, and reads until that
/// answer, a key or [`PATIENCE`]. Nothing else may read the terminal meanwhile.
///
/// # Errors
/// When the terminal cannot be written or read.
pub fn ask() -> io::Result<Answer> {
    let mut out = io::stdout().lock();
    out.write_all(b"\x1b[?u\x1b[c")?;
    out.flush()?;
    drop(out);
    let (stdin, end) = (io::stdin(), Instant::now() + PATIENCE);
    let mut bytes = Vec::new();
    while !is_answered(&bytes) {
        let left = end.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
        let mut fds = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, timeout) {
            Ok(0) => break,
            Err(nix::errno::Errno::EINTR) => continue,
            Err(error) => return Err(error.into()),
            Ok(_) => {}
        }
        let mut chunk = [0; 256];
        match nix::unistd::read(stdin.as_fd(), &mut chunk) {
            Ok(0) => break,
            Ok(n) => bytes.extend_from_slice(&chunk[..n]),
            Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(understand(&bytes))
}

/// Whether the answer that every terminal gives (`ESC [ ? … c`) is among the bytes.
fn is_answered(bytes: &[u8]) -> bool {
    split(bytes).iter().any(|part| matches!(part, Part::Report(report) if report.ends_with('c')))
}

fn understand(bytes: &[u8]) -> Answer {
    let mut answer = Answer::default();
    for part in split(bytes) {
        match part {
            Part::Report(report) => answer.enhanced |= report.ends_with('u'),
            Part::Typed(key) => answer.typed.push(key),
        }
    }
    answer
}

enum Part {
    /// `ESC [ ? …`, without the introducer.
    Report(String),
    /// A key.
    Typed(Key),
}

/// Takes reports and keys apart; other escape sequences (a mouse that moved) are dropped.
fn split(bytes: &[u8]) -> Vec<Part> {
    let text = String::from_utf8_lossy(bytes);
    let mut chars = text.chars().peekable();
    let mut parts = Vec::new();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            parts.extend(typed(c).map(Part::Typed));
            continue;
        }
        // What many terminals send for F1 to F4 and, in one of their modes, for the arrows.
        if chars.next_if_eq(&'O').is_some() {
            parts.extend(chars.next().and_then(single_shift).map(Part::Typed));
            continue;
        }
        if chars.next_if_eq(&'[').is_none() {
            parts.push(Part::Typed(Key::plain(Code::Esc)));
            continue;
        }
        let mut sequence = String::new();
        for c in chars.by_ref() {
            sequence.push(c);
            if ('\u{40}'..='\u{7e}').contains(&c) {
                break;
            }
        }
        match (sequence.strip_prefix('?'), sequence.as_str()) {
            (Some(report), _) => parts.push(Part::Report(report.to_owned())),
            (None, arrow) => parts.extend(arrow_key(arrow).map(Part::Typed)),
        }
    }
    parts
}

/// The key of `ESC O x`.
fn single_shift(last: char) -> Option<Key> {
    match last {
        'P'..='S' => Some(Key::plain(Code::F(last as u8 - b'P' + 1))),
        last => arrow_key(last.encode_utf8(&mut [0; 4])),
    }
}

fn arrow_key(sequence: &str) -> Option<Key> {
    let code = match sequence {
        "A" => Code::Up,
        "B" => Code::Down,
        "C" => Code::Right,
        "D" => Code::Left,
        _ => return None,
    };
    Some(Key::plain(code))
}

fn typed(c: char) -> Option<Key> {
    let ctrl = |c: u32| char::from_u32(c).map(|c| Key { ctrl: true, ..Key::plain(Code::Char(c)) });
    match c {
        '\r' => Some(Key::plain(Code::Enter)),
        '\t' => Some(Key::plain(Code::Tab)),
        '\u{7f}' => Some(Key::plain(Code::Backspace)),
        '\u{1}'..='\u{1a}' => ctrl(c as u32 + 0x60),
        c if c.is_control() => None,
        c => Some(Key::plain(Code::Char(c))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (bool, bool, Vec<String>) {
        let answer = understand(bytes);
        (is_answered(bytes), answer.enhanced, answer.typed.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn answers_are_told_from_typing() {
        for (bytes, answered, enhanced, typed) in [
            (&b"\x1b[?1u\x1b[?62;c"[..], true, true, &[][..]),
            (b"\x1b[?62;22c", true, false, &[]),
            (b"2q\x1b[?0u\x1b[?1;2c\x10", true, true, &["2", "q", "ctrl+p"]),
            (b"\x1b[?6", false, false, &[]),
            (b"\x1bOQ\x1bOA\x1bOz\x1b[?1;2c", true, false, &["f2", "up"]),
            (b"\x1b[B\x1b[<35;1;1M\r\xff", false, false, &["down", "enter", "\u{fffd}"]),
        ] {
            let typed: Vec<String> = typed.iter().map(|key| (*key).to_owned()).collect();
            assert_eq!(read(bytes), (answered, enhanced, typed), "{bytes:?}");
        }
    }
}
