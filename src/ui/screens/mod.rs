//! One folder a screen, with the same names as in `app::screens`.

pub mod card;
pub mod chat;
pub mod engines;
pub mod models;
pub mod tools;
