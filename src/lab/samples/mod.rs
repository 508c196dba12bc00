//! The sampling lab: one prompt over a grid of settings, many answers each, and what can be learnt of them.
//!
//! [`Wish`] → [`Plan`] (jobs with their requests, and how several answers are asked for in a dialect) → [`Answer`]s →
//! [`groups()`] of equal ones, [`diff()`] of two, [`Token`]s with probability, rank and entropy, [`ranked`] by `best_of`,
//! [`score`]s of beams, [`Branch`]es that go on from another token.

mod answer;
mod beam;
mod best;
mod branch;
mod diff;
mod grid;
mod group;
#[cfg(test)]
mod laws;
mod plan;
mod refused;
#[cfg(test)]
mod tests;
mod token;

pub use answer::{Answer, Outcome, Place, Step};
pub use beam::{Score, score, unsupported as beam_unsupported};
pub use best::{Emulated, emulated, ranked};
pub use branch::{Branch, Parent, TreeRow, branch, raw_fields, tree, unsupported as branch_unsupported};
pub use diff::{Part, diff};
pub use grid::{Axis, Grid, MOST_SETTINGS, axis};
pub use group::{Equal, Group, groups};
pub use plan::{Asked, Job, MOST_ANSWERS, MOST_IN_ALL, Plan, Planned, Wish, plan};
pub use refused::{fewer, refused_n};
pub use token::{Entropy, Heat, Rank, Token, absent, entropy, heat, rank, tokens};
