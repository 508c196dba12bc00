//! What runs when a model calls, run: programs of the user's.

mod process;

pub use process::process;
