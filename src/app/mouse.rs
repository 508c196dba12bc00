//! The mouse, already told what it points at.

use crate::app::seen::{Hit, Target};

/// What the mouse did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gesture {
    /// The left button went down.
    Press,
    /// It moved while down.
    Drag,
    /// It went up.
    Release,
    /// The wheel turned up.
    WheelUp,
    /// The wheel turned down.
    WheelDown,
}

/// A gesture at a place, with what the last frame had drawn there.
#[derive(Debug, Clone, PartialEq)]
pub struct Mouse {
    /// What it did.
    pub gesture: Gesture,
    /// Column.
    pub x: u16,
    /// Row.
    pub y: u16,
    /// The topmost thing there. A drag keeps the target its press had.
    pub hit: Option<Hit<Target>>,
}
