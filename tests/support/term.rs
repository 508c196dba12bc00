//! vramdeck in a pseudo-terminal, with a terminal emulator reading along.
//!
//! ```text
//! let deck = Deck::new();
//! let mut term = Term::start(&deck, &["--demo"], 80, 24);
//! term.wait_for("Card");                       // until the screen shows it; else the test fails with the screen
//! term.press("ctrl+p");                        // keys by name: see keys.rs
//! term.type_text("theme");
//! term.click_on("nord");                       // the mouse, in SGR reports
//! term.resize(200, 50);
//! term.wait_until("the bar", |screen| screen.contents().contains("GiB"));
//! term.press("q");
//! assert_eq!(term.wait_exit(), Exit::Code(0));
//! assert_eq!(term.not_restored(), Vec::<String>::new());
//! ```
//!
//! Every wait ends at `PATIENCE` (see `patience`) and then fails with the screen, plain and with styles. The emulator
//! answers what a plain xterm is asked at start (device attributes, cursor position), so that no program waits for it.
//! Dropping the terminal kills the process group; dropping the `Deck` ends keepers and engines.

use super::deck::{Deck, pid};
use super::{keys, styled};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::termios::LocalFlags;
use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use vt100::{Callbacks, MouseProtocolMode, Parser, Screen};

/// How long a wait lasts at most on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    Code(u32),
    /// The signal's name.
    Signal(String),
}

/// What the emulator keeps besides the screen.
#[derive(Default)]
struct Asked {
    replies: Vec<String>,
    clipboard: Option<String>,
    title: String,
    focus_reports: bool,
    keyboard_flags: usize,
}

impl Callbacks for Asked {
    fn set_window_title(&mut self, _: &mut Screen, title: &[u8]) {
        self.title = String::from_utf8_lossy(title).into_owned();
    }

    fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], data: &[u8]) {
        self.clipboard = Some(String::from_utf8_lossy(data).into_owned());
    }

    fn unhandled_csi(&mut self, screen: &mut Screen, i1: Option<u8>, _: Option<u8>, params: &[&[u16]], c: char) {
        let first = params.first().and_then(|param| param.first()).copied().unwrap_or(0);
        match (i1, c, first) {
            (None, 'c', 0) => self.replies.push("\x1b[?62;22c".to_owned()),
            (None, 'n', 6) => {
                let (row, column) = screen.cursor_position();
                self.replies.push(format!("\x1b[{};{}R", row + 1, column + 1));
            }
            (Some(b'?'), 'h' | 'l', 1004) => self.focus_reports = c == 'h',
            (Some(b'>'), 'u', _) => self.keyboard_flags += 1,
            (Some(b'<'), 'u', count) => {
                self.keyboard_flags = self.keyboard_flags.saturating_sub(usize::from(count.max(1)));
            }
            _ => {}
        }
    }
}

struct State {
    parser: Parser<Asked>,
    exit: Option<Exit>,
    closed: bool,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that failed while it looked leaves nothing half done behind.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }
}

/// One running vramdeck and the terminal it believes to stand in.
pub struct Term {
    shared: Arc<Shared>,
    master: Box<dyn MasterPty + Send>,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    id: u32,
    patience: Duration,
}

impl Term {
    /// Starts vramdeck with `arguments` in a terminal of that size.
    pub fn start(deck: &Deck, arguments: &[&str], columns: u16, rows: u16) -> Self {
        Self::start_program(&Deck::program(), deck, arguments, columns, rows)
    }

    /// Starts another program the same way.
    pub fn start_program(program: &Path, deck: &Deck, arguments: &[&str], columns: u16, rows: u16) -> Self {
        let pty = native_pty_system().openpty(size(columns, rows)).unwrap_or_else(|error| panic!("no pty: {error}"));
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(deck.home());
        command.env_clear();
        deck.env().iter().for_each(|(name, value)| command.env(name, value));
        let mut child = pty.slave.spawn_command(command).unwrap_or_else(|error| panic!("cannot start: {error}"));
        drop(pty.slave);
        let id = child.process_id().unwrap_or_else(|| panic!("the program has no process id"));
        let reader = pty.master.try_clone_reader().unwrap_or_else(|error| panic!("no reader: {error}"));
        let writer = pty.master.take_writer().unwrap_or_else(|error| panic!("no writer: {error}"));
        let parser = Parser::new_with_callbacks(cells(rows), cells(columns), 1000, Asked::default());
        let state = Mutex::new(State { parser, exit: None, closed: false });
        let shared = Arc::new(Shared { state, changed: Condvar::new() });
        let writer = Arc::new(Mutex::new(writer));
        read_along(reader, Arc::clone(&shared), Arc::clone(&writer));
        let told = Arc::clone(&shared);
        std::thread::spawn(move || {
            let exit = match child.wait() {
                Ok(status) => status.signal().map_or(Exit::Code(status.exit_code()), |name| Exit::Signal(name.into())),
                Err(error) => Exit::Signal(format!("unknown: {error}")),
            };
            told.change(|state| state.exit = Some(exit));
        });
        Self { shared, master: pty.master, writer, id, patience: PATIENCE }
    }

    /// The same with another limit for every wait.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The process id of the program, which leads its group.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Presses a key by name.
    pub fn press(&mut self, name: &str) {
        let application = self.shared.lock().parser.screen().application_cursor();
        self.send(&keys::key(name, application));
    }

    /// Types text as it is.
    pub fn type_text(&mut self, text: &str) {
        self.send(text);
    }

    /// Pastes text, between paste marks when the program asked for them.
    pub fn paste(&mut self, text: &str) {
        let marked = self.shared.lock().parser.screen().bracketed_paste();
        self.send(&if marked { format!("\x1b[200~{text}\x1b[201~") } else { text.to_owned() });
    }

    /// Clicks the left button on a cell; both counts start at 0.
    pub fn click(&mut self, column: u16, row: u16) {
        self.send(&(keys::mouse(0, column, row, true) + &keys::mouse(0, column, row, false)));
    }

    /// Clicks on the first place where the screen shows `text`, once it does.
    pub fn click_on(&mut self, text: &str) {
        self.wait_for(text);
        let (column, row) = self.find(text).unwrap_or_else(|| self.fail(&format!("{text:?} went away")));
        self.click(column, row);
    }

    /// Draws the mouse from one cell (column, row) to another with the left button held.
    pub fn drag(&mut self, from: (u16, u16), to: (u16, u16)) {
        let down = keys::mouse(0, from.0, from.1, true) + &keys::mouse(32, to.0, to.1, true);
        self.send(&(down + &keys::mouse(0, to.0, to.1, false)));
    }

    /// Turns the wheel over a cell, up or down.
    pub fn wheel(&mut self, column: u16, row: u16, up: bool) {
        self.send(&keys::mouse(if up { 64 } else { 65 }, column, row, true));
    }

    /// Gives the terminal another size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.shared.change(|state| state.parser.set_size(cells(rows), cells(columns)));
        self.master.resize(size(columns, rows)).unwrap_or_else(|error| panic!("cannot resize: {error}"));
    }

    /// Sends bytes to the program as they are. A program that has ended hears nothing, which its exit tells.
    pub fn send(&mut self, bytes: &str) {
        let mut writer = self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = writer.write_all(bytes.as_bytes()).and_then(|()| writer.flush());
    }

    /// Sends a signal to the program alone.
    pub fn signal(&self, signal: Signal) {
        kill(pid(self.id), signal).unwrap_or_else(|error| panic!("cannot send {signal}: {error}"));
    }

    /// Waits until the screen shows `text` in one row.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(&format!("{text:?} on the screen"), |screen| screen.contents().contains(text));
    }

    /// Waits until no row of the screen shows `text`.
    #[track_caller]
    pub fn wait_gone(&mut self, text: &str) {
        self.wait_until(&format!("{text:?} gone from the screen"), |screen| !screen.contents().contains(text));
    }

    /// Waits until the screen satisfies `seen`; `what` is what the failure calls it.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, seen: impl Fn(&Screen) -> bool) {
        let came = self.wait(|state| seen(state.parser.screen()), |state| state.closed && state.exit.is_some());
        if !came {
            self.fail(&format!("waited for {what}"));
        }
    }

    /// Waits for the program's end and for the last of its output.
    #[track_caller]
    pub fn wait_exit(&mut self) -> Exit {
        self.wait(|state| state.exit.is_some() && state.closed, |_| false);
        // Taken out first: what fails looks at the state again.
        let exit = self.shared.lock().exit.clone();
        match exit {
            Some(exit) => exit,
            None => self.fail("waited for the program to end"),
        }
    }

    fn wait(&self, done: impl Fn(&State) -> bool, over: impl Fn(&State) -> bool) -> bool {
        let end = Instant::now() + self.patience;
        let mut state = self.shared.lock();
        loop {
            if done(&state) {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || over(&state) {
                return false;
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
    }

    /// The screen as text, a line a row, without trailing blanks.
    pub fn text(&self) -> String {
        self.shared.lock().parser.screen().contents()
    }

    /// The screen with its colours and attributes, for snapshots: see `styled.rs`.
    pub fn styled(&self) -> String {
        styled::styled(self.shared.lock().parser.screen())
    }

    /// Looks at the screen.
    pub fn screen<T>(&self, look: impl FnOnce(&Screen) -> T) -> T {
        look(self.shared.lock().parser.screen())
    }

    /// Column and row of the first place where the screen shows `text`.
    pub fn find(&self, text: &str) -> Option<(u16, u16)> {
        self.screen(|screen| styled::find(screen, text))
    }

    /// What the program last put on the clipboard by OSC 52, in base64 as it was sent.
    pub fn clipboard(&self) -> Option<String> {
        self.shared.lock().parser.callbacks().clipboard.clone()
    }

    /// The window title.
    pub fn title(&self) -> String {
        self.shared.lock().parser.callbacks().title.clone()
    }

    /// What the program left other than it found it; nothing, when the terminal was restored.
    pub fn not_restored(&self) -> Vec<String> {
        let state = self.shared.lock();
        let (screen, asked) = (state.parser.screen(), state.parser.callbacks());
        // Without a line to ask, the line counts as raw: a check that cannot look must not pass.
        let flags = self.master.get_termios().map_or(0, |termios| termios.local_flags.bits());
        let cooked = (LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG).bits();
        let wrong = [
            (screen.alternate_screen(), "the alternate screen is still shown"),
            (screen.hide_cursor(), "the cursor is hidden"),
            (screen.mouse_protocol_mode() != MouseProtocolMode::None, "the mouse is still reported"),
            (screen.bracketed_paste(), "pastes are still marked"),
            (screen.application_cursor(), "the cursor keys are in application mode"),
            (asked.focus_reports, "focus is still reported"),
            (asked.keyboard_flags > 0, "keyboard flags were not taken back"),
            (flags & cooked != cooked, "the line is still raw"),
        ];
        wrong.iter().filter(|(wrong, _)| *wrong).map(|(_, what)| (*what).to_owned()).collect()
    }

    /// Fails the test with the reason and the screen.
    #[track_caller]
    pub fn fail(&self, why: &str) -> ! {
        let exit = self.shared.lock().exit.clone();
        panic!("{why}; program ended: {exit:?}\n-- screen\n{}\n-- styled\n{}", self.text(), self.styled());
    }
}

impl Drop for Term {
    fn drop(&mut self) {
        let _ = killpg(pid(self.id), Signal::SIGKILL);
    }
}

fn read_along(mut reader: Box<dyn Read + Send>, shared: Arc<Shared>, writer: Arc<Mutex<Box<dyn Write + Send>>>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 65536];
        while let Ok(count @ 1..) = reader.read(&mut buffer) {
            let mut replies = Vec::new();
            shared.change(|state| {
                state.parser.process(buffer.get(..count).unwrap_or_default());
                replies = std::mem::take(&mut state.parser.callbacks_mut().replies);
            });
            let mut writer = writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            for reply in replies {
                let _ = writer.write_all(reply.as_bytes()).and_then(|()| writer.flush());
            }
        }
        shared.change(|state| state.closed = true);
    });
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap_or_else(|| panic!("a terminal has no rows or columns"))
}
