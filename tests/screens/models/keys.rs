//! Keys and what comes of them.
