//! What a key can mean on the Structured screen.

use crate::actions;

actions! {
    /// Actions of the Structured screen.
    pub enum Action {
        Run = "structured.run": "ask the model, under the constraint",
        Back = "structured.back": "back, or stop",
    }
}
