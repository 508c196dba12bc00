//! The screens as they look, with their colours, at several sizes and themes; and that no size and no key breaks one.

// Helpers of a test may end it where they stand; the lints' own test exemption reaches #[test] functions only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "screens/card.rs"]
mod card;
#[path = "screens/engines.rs"]
mod engines;
#[path = "screens/frame.rs"]
mod frame;
#[path = "screens/keys.rs"]
mod keys;
#[path = "screens/lab_sampling.rs"]
mod lab_sampling;
#[path = "screens/look.rs"]
mod look;
#[path = "screens/models.rs"]
mod models;
#[path = "screens/pooling.rs"]
mod pooling;
#[path = "screens/probes.rs"]
mod probes;
#[path = "screens/structured.rs"]
mod structured;
#[path = "screens/support.rs"]
mod support;
#[path = "screens/themes.rs"]
mod themes;
#[path = "screens/tools.rs"]
mod tools;
