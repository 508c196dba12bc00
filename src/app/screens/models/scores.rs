//! What is known of how well models make tool calls: the newest kept score of each.

use super::State;
use super::ranking::Ranking;
use crate::lab::probes::Card;
use crate::lab::suite::Kept;
use crate::models::rank::{Choice, Row};
use std::time::Duration;

/// How long scores count as seen before they are read again.
pub const FRESH: Duration = Duration::from_secs(30);

impl State {
    /// The newest score of a model, whichever way it was run.
    pub fn score(&self, ranking: &Ranking, row: &Row) -> Option<&Kept> {
        if self.scores.is_empty() {
            return None;
        }
        let mut names = vec![row.name.to_string()];
        names.extend(ranking.entry(row).map(|entry| entry.id.clone()));
        names.extend(row.choices.iter().flat_map(|choice| names_of(ranking, row, choice)));
        self.scores.iter().find(|kept| names.iter().any(|name| is(kept, name)))
    }

    /// The newest capability card of one way to run a model; else of the model, whichever way it was run.
    pub fn probed(&self, ranking: &Ranking, row: &Row, choice: &Choice) -> Option<&Card> {
        if self.cards.is_empty() {
            return None;
        }
        let of = |names: &[String]| self.cards.iter().find(|card| names.iter().any(|name| named(card, name)));
        let mut all = vec![row.name.to_string()];
        all.extend(ranking.entry(row).map(|entry| entry.id.clone()));
        all.extend(row.choices.iter().flat_map(|choice| names_of(ranking, row, choice)));
        of(&names_of(ranking, row, choice)).or_else(|| of(&all))
    }

    /// The newest score of one way to run it.
    pub fn score_of(&self, ranking: &Ranking, row: &Row, choice: &Choice) -> Option<&Kept> {
        let names = names_of(ranking, row, choice);
        self.scores.iter().find(|kept| names.iter().any(|name| is(kept, name)))
    }
}

/// The names under which a way to run a model may have been asked or started.
fn names_of(ranking: &Ranking, row: &Row, choice: &Choice) -> Vec<String> {
    let repo = ranking.variant(row, choice).and_then(|variant| variant.repo.as_ref()).map(|repo| repo.value.clone());
    let form = repo.as_ref().map(|repo| format!("{repo}:{}", choice.label));
    let local = ranking.local(choice);
    let path = local.map(|local| local.path.to_string_lossy().into_owned());
    let named = local.map(|local| local.name.clone());
    // Ollama's variants are named by their tags.
    let tag = Some(choice.label.to_string()).filter(|label| label.contains(':'));
    [repo, form, path, named, tag].into_iter().flatten().collect()
}

fn named(card: &Card, name: &str) -> bool {
    let alike = |known: &str| !known.is_empty() && known.eq_ignore_ascii_case(name);
    alike(&card.subject.weights) || alike(&card.subject.model)
}

fn is(kept: &Kept, name: &str) -> bool {
    let alike = |known: &str| !known.is_empty() && known.eq_ignore_ascii_case(name);
    alike(&kept.weights) || alike(&kept.about.model)
}
