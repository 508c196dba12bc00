//! The stand-in as an old driver's library: what came later is missing, memory and processes among it.
#![allow(unsafe_code, reason = "it is a C library: exported functions that write through the caller's pointers")]
#![allow(missing_docs, reason = "the functions are documented by nvml.h")]
#![allow(non_snake_case, reason = "the names are NVML's")]

mod basics;
#[allow(dead_code, reason = "the full stand-in uses the rest")]
mod card;
