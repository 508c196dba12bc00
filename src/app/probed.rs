//! Capability cards, for every screen: what an engine with a model really does.

use crate::lab::probes::Card;
use crate::wire::Dialect;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The cards that are kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Probed {
    /// The newest of each engine, version and model, newest first; `None` until they were read.
    pub cards: Option<Arc<Vec<Card>>>,
    /// Engines and models of which it was told that they have none.
    offered: BTreeSet<(Dialect, String)>,
}

impl Probed {
    /// The newest card of an engine and a model; one of this address goes before others.
    pub fn card(&self, dialect: Dialect, model: &str, url: &str) -> Option<&Card> {
        let same = |card: &&Card| card.subject.engine == dialect.name() && card.subject.model == model;
        let here = |card: &&Card| card.subject.url == url;
        let all = || self.cards.iter().flat_map(|cards| cards.iter()).filter(same);
        all().find(here).or_else(|| all().next())
    }

    /// What is told, once, where an engine and a model without a card are used for the first time.
    pub fn offer(&mut self, dialect: Dialect, model: &str, url: &str) -> Option<String> {
        let known = self.cards.is_none() || self.card(dialect, model, url).is_some();
        if known || !self.offered.insert((dialect, model.to_owned())) {
            return None;
        }
        Some(format!("{model} on {}: what it really does is not known; Lab, Probes, r finds out", dialect.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::probes::Subject;

    #[test]
    fn a_card_is_offered_once_and_never_where_there_is_one() {
        let mut probed = Probed::default();
        assert_eq!(probed.offer(Dialect::Vllm, "a", ""), None, "not before they were read");
        let card = |url: &str, at: f64| {
            let subject = Subject { engine: "vllm".into(), model: "a".into(), url: url.into(), ..Subject::default() };
            Card { subject, at, ..Card::default() }
        };
        probed.cards = Some(Arc::new(vec![card("x", 2.0), card("y", 1.0)]));
        assert_eq!(probed.offer(Dialect::Vllm, "a", "z"), None);
        assert!(probed.offer(Dialect::Ollama, "a", "z").unwrap().contains("a on ollama"));
        assert_eq!(probed.offer(Dialect::Ollama, "a", "z"), None);
        let at = |url| probed.card(Dialect::Vllm, "a", url).map(|card| card.at as u32);
        assert_eq!((at("x"), at("y"), at("z")), (Some(2), Some(1), Some(2)));
    }
}
