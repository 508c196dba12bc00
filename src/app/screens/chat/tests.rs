//! Keys in, state and wishes out.
