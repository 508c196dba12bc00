//! Engines installed by vramdeck: what would be done, as data. `live::install` does it.
//!
//! Each package has a folder below vramdeck's data, `engines/PACKAGE/`, with one folder an environment (a *slot*,
//! `VERSION-N`), a link `current` to the slot in use, a `journal.jsonl` while one is being made, and a `lock`. A slot counts
//! as whole once `vramdeck.json` lies in it, which is written after the installed program answered; `current` is moved
//! after that, in one step. So whatever ends an installer, `current` never leads to a half-made environment.

pub mod fault;
pub mod journal;
pub mod known;
pub mod offers;
pub mod package;
pub mod plan;
pub mod progress;
pub mod record;
pub mod status;

pub use journal::{Event, Standing};
pub use known::{Recipe, known};
pub use offers::Offer;
pub use package::{Build, Package};
pub use plan::{Act, InstallPlan, Machine, Stage, Step, Wish};
pub use progress::Progress;
pub use record::{Record, slot_name};
pub use status::{Installing, Place, Status, Whose};
