//! What integration tests share: a vramdeck of their own (`deck`) and a terminal to see it in (`term`).

// Each test program uses its part of it.
#![allow(dead_code)]

pub mod deck;
pub mod keys;
pub mod styled;
pub mod term;
