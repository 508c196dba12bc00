//! The capability card of an engine, its version and a model.

use super::catalogue::{Group, capability};
use super::stats::ALPHA;
use super::verdict::{Evidence, Finding, Verdict};
use serde::{Deserialize, Serialize};

/// What was found of one capability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The capability.
    pub name: String,
    /// What it belongs to.
    pub group: String,
    /// What was found.
    #[serde(flatten)]
    pub finding: Finding,
    /// When, seconds since the Unix epoch.
    pub at: f64,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
}

/// Of whom a card speaks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Subject {
    /// The model as it is asked for.
    pub model: String,
    /// Kind of server.
    pub engine: String,
    /// Its version; empty where it does not say.
    pub version: String,
    /// Base URL, without user and password.
    pub url: String,
    /// The repository or path that the engine was started with; empty where it is not known.
    #[serde(default)]
    pub weights: String,
}

/// A card.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Card {
    /// Of whom it speaks.
    #[serde(flatten)]
    pub subject: Subject,
    /// When it was made, seconds since the Unix epoch.
    pub at: f64,
    /// Requests that were sent for it.
    pub requests: u64,
    /// Tokens that were generated for it, as the endpoint counts.
    pub tokens: u64,
    /// How long it took.
    pub seconds: f64,
    /// The capabilities, in the order they are told.
    pub capabilities: Vec<Entry>,
}

impl Card {
    /// What was found of a capability.
    pub fn says(&self, name: &str) -> Option<&Entry> {
        self.capabilities.iter().find(|entry| entry.name == name)
    }

    /// Why an option is of no use here; `None` where it is, or nothing is known.
    pub fn why_off(&self, name: &str) -> Option<String> {
        let entry = self.says(name).filter(|entry| entry.finding.verdict.is_off())?;
        Some(format!("{} by this engine (probed): {}", entry.finding.verdict.told(), entry.finding.why))
    }

    /// How probable it is at most that any verdict of the card is wrong by chance: the sum over those in which chance is
    /// (Bonferroni).
    pub fn false_alarm_rate(&self) -> f64 {
        let drawn = |entry: &&Entry| capability(&entry.name).is_some_and(|one| one.statistical);
        self.capabilities.iter().filter(drawn).count() as f64 * ALPHA
    }

    /// Answers on which its verdicts rest; those that several share count for each.
    pub fn samples(&self) -> u64 {
        self.capabilities.iter().map(|entry| u64::from(entry.finding.samples)).sum()
    }

    /// How many have a verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.capabilities.iter().filter(|entry| entry.finding.verdict == verdict).count()
    }

    /// The card in a few words: `24 yes · 5 no · 6 ignored · 1 unknown`.
    pub fn gist(&self) -> String {
        let each = Verdict::ALL.map(|verdict| (verdict, self.count(verdict)));
        let told =
            each.iter().filter(|(_, count)| *count > 0).map(|(verdict, count)| format!("{count} {}", verdict.name()));
        told.collect::<Vec<_>>().join(" · ")
    }

    /// Names that the engine takes and ignores.
    pub fn ignored(&self) -> Vec<&str> {
        let ignored = self.capabilities.iter().filter(|entry| entry.finding.verdict == Verdict::Ignored);
        ignored.map(|entry| entry.name.as_str()).collect()
    }

    /// Its entries by group, in the order told.
    pub fn groups(&self) -> Vec<(Group, Vec<&Entry>)> {
        let of =
            |group: Group| self.capabilities.iter().filter(|entry| entry.group == group.name()).collect::<Vec<_>>();
        Group::ALL.into_iter().map(|group| (group, of(group))).filter(|(_, all)| !all.is_empty()).collect()
    }

    /// Puts in what an older card of the same engine, version and model says of capabilities that this one lacks.
    pub fn fill_in(&mut self, older: &Card) {
        let lacking = older.capabilities.iter().filter(|entry| self.says(&entry.name).is_none()).cloned();
        let lacking: Vec<Entry> = lacking.collect();
        self.capabilities.extend(lacking);
        self.sort();
    }

    /// Puts the entries in the order told.
    pub fn sort(&mut self) {
        let place = |entry: &Entry| super::CAPABILITIES.iter().position(|one| one.name == entry.name);
        self.capabilities.sort_by_key(|entry| place(entry).unwrap_or(usize::MAX));
    }
}

impl Verdict {
    /// In a sentence about a field.
    fn told(self) -> &'static str {
        match self {
            Self::No => "not done",
            Self::Ignored => "ignored silently",
            Self::Yes => "done",
            Self::Unknown => "not known",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, verdict: Verdict) -> Entry {
        let group = capability(name).unwrap().group.name().to_owned();
        Entry {
            name: name.into(),
            group,
            finding: Finding::plain(verdict, "so it is", 3),
            at: 1.0,
            evidence: Vec::new(),
        }
    }

    #[test]
    fn a_card_says_what_it_knows() {
        let mut card = Card { capabilities: vec![entry("best_of", Verdict::Ignored)], ..Card::default() };
        let older = vec![entry("best_of", Verdict::Yes), entry("seed", Verdict::Yes), entry("images", Verdict::No)];
        card.fill_in(&Card { capabilities: older, ..Card::default() });
        assert_eq!(card.gist(), "1 yes · 1 no · 1 ignored");
        assert_eq!((card.ignored(), card.samples()), (vec!["best_of"], 9));
        assert_eq!(card.why_off("best_of").unwrap(), "ignored silently by this engine (probed): so it is");
        assert_eq!((card.why_off("seed"), card.why_off("n")), (None, None));
        assert!((card.false_alarm_rate() - ALPHA).abs() < 1e-12, "of these only the seed's verdict is drawn");
        assert_eq!(
            card.groups().iter().map(|(group, _)| group.name()).collect::<Vec<_>>(),
            ["sampling", "answers", "model"]
        );
        let again: Card = serde_json::from_str(&serde_json::to_string(&card).unwrap()).unwrap();
        assert_eq!(again, card);
    }
}
