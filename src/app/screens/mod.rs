//! One folder a screen: its state, actions, messages, effects and mouse targets, and its update.

pub mod card;
pub mod chat;
pub mod engines;
pub mod models;
pub mod tools;
