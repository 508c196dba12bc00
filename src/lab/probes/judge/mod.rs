//! The probes: each a function of what was heard so far, that names the round it needs or says what it found.

pub(super) mod account;
pub(super) mod answers;
pub(super) mod ending;
pub(super) mod model;
pub(super) mod penalty;
pub(super) mod sampling;
pub(super) mod structure;
pub(super) mod tools;
