//! What a key can mean in the Lab's view Sampling.

use crate::actions;

actions! {
    /// Actions of the view Sampling.
    pub enum Action {
        Run = "lab.sampling.run": "ask for the answers",
    }
}
