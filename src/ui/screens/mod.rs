//! One folder a screen, with the same names as in `app::screens`.

pub mod card;
pub mod chat;
pub mod engines;
pub mod lab;
pub mod models;
mod scores;
pub mod structured;
pub mod tools;
