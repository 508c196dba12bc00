//! One file a screen: what its effects do in the world.

pub mod card;
pub mod chat;
pub mod engines;
pub mod lab;
pub mod models;
pub mod scores;
pub mod sleep;
pub mod structured;
pub mod tools;
