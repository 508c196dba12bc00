//! Probes: what is really on at an endpoint.
//!
//! Engines accept fields that they ignore, and answer 200. A probe sends a field with a value that must show, holds the answers
//! against answers without it, and says *yes*, *no* (refused, or done otherwise), *ignored silently* or *unknown* (with the reason).
//! No model's quality is relied on: what is judged is the effect of the field on whatever the model writes.
//!
//! # The card's error
//!
//! Let `A` be the answers with the field and `C` those without, `H₁` "the field is obeyed", `H₀` "the field is ignored". Under `H₀`
//! all answers are drawn alike, so they are exchangeable, and Fisher's exact test of a mark (say, "is the greedy answer") gives the
//! probability that the treated bear it as often by chance. Under `H₁` an answer misses the mark only by noise, at most [`NOISE`]
//! an answer: misses are binomial.
//!
//! - *yes* is said where `P(marks | H₀) ≤ α` ([`stats::fisher`]; for pairs of seeds [`stats::matching`]);
//! - *ignored* where `P(misses | H₁) ≤ α` ([`stats::binomial`]);
//! - otherwise *unknown*.
//!
//! So each of the two errors of a verdict is at most [`ALPHA`], and only one of `H₀` and `H₁` is true. By Bonferroni the probability
//! that any of the card's verdicts in which chance has a part is wrong is at most their number times [`ALPHA`]: 28 · 3·10⁻⁴ = 0.84 %.
//! Verdicts in which there is no chance (three answers were asked for, one came) add nothing.
//!
//! With [`TREATED`] = 5 against [`CONTROL`] = 16: five marks of five and none of sixteen have 1/20 349, with one of sixteen 6/20 349
//! ≤ α; four misses of five have 3·10⁻⁵ under the noise. A field that is ignored is caught where at least four of five answers
//! miss the mark, which for answers that bear it with probability `q` by chance is `(1−q)⁵ + 5q(1−q)⁴`: 97.7 % at `q` = 5 %, 99.9 %
//! at 1 %. Six pairs of equal seeds that agree, and differ from each other, have 1/10 395 of being paired so by chance.
//!
//! Shared control groups make tests dependent, which Bonferroni allows for. What the design does not cover: an engine that caches
//! whole answers, and one whose noise exceeds [`NOISE`].

mod ask;
mod bench;
mod card;
mod catalogue;
mod judge;
mod rule;
mod session;
pub mod stats;
mod verdict;

pub use ask::{Answer, Ask, Call, Choice, Round, Said};
pub use bench::{LONGEST, Situation};
pub use card::{Card, Entry, Subject};
pub use catalogue::{CAPABILITIES, Capability, Group, capability, chosen};
pub use session::{Session, Step};
pub use stats::{ALPHA, CONTROL, NOISE, PAIRS, TREATED};
pub use verdict::{Evidence, Finding, Heard, Verdict};
