//! Conversations: a tree of turns, with branches, a queue and export.

pub mod certainty;
pub mod changes;
pub mod export;
pub mod figures;
pub mod fold;
pub mod image;
pub mod pieces;
pub mod queue;
pub mod record;
pub mod request;
pub mod tree;
pub mod turn;

pub use certainty::{Certainty, certainty};
pub use changes::*;
pub use figures::*;
pub use image::{Image, Said, Thumb};
pub use pieces::PieceBuffer;
pub use queue::{Queue, Queued, QueuedId};
pub use tree::*;
pub use turn::*;
