//! Small things every room needs: units, readings that may be unknown, problems, rings, terminal-safe text. No I/O.

pub mod basis;
pub mod gbnf;
pub mod hub;
pub mod problem;
pub mod reading;
pub mod ring;
pub mod secret;
pub mod text;
pub mod units;

pub use basis::Basis;
pub use hub::HubFolders;
pub use problem::{Fault, Problem};
pub use reading::{Reading, Unknown};
pub use ring::Ring;
pub use secret::Secret;
pub use units::Bytes;
