//! Configs of real shapes against published counts.
