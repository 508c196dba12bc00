//! Capability cards in the database: rows as what they mean.

use crate::base::Problem;
use crate::lab::probes::{Card, Subject};
use crate::store::{ProbeRow, Store, StoreHandle};

/// Kept cards among which one is looked for.
const LOOKED: usize = 200;

/// Kept cards, newest first: all, or those of a model by the name it was asked or started under. Cards that a newer vramdeck wrote
/// in another way are left out.
///
/// # Errors
/// When the database cannot be read.
pub fn list(store: &Store, model: Option<&str>, limit: usize) -> Result<Vec<Card>, Problem> {
    Ok(store.probes(model, limit)?.into_iter().filter_map(|row| read(&row)).collect())
}

/// The newest card of each engine, version and model, newest first.
///
/// # Errors
/// When the database cannot be read.
pub fn newest(store: &Store) -> Result<Vec<Card>, Problem> {
    let mut found: Vec<Card> = Vec::new();
    for card in list(store, None, LOOKED)? {
        if !found.iter().any(|one| alike(&one.subject, &card.subject)) {
            found.push(card);
        }
    }
    Ok(found)
}

/// The newest card of a model; of an engine, a version and an endpoint where they are given.
///
/// # Errors
/// When the database cannot be read.
pub fn of(store: &Store, model: &str, engine: Option<&str>, version: Option<&str>) -> Result<Option<Card>, Problem> {
    let same = |given: Option<&str>, kept: &str| given.is_none_or(|given| given == kept);
    let fits = |card: &Card| same(engine, &card.subject.engine) && same(version, &card.subject.version);
    Ok(list(store, Some(model), LOOKED)?.into_iter().find(fits))
}

fn read(row: &ProbeRow) -> Option<Card> {
    serde_json::from_str(&row.card).ok()
}

fn alike(one: &Subject, other: &Subject) -> bool {
    (&one.engine, &one.version, &one.model) == (&other.engine, &other.version, &other.model)
}

/// Keeps a card, filled in from the newest one of the same engine, version and model where that is wished.
pub(super) async fn save(store: &StoreHandle, card: &mut Card, take_over: bool) -> Result<(), Problem> {
    let mine = card.clone();
    *card = store
        .call(move |store| {
            let mut card = mine;
            let Subject { model, engine, version, .. } = &card.subject;
            let older = if take_over { of(store, model, Some(engine), Some(version))? } else { None };
            if let Some(older) = older {
                card.fill_in(&older);
            }
            store.save_probe(&row(&card))?;
            Ok(card)
        })
        .await?;
    Ok(())
}

fn row(card: &Card) -> ProbeRow {
    let Subject { model, engine, version, url, weights } = card.subject.clone();
    let text = serde_json::to_string(card).unwrap_or_default();
    ProbeRow { at: card.at, model, weights, engine, version, endpoint: url, card: text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_card_of_each_is_found() {
        let home = tempfile::tempdir().unwrap();
        let (mut store, _) = Store::at(&home.path().join("deck.db"));
        for (at, engine, version, model) in
            [(1.0, "vllm", "1", "a"), (2.0, "vllm", "2", "a"), (3.0, "vllm", "2", "a"), (4.0, "ollama", "1", "b")]
        {
            let subject =
                Subject { engine: engine.into(), version: version.into(), model: model.into(), ..Subject::default() };
            store.save_probe(&row(&Card { subject, at, ..Card::default() })).unwrap();
        }
        store.save_probe(&ProbeRow { card: "not one".into(), model: "a".into(), ..ProbeRow::default() }).unwrap();
        let times = |cards: Vec<Card>| cards.iter().map(|card| card.at as u32).collect::<Vec<_>>();
        assert_eq!(times(list(&store, None, 9).unwrap()), [4, 3, 2, 1]);
        assert_eq!(times(newest(&store).unwrap()), [4, 3, 1]);
        let at = |engine, version| of(&store, "a", engine, version).unwrap().map(|card| card.at as u32);
        assert_eq!((at(None, None), at(Some("vllm"), Some("1")), at(Some("ollama"), None)), (Some(3), Some(1), None));
    }
}
