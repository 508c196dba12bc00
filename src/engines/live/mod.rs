//! Engines as real processes: found, checked, started under a keeper, listed, stopped.

mod drain;
mod find;
mod health;
mod http;
pub mod install;
mod keeper;
mod litellm;
mod logfile;
mod logs;
mod members;
pub mod ollama;
mod ports;
mod prepare;
mod proc;
mod program;
mod records;
mod rest;
mod scrape;
mod spawn;
mod stop;
mod weights;

pub use find::{find, flag_table, read_help};
pub use keeper::keep;
pub use logs::{Follower, tail};
pub use ports::{free_port, holder};
pub use prepare::{Prepared, prepare};
pub use records::{endpoint, forget, get, list, run_pids};
pub use rest::{rest, rouse};
pub use scrape::{Scraper, look_at, sleep, wake};
pub use spawn::{start, start_with, wait_ready};
pub use stop::{StopReport, stop};

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since the Unix epoch.
pub(crate) fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}
