//! Capability cards: what was found of an engine, its version and a model.

use super::Store;
use crate::base::Problem;
use rusqlite::params;

/// Cards that are kept: the newest.
const KEPT: i64 = 200;

/// A card. Keys and passwords are no part of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProbeRow {
    /// When it was made, seconds since the Unix epoch.
    pub at: f64,
    /// The model as it was asked for.
    pub model: String,
    /// The repository or path that the engine was started with; empty where it is not known.
    pub weights: String,
    /// Kind of server.
    pub engine: String,
    /// Its version; empty where it did not say.
    pub version: String,
    /// Base URL, without user and password.
    pub endpoint: String,
    /// JSON of the card with its evidence.
    pub card: String,
}

impl Store {
    /// Keeps a card. The oldest beyond 200 go.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn save_probe(&mut self, row: &ProbeRow) -> Result<(), Problem> {
        self.write("the capability card could not be saved", true, |write| {
            write.execute(
                "INSERT INTO probes (at, model, weights, engine, version, endpoint, card) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![row.at, row.model, row.weights, row.engine, row.version, row.endpoint, row.card],
            )?;
            write.execute("DELETE FROM probes WHERE id <= (SELECT max(id) FROM probes) - ?1", [KEPT])?;
            Ok(())
        })
    }

    /// Kept cards, newest first: all, or those of a model by the name it was asked or started under.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn probes(&self, model: Option<&str>, limit: usize) -> Result<Vec<ProbeRow>, Problem> {
        self.read("the capability cards could not be read", |db| {
            db.prepare_cached(
                "SELECT at, model, weights, engine, version, endpoint, card FROM probes
                 WHERE ?1 IS NULL OR model = ?1 OR weights = ?1 ORDER BY id DESC LIMIT ?2",
            )?
            .query_map(params![model, limit as i64], |row| {
                Ok(ProbeRow {
                    at: row.get(0)?,
                    model: row.get(1)?,
                    weights: row.get(2)?,
                    engine: row.get(3)?,
                    version: row.get(4)?,
                    endpoint: row.get(5)?,
                    card: row.get(6)?,
                })
            })?
            .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_are_kept_newest_first() {
        let home = tempfile::tempdir().unwrap();
        let (mut store, _) = Store::at(&home.path().join("deck.db"));
        for at in 0..=KEPT {
            let row = ProbeRow { at: at as f64, model: "a".into(), weights: "org/a".into(), ..ProbeRow::default() };
            store.save_probe(&row).unwrap();
        }
        let all = store.probes(None, 999).unwrap();
        assert_eq!((all.len() as i64, all[0].at, all[all.len() - 1].at), (KEPT, KEPT as f64, 1.0));
        assert_eq!(store.probes(Some("org/a"), 2).unwrap().len(), 2);
        assert!(store.probes(Some("b"), 2).unwrap().is_empty());
    }
}
