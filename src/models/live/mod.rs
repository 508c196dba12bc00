//! The outside world of models: disk, hub, downloads, deletion.

mod delete;
mod scan;

pub use delete::{Deleted, delete};
pub use scan::{look, scan};
