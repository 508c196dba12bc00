//! Figures out of logs and of vLLM's own functions, properties, hostile sizes.

mod grid;
mod layouts;
mod logs;
mod properties;
