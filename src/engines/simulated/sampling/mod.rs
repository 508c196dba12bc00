//! From probabilities to a token: penalties, filters, temperature, seeds; stop strings; beam search.

mod beam;
mod filters;
mod pick;
mod stop;

pub use beam::search;
pub use pick::{History, Order, Settings, pick};
pub use stop::StopScanner;
