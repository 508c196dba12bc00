//! The Chat screen as it looks, at several sizes and with its colours; that no size breaks it; and its requests over
//! real sockets.

// Helpers of a test may end it where they stand; the lints' own test exemption reaches #[test] functions only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/openai.rs"]
#[allow(dead_code, reason = "each test program uses its part of it")]
mod openai;

#[path = "chat/look.rs"]
mod look;
#[path = "chat/wire.rs"]
mod wire;
