//! Where samples come from: the NVIDIA driver, the simulated card, the host; and the thread that takes them.

pub mod claims;
mod host;
pub mod nvml;
mod proc;
mod reader;
pub mod sampler;
pub mod simulated;

pub use claims::{Claim, ClaimError};
pub use host::free_ram;
pub use proc::process_since;
pub use reader::{Options, Reader, SourceChoice};
pub use sampler::{DEFAULT_INTERVAL, INTERVALS, Sampler, read_once};
pub use simulated::{SIM_CARD_ENV, SimCard};

use std::sync::{Arc, RwLock};

/// Run names with their process ids, shared between whoever knows the runs and the sampler, which attributes
/// processes to them at every reading.
pub type Runs = Arc<RwLock<Vec<(String, Vec<u32>)>>>;
