//! State of the Lab's view Pooling.

/// Everything the view holds.
#[derive(Debug, Clone, Default)]
pub struct State {}
