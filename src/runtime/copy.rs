//! Copying text: through the terminal where the terminal is elsewhere, else to this machine's clipboard, else to a file.

use crate::app::Msg;
use crate::base::Problem;
use crate::runtime::terminal::Terminal;
use crate::runtime::world::Common;
use crate::store::files;
use crossterm::Command;
use crossterm::clipboard::CopyToClipboard;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// The most bytes sent through a terminal; many drop longer sequences whole.
const MOST: usize = 74_994;

/// The clipboard of this machine; it must stay open for as long as its text is to be had.
pub type Clipboard = Arc<Mutex<Option<arboard::Clipboard>>>;

/// Where the terminal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Place {
    ssh: bool,
    tmux: bool,
    display: bool,
}

impl Place {
    fn from_env() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            ssh: set("SSH_TTY") || set("SSH_CONNECTION"),
            tmux: set("TMUX"),
            display: set("DISPLAY") || set("WAYLAND_DISPLAY") || cfg!(target_os = "macos"),
        }
    }

    /// Whether the terminal is the better way.
    fn through_terminal(self) -> bool {
        self.ssh || self.tmux || !self.display
    }
}

/// The OSC 52 sequence; in tmux also wrapped, so that it reaches the terminal outside.
fn sequence(text: &str, tmux: bool) -> Option<String> {
    let mut plain = String::new();
    CopyToClipboard::to_clipboard_from(text).write_ansi(&mut plain).ok()?;
    if !tmux {
        return Some(plain);
    }
    let wrapped = plain.replace('\u{1b}', "\u{1b}\u{1b}");
    Some(format!("{plain}\u{1b}Ptmux;{wrapped}\u{1b}\\"))
}

/// Copies, and tells what became of it.
pub fn copy(text: String, terminal: &mut Terminal, common: &Common, clipboard: &Clipboard) {
    let place = Place::from_env();
    if place.through_terminal()
        && text.len() <= MOST
        && let Some(sequence) = sequence(&text, place.tmux)
        && terminal.send(sequence.as_bytes()).is_ok()
    {
        let tmux = if place.tmux { "; tmux passes it on with `set-clipboard on`" } else { "" };
        common.tell(Msg::Info(format!("sent to the terminal's clipboard{tmux}")));
        return;
    }
    let (clipboard, folder) = (clipboard.clone(), common.paths.data.join("copied"));
    common.spawn_blocking(move || {
        if place.display && native(&clipboard, &text).is_ok() {
            return Some(Msg::Info("copied".to_owned()));
        }
        let name = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_millis());
        let file = folder.join(format!("{name}.txt"));
        Some(match files::write_private(&file, text.as_bytes()) {
            Ok(()) => Msg::Info(format!("no clipboard here; written to {}", file.display())),
            Err(problem) => Msg::Problem(Problem { what: format!("nothing copied: {}", problem.what), ..problem }),
        })
    });
}

fn native(clipboard: &Clipboard, text: &str) -> Result<(), arboard::Error> {
    let mut open = clipboard.lock().unwrap_or_else(PoisonError::into_inner);
    if open.is_none() {
        *open = Some(arboard::Clipboard::new()?);
    }
    match open.as_mut() {
        Some(clipboard) => clipboard.set_text(text),
        None => Err(arboard::Error::ClipboardNotSupported),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_depends_on_where_the_terminal_is() {
        let desk = Place { display: true, ..Place::default() };
        assert!(!desk.through_terminal());
        for away in [Place { ssh: true, ..desk }, Place { tmux: true, ..desk }, Place::default()] {
            assert!(away.through_terminal(), "{away:?}");
        }
    }

    #[test]
    fn tmux_gets_it_wrapped_too() {
        assert_eq!(sequence("hi", false).unwrap(), "\u{1b}]52;c;aGk=\u{1b}\\");
        assert_eq!(
            sequence("hi", true).unwrap(),
            "\u{1b}]52;c;aGk=\u{1b}\\\u{1b}Ptmux;\u{1b}\u{1b}]52;c;aGk=\u{1b}\u{1b}\\\u{1b}\\"
        );
    }
}
