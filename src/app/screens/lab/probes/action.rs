//! What a key can mean in the Lab's view Probes.

use crate::actions;

actions! {
    /// Actions of the view Probes.
    pub enum Action {
        Run = "lab.probes.run": "probe the endpoint",
    }
}
