//! The outside world of models: disk, hub, downloads, deletion.

mod delete;
mod hub;
mod scan;

pub use delete::{Deleted, delete, unused};
pub use hub::{Download, Ended, Hub, Remote, RemoteModel, access};
pub use scan::{look, scan};
