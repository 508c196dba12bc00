//! What a key can mean in the Lab's view Probes.

use crate::actions;

actions! {
    /// Actions of the view Probes.
    pub enum Action {
        Run = "lab.probes.run": "probe the endpoint",
        Quick = "lab.probes.quick": "probe what is asked for most, with fewer requests",
        Stop = "lab.probes.stop": "stop the probes; what was found is kept",
        Target = "lab.probes.target": "choose whom to probe",
        Down = "lab.probes.down": "one row down",
        Up = "lab.probes.up": "one row up",
        PageDown = "lab.probes.page-down": "one page of the evidence down",
        PageUp = "lab.probes.page-up": "one page of the evidence up",
        First = "lab.probes.first": "to the first row",
        Last = "lab.probes.last": "to the last row",
        Accept = "lab.probes.accept": "take it",
        Back = "lab.probes.back": "back",
        Copy = "lab.probes.copy": "copy the card",
    }
}
