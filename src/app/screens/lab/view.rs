//! Which view of the Lab is in front.

use super::Views;

/// A view of the Lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum View {
    /// Many answers to one prompt.
    #[default]
    Sampling,
    /// What is really on at an endpoint.
    Probes,
    /// Embeddings, rankings and labels.
    Pooling,
}

impl View {
    /// In the order they are drawn.
    pub const ALL: [Self; 3] = [Self::Sampling, Self::Probes, Self::Pooling];

    /// Its name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Sampling => "Sampling",
            Self::Probes => "Probes",
            Self::Pooling => "Pooling",
        }
    }

    /// Where an action leads from here.
    #[must_use]
    pub fn after(self, action: Views) -> Self {
        match (action, self) {
            (Views::ShowSampling, _) => Self::Sampling,
            (Views::ShowProbes, _) => Self::Probes,
            (Views::ShowPooling, _) => Self::Pooling,
            (Views::NextView, Self::Sampling) | (Views::PreviousView, Self::Pooling) => Self::Probes,
            (Views::NextView, Self::Probes) | (Views::PreviousView, Self::Sampling) => Self::Pooling,
            (Views::NextView, Self::Pooling) | (Views::PreviousView, Self::Probes) => Self::Sampling,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_go_round_both_ways() {
        for (at, view) in View::ALL.into_iter().enumerate() {
            assert_eq!(view.after(Views::NextView), View::ALL[(at + 1) % 3]);
            assert_eq!(view.after(Views::NextView).after(Views::PreviousView), view);
        }
    }
}
