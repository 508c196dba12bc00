//! The terminal: taken on start, given back on every way out.

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture, KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::terminal::{
    self, BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use std::io::{self, BufWriter, Stdout, Write};
use std::mem::ManuallyDrop;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// Columns of the terminal, where there is one.
pub fn columns() -> Option<usize> {
    terminal::size().ok().map(|(columns, _)| usize::from(columns))
}

/// What ratatui draws onto.
pub type Screen = ratatui::Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// Whether the terminal is ours now; a restore happens once, whoever comes first.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether the enhanced keyboard was switched on and must be switched off again.
static ENHANCED: AtomicBool = AtomicBool::new(false);

/// The taken terminal. Dropping it gives the terminal back.
pub struct Terminal {
    /// Never dropped: ratatui's own drop prints where it cannot show the cursor, and so panics on a terminal that is
    /// gone. Everything is written out at the end of each frame, and the cursor is shown by [`give_back`].
    screen: ManuallyDrop<Screen>,
    mouse: bool,
    enhanced: bool,
}

impl Terminal {
    /// Takes the terminal: raw mode, alternate screen, paste and focus events, the mouse if wanted; all cells cleared.
    ///
    /// # Errors
    /// When the terminal cannot be set or written.
    pub fn take(mouse: bool) -> io::Result<Self> {
        hook_panics();
        enter(mouse, false)?;
        let writer = BufWriter::with_capacity(1 << 16, io::stdout());
        let mut screen = ratatui::Terminal::new(CrosstermBackend::new(writer)).inspect_err(|_| give_back())?;
        wipe(&mut screen).inspect_err(|_| give_back())?;
        Ok(Self { screen: ManuallyDrop::new(screen), mouse, enhanced: false })
    }

    /// Draws one frame as one synchronised update.
    ///
    /// # Errors
    /// When the terminal cannot be written.
    pub fn draw(&mut self, frame: impl FnOnce(&mut ratatui::Frame<'_>)) -> io::Result<()> {
        queue!(self.screen.backend_mut(), BeginSynchronizedUpdate)?;
        let drawn = self.screen.draw(frame).map(|_| ());
        execute!(self.screen.backend_mut(), EndSynchronizedUpdate)?;
        drawn
    }

    /// Forgets what is on screen, so that the next frame draws every cell.
    ///
    /// # Errors
    /// When the terminal cannot be written.
    pub fn clear(&mut self) -> io::Result<()> {
        wipe(&mut self.screen)
    }

    /// Takes the mouse or gives it back to the terminal.
    ///
    /// # Errors
    /// When the terminal cannot be written.
    pub fn capture_mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        let mut out = io::stdout();
        if on { execute!(out, EnableMouseCapture) } else { execute!(out, DisableMouseCapture) }
    }

    /// Asks the terminal to tell Shift+Enter from Enter and Esc from the start of a sequence.
    ///
    /// # Errors
    /// When the terminal cannot be written.
    pub fn enhance_keys(&mut self) -> io::Result<()> {
        self.enhanced = true;
        enhance()
    }

    /// Writes bytes past the cells, for example an OSC sequence.
    ///
    /// # Errors
    /// When the terminal cannot be written.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()
    }

    /// Gives the terminal back for a while; [`Self::retake`] takes it again.
    pub fn release(&mut self) {
        give_back();
    }

    /// Takes the terminal again after a suspension or a child that had it, and clears it.
    ///
    /// # Errors
    /// When the terminal cannot be set or written.
    pub fn retake(&mut self) -> io::Result<()> {
        give_back();
        enter(self.mouse, self.enhanced)?;
        wipe(&mut self.screen)
    }
}

/// Clears every cell. Not by ratatui's own `clear`, which asks the terminal where its cursor is and gives up when it
/// does not say.
fn wipe(screen: &mut Screen) -> io::Result<()> {
    let size = screen.size()?;
    screen.resize(ratatui::layout::Rect::new(0, 0, size.width, size.height))
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter(mouse: bool, enhanced: bool) -> io::Result<()> {
    terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    execute!(out, EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange, cursor::Hide)
        .inspect_err(|_| give_back())?;
    if mouse {
        execute!(out, EnableMouseCapture)?;
    }
    if enhanced { enhance() } else { Ok(()) }
}

fn enhance() -> io::Result<()> {
    ENHANCED.store(true, Ordering::SeqCst);
    execute!(io::stdout(), PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES))
}

/// Gives the terminal back as it was. Safe to call at any time and from any thread; does nothing when it is not ours.
pub fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    // A terminal that is gone cannot be restored, and there is nobody to tell.
    if ENHANCED.swap(false, Ordering::SeqCst) {
        let _ = queue!(out, PopKeyboardEnhancementFlags);
    }
    let _ = queue!(out, DisableMouseCapture, DisableFocusChange, DisableBracketedPaste, EndSynchronizedUpdate);
    let _ = execute!(out, LeaveAlternateScreen, cursor::Show);
    let _ = terminal::disable_raw_mode();
}

/// Lets a panic speak on a restored terminal.
fn hook_panics() {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
        }));
    });
}
