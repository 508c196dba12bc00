//! One folder a screen: its state, actions, messages, effects and mouse targets, and its update.

pub mod card;
pub mod chat;
pub mod engines;
pub mod lab;
pub mod models;
pub mod structured;
pub mod tools;
