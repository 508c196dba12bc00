//! What lies on disk: where files go, the SQLite database of conversations, its migrations, layered settings files.
//!
//! Nothing here knows what a conversation means: rows in, rows out. `lab::chat::record` turns them into trees.

pub mod caches;
pub mod config;
pub mod database;
pub mod fault;
pub mod files;
pub mod handle;
pub mod open;
pub mod owner;
pub mod paths;
pub mod probes;
pub mod records;
pub mod schema;
pub mod search;
pub mod settings;
pub mod starts;
pub mod suites;

pub use database::{Mode, Store};
pub use handle::StoreHandle;
pub use paths::Paths;
pub use probes::ProbeRow;
pub use records::*;
pub use settings::GeneralSettings;
pub use starts::{LessonRow, StartRow};
pub use suites::{KeptSuite, OutcomeRow, SuiteRow, SuiteState};
