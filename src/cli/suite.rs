//! What the commands about suites share, whatever a suite measures: run one, list and show what is kept, compare, export.

pub mod compare;
pub mod export;
pub mod fly;
mod kept;
mod progress;
pub mod results;
mod score;

pub(super) use kept::by_number;
