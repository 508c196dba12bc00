//! The simulated engine: a small honest language model behind real HTTP, in three dialects.
