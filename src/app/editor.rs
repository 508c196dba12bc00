//! A text of several lines being written.

use crate::app::key::{Code, Key};
use tui_textarea::{CursorMove, Input, TextArea, WrapMode};

/// A text area that takes this program's keys.
#[derive(Debug, Clone)]
pub struct Editor {
    area: TextArea<'static>,
}

impl Default for Editor {
    fn default() -> Self {
        Self::with("")
    }
}

impl Editor {
    /// An editor with text in it and the cursor at its end.
    pub fn with(text: &str) -> Self {
        let text = crate::base::text::clean(text);
        let mut area = TextArea::new(text.split('\n').map(str::to_owned).collect());
        area.set_wrap_mode(WrapMode::WordOrGlyph);
        // The terminal's own cursor is used, and no line is underlined.
        area.set_cursor_line_style(ratatui::style::Style::default());
        area.set_cursor_style(ratatui::style::Style::default());
        area.move_cursor(CursorMove::Bottom);
        area.move_cursor(CursorMove::End);
        Self { area }
    }

    /// The widget, for drawing.
    pub fn area(&self) -> &TextArea<'static> {
        &self.area
    }

    /// What stands in it.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// A new line at the cursor.
    pub fn newline(&mut self) {
        self.area.insert_newline();
    }

    /// Text at the cursor, its controls made harmless.
    pub fn insert(&mut self, text: &str) {
        self.area.insert_str(crate::base::text::clean(text));
    }

    /// Whether the cursor is in the first line.
    pub fn at_first_line(&self) -> bool {
        self.area.screen_cursor().row == 0
    }

    /// Whether the cursor is in the last line.
    pub fn at_last_line(&self) -> bool {
        let cursor = self.area.cursor();
        cursor.0 + 1 == self.area.lines().len()
    }

    /// Applies a key; tells whether there was a use for it.
    pub fn key(&mut self, key: Key) -> bool {
        match (key.code, key.ctrl, key.alt) {
            (Code::Char('u'), true, false) => self.area.delete_line_by_head(),
            (Code::Char('a'), true, false) => {
                self.area.move_cursor(CursorMove::Head);
                true
            }
            (Code::Char('z'), false, true) => self.area.undo(),
            _ => match input(key) {
                Some(input) => {
                    self.area.input(input);
                    true
                }
                None => false,
            },
        }
    }

    /// The text of the cursor's line that stands before it.
    pub(in crate::app) fn before_cursor(&self) -> String {
        let cursor = self.area.cursor();
        self.area.lines().get(cursor.0).map_or_else(String::new, |line| line.chars().take(cursor.1).collect())
    }

    /// Deletes so many characters before the cursor.
    pub(in crate::app) fn delete_before(&mut self, chars: usize) {
        for _ in 0..chars {
            self.area.delete_char();
        }
    }
}

fn input(key: Key) -> Option<Input> {
    use tui_textarea::Key as Theirs;
    let code = match key.code {
        Code::Char(c) => Theirs::Char(c),
        Code::Enter => Theirs::Enter,
        Code::Backspace => Theirs::Backspace,
        Code::Delete => Theirs::Delete,
        Code::Left => Theirs::Left,
        Code::Right => Theirs::Right,
        Code::Up => Theirs::Up,
        Code::Down => Theirs::Down,
        Code::Home => Theirs::Home,
        Code::End => Theirs::End,
        Code::F(_) | Code::Esc | Code::Tab | Code::Insert | Code::PageUp | Code::PageDown => return None,
    };
    Some(Input { key: code, ctrl: key.ctrl, alt: key.alt, shift: key.shift })
}
