//! What integration tests share: a vramdeck of their own (`deck`) and a terminal to see it in (`term`).

#![allow(dead_code, reason = "each test program uses its part of it")]

pub mod deck;
pub mod keys;
pub mod styled;
pub mod term;
