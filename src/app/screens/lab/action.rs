//! What a key can mean on the Lab screen.

use super::{pooling, probes, sampling};
use crate::actions;

actions! {
    /// Actions that go from view to view.
    pub enum Views {
        NextView = "lab.next-view": "the Lab's next view",
        PreviousView = "lab.previous-view": "the Lab's view before",
        ShowSampling = "lab.show-sampling": "many answers to one prompt, side by side",
        ShowProbes = "lab.show-probes": "what is really on at an endpoint",
        ShowPooling = "lab.show-pooling": "embeddings, rankings and labels",
    }
}

/// Any action of the Lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// From view to view.
    Views(Views),
    /// In the view Sampling.
    Sampling(sampling::Action),
    /// In the view Probes.
    Probes(probes::Action),
    /// In the view Pooling.
    Pooling(pooling::Action),
}

impl Action {
    /// Every action of the Lab.
    pub fn all() -> impl Iterator<Item = Self> {
        let views = Views::ALL.iter().copied().map(Self::Views);
        let sampling = sampling::Action::ALL.iter().copied().map(Self::Sampling);
        let probes = probes::Action::ALL.iter().copied().map(Self::Probes);
        let pooling = pooling::Action::ALL.iter().copied().map(Self::Pooling);
        views.chain(sampling).chain(probes).chain(pooling)
    }

    /// The name in the keymap file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Views(action) => action.name(),
            Self::Sampling(action) => action.name(),
            Self::Probes(action) => action.name(),
            Self::Pooling(action) => action.name(),
        }
    }

    /// What it does, in a few words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Views(action) => action.describe(),
            Self::Sampling(action) => action.describe(),
            Self::Probes(action) => action.describe(),
            Self::Pooling(action) => action.describe(),
        }
    }
}
