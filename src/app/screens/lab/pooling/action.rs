//! What a key can mean in the Lab's view Pooling.

use crate::actions;

actions! {
    /// Actions of the view Pooling.
    pub enum Action {
        Run = "lab.pooling.run": "ask the model",
    }
}
