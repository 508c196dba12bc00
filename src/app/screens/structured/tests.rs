//! Key scripts against the Structured screen's state machine.
