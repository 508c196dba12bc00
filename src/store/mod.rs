//! What lies on disk: where files go, the SQLite database of conversations, its migrations.

pub mod paths;

pub use paths::Paths;
