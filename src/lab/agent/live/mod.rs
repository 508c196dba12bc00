//! What runs when a model calls, run: programs of the user's, requests.

mod http;
mod process;

pub use http::{Sent, request};
pub use process::process;
