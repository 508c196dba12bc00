//! Models on disk and on the hub: shelves built of small files, and a scripted hub on a loopback port.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail loudly, in its functions too"
)]

#[path = "hub/delete.rs"]
mod delete;
#[path = "hub/download.rs"]
mod download;
#[path = "hub/inspect.rs"]
mod inspect;
#[path = "hub/seek.rs"]
mod seek;
#[path = "hub/server.rs"]
mod server;
#[path = "hub/shelves.rs"]
mod shelves;
#[path = "hub/tree.rs"]
mod tree;
