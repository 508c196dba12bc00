//! Cards: what they are, who holds their memory, and how that went over the last minutes.
//!
//! Data walks one way: a source (`live::nvml` or the simulated card) produces a [`Sample`]; [`attribute()`] names the
//! run each process belongs to; [`History`] keeps the last minutes; [`holders`](holders::holders) turns a card into the
//! segments of its bar, [`ledger()`] these into parts. The Card screen and `gpu --json` read all of these.

pub mod attribute;
pub mod command;
pub mod history;
pub mod holders;
pub mod ledger;
pub mod live;
pub mod reserve;
pub mod sample;
pub mod scenario;

pub use attribute::attribute;
pub use history::History;
pub use ledger::{Account, Ledger, ledger};
pub use sample::*;
