//! State of the Lab's view Sampling.

/// Everything the view holds.
#[derive(Debug, Clone, Default)]
pub struct State {}
