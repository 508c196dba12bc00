//! The Hub over HTTP: what a repository holds without fetching it, and downloads into the cache.

mod access;
mod cache;
mod client;
mod download;
mod fetch;
mod inspect;
mod seek;

pub use access::access;
pub use client::Hub;
pub use download::{Download, Ended};
pub use inspect::{Remote, RemoteModel};
