//! What the terminal library says, as messages of the state machine.

use crate::app::Msg;
use crate::app::key::{Code, Key};
use crate::app::mouse::Gesture;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

/// The message of an event, where it is one.
pub fn message(event: Event) -> Option<Msg> {
    match event {
        Event::Key(key) => self::key(key).map(Msg::Key),
        Event::Mouse(mouse) => gesture(mouse).map(|gesture| Msg::Mouse(gesture, mouse.column, mouse.row)),
        Event::Paste(text) => Some(Msg::Paste(text)),
        Event::Resize(columns, rows) => Some(Msg::Resize(columns, rows)),
        Event::FocusGained | Event::FocusLost => None,
    }
}

fn gesture(mouse: MouseEvent) -> Option<Gesture> {
    match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Gesture::Press),
        MouseEventKind::Drag(MouseButton::Left) => Some(Gesture::Drag),
        MouseEventKind::Up(MouseButton::Left) => Some(Gesture::Release),
        MouseEventKind::ScrollUp => Some(Gesture::WheelUp),
        MouseEventKind::ScrollDown => Some(Gesture::WheelDown),
        _ => None,
    }
}

fn key(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let mut shift = event.modifiers.contains(KeyModifiers::SHIFT);
    let code = match event.code {
        KeyCode::BackTab => {
            shift = true;
            Code::Tab
        }
        code => plain(code)?,
    };
    let key = Key {
        code,
        ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        alt: event.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::META),
        shift,
    };
    Some(key.normalised())
}

fn plain(code: KeyCode) -> Option<Code> {
    Some(match code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::F(n) => Code::F(n),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(code: KeyCode, modifiers: KeyModifiers) -> Option<String> {
        message(Event::Key(KeyEvent::new(code, modifiers))).map(|msg| match msg {
            Msg::Key(key) => key.to_string(),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn keys_have_one_spelling() {
        let none = KeyModifiers::NONE;
        for (code, modifiers, text) in [
            (KeyCode::Char('q'), none, "q"),
            (KeyCode::Char('G'), KeyModifiers::SHIFT, "G"),
            (KeyCode::Char('g'), KeyModifiers::SHIFT, "G"),
            (KeyCode::Char('C'), KeyModifiers::CONTROL | KeyModifiers::SHIFT, "ctrl+c"),
            (KeyCode::BackTab, KeyModifiers::SHIFT, "shift+tab"),
            (KeyCode::Enter, KeyModifiers::ALT, "alt+enter"),
            (KeyCode::Enter, KeyModifiers::SHIFT, "shift+enter"),
            (KeyCode::Char('+'), none, "plus"),
            (KeyCode::F(1), none, "f1"),
        ] {
            assert_eq!(spelled(code, modifiers).as_deref(), Some(text));
        }
        assert_eq!(spelled(KeyCode::CapsLock, none), None);
    }

    #[test]
    fn releases_and_focus_say_nothing() {
        let mut event = KeyEvent::new(KeyCode::Char('a'), KeyModifiers::NONE);
        event.kind = KeyEventKind::Release;
        assert_eq!(message(Event::Key(event)), None);
        assert_eq!(message(Event::FocusLost), None);
    }

    #[test]
    fn the_mouse_is_told_by_cell() {
        let event = |kind| Event::Mouse(MouseEvent { kind, column: 300, row: 7, modifiers: KeyModifiers::NONE });
        for (kind, gesture) in [
            (MouseEventKind::Down(MouseButton::Left), Some(Gesture::Press)),
            (MouseEventKind::Down(MouseButton::Right), None),
            (MouseEventKind::Drag(MouseButton::Left), Some(Gesture::Drag)),
            (MouseEventKind::ScrollDown, Some(Gesture::WheelDown)),
            (MouseEventKind::Moved, None),
        ] {
            assert_eq!(message(event(kind)), gesture.map(|gesture| Msg::Mouse(gesture, 300, 7)));
        }
    }
}
