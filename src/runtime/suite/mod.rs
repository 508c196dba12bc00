//! Suites against a real endpoint: cases are asked, answers graded as they come, and kept so that nothing done is lost.
//!
//! [`suite()`] finds the cases, [`subject()`] of whom a result will speak, [`Order`] says whom to ask how, [`run()`] does it and tells each [`Step`]; it ends early when
//! cancelled or when nothing answers any more, and goes on later from what is kept. [`list()`], [`load()`] and [`newest()`]
//! read what is kept.

mod ask;
mod cases;
mod drive;
mod keep;
mod order;
mod subject;

pub use ask::Target;
pub use cases::{Suite, suite, suite_of};
pub use drive::{Driven, drive};
pub use keep::{Keeper, Loaded, list, load, newest};
pub use order::{Ended, GoOn, Order, Step, run};
pub use subject::{Known, Subject, subject};
