//! State of the Lab's view Probes.

/// Everything the view holds.
#[derive(Debug, Clone, Default)]
pub struct State {}
