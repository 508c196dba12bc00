//! State of the Structured screen.

/// Everything the screen holds.
#[derive(Debug, Clone, Default)]
pub struct State {}
