//! Starts of engines that became ready: how long they took, and what they taught the estimator.

use super::Store;
use crate::base::Problem;
use rusqlite::params;

/// Rows of each kind that are kept: the newest.
const KEPT: i64 = 500;

/// How long a start took. Starts are alike when engine, version, model and class are.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StartRow {
    /// Seconds since the Unix epoch.
    pub at: f64,
    /// Kind of server.
    pub engine: String,
    /// Its version; empty where it did not say.
    pub version: String,
    /// The model as asked for.
    pub model: String,
    /// The flags that change how long a start takes.
    pub class: String,
    /// JSON of the stages.
    pub stages: String,
}

/// What a start taught the estimator.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LessonRow {
    /// Seconds since the Unix epoch.
    pub at: f64,
    /// Whose rules of memory.
    pub engine: String,
    /// Release; empty where it is not known.
    pub version: String,
    /// The model's architecture.
    pub architecture: String,
    /// How its weights are stored.
    pub quantisation: String,
    /// The driver's version; empty where there is none.
    pub driver: String,
    /// `linux`, `wsl` or `simulated`.
    pub system: String,
    /// The card's name.
    pub card: String,
    /// The model as asked for.
    pub model: String,
    /// JSON of the figures.
    pub figures: String,
}

impl Store {
    /// Keeps how long a start took.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn save_start(&mut self, row: &StartRow) -> Result<(), Problem> {
        self.write("how long the start took could not be saved", false, |write| {
            write.execute(
                "INSERT INTO starts (at, engine, version, model, class, stages) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![row.at, row.engine, row.version, row.model, row.class, row.stages],
            )?;
            write.execute("DELETE FROM starts WHERE id <= (SELECT max(id) FROM starts) - ?1", [KEPT])?;
            Ok(())
        })
    }

    /// The stages of starts alike to `like` (whose time and stages do not count), newest first, as JSON.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn starts(&self, like: &StartRow, limit: usize) -> Result<Vec<String>, Problem> {
        self.read("earlier starts could not be read", |db| {
            db.prepare_cached(
                "SELECT stages FROM starts WHERE engine = ?1 AND version = ?2 AND model = ?3 AND class = ?4
                 ORDER BY id DESC LIMIT ?5",
            )?
            .query_map(params![like.engine, like.version, like.model, like.class, limit as i64], |row| row.get(0))?
            .collect()
        })
    }

    /// Keeps what a start taught.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn save_lesson(&mut self, row: &LessonRow) -> Result<(), Problem> {
        self.write("what the start taught could not be saved", false, |write| {
            write.execute(
                "INSERT INTO lessons (at, engine, version, architecture, quantisation, driver, system, card, model, figures)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                params![
                    row.at,
                    row.engine,
                    row.version,
                    row.architecture,
                    row.quantisation,
                    row.driver,
                    row.system,
                    row.card,
                    row.model,
                    row.figures
                ],
            )?;
            write.execute("DELETE FROM lessons WHERE id <= (SELECT max(id) FROM lessons) - ?1", [KEPT])?;
            Ok(())
        })
    }

    /// All that starts taught, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn lessons(&self) -> Result<Vec<LessonRow>, Problem> {
        self.read("what starts taught could not be read", |db| {
            db.prepare_cached(
                "SELECT at, engine, version, architecture, quantisation, driver, system, card, model, figures
                 FROM lessons ORDER BY id",
            )?
            .query_map([], |row| {
                Ok(LessonRow {
                    at: row.get(0)?,
                    engine: row.get(1)?,
                    version: row.get(2)?,
                    architecture: row.get(3)?,
                    quantisation: row.get(4)?,
                    driver: row.get(5)?,
                    system: row.get(6)?,
                    card: row.get(7)?,
                    model: row.get(8)?,
                    figures: row.get(9)?,
                })
            })?
            .collect()
        })
    }

    /// Forgets what starts of `model` taught, or all of it; how many lessons went.
    ///
    /// # Errors
    /// When it could not be written.
    pub fn forget_lessons(&mut self, model: Option<&str>) -> Result<u64, Problem> {
        let mut gone = 0;
        self.write("what starts taught could not be forgotten", true, |write| {
            gone = match model {
                Some(model) => write.execute("DELETE FROM lessons WHERE model = ?1", [model])?,
                None => write.execute("DELETE FROM lessons", [])?,
            };
            Ok(())
        })?;
        Ok(gone as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let home = tempfile::tempdir().unwrap();
        let (store, problem) = Store::at(&home.path().join("deck.db"));
        assert!(problem.is_none(), "{problem:?}");
        (home, store)
    }

    #[test]
    fn starts_alike_come_back_newest_first() {
        let (_home, mut store) = store();
        let like = StartRow { engine: "vllm".into(), version: "0.32".into(), model: "m".into(), ..StartRow::default() };
        for (stages, class) in [("[1]", ""), ("[2]", ""), ("[3]", "--enforce-eager")] {
            store.save_start(&StartRow { stages: stages.into(), class: class.into(), ..like.clone() }).unwrap();
        }
        assert_eq!(store.starts(&like, 9).unwrap(), ["[2]", "[1]"]);
        assert_eq!(store.starts(&like, 1).unwrap(), ["[2]"]);
        let other = StartRow { version: "0.33".into(), ..like };
        assert_eq!(store.starts(&other, 9).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn lessons_are_kept_and_forgotten() {
        let (_home, mut store) = store();
        let row = LessonRow {
            at: 1.5,
            engine: "vllm".into(),
            model: "a".into(),
            figures: "{}".into(),
            ..LessonRow::default()
        };
        store.save_lesson(&row).unwrap();
        store.save_lesson(&LessonRow { model: "b".into(), ..row.clone() }).unwrap();
        assert_eq!(store.lessons().unwrap().len(), 2);
        assert_eq!(store.lessons().unwrap()[0], row);
        assert_eq!(store.forget_lessons(Some("a")).unwrap(), 1);
        assert_eq!(store.forget_lessons(None).unwrap(), 1);
        assert_eq!(store.lessons().unwrap(), []);
    }

    #[test]
    fn only_the_newest_are_kept() {
        let (_home, mut store) = store();
        let like = StartRow { engine: "e".into(), ..StartRow::default() };
        for n in 0..KEPT + 20 {
            store.save_start(&StartRow { stages: n.to_string(), ..like.clone() }).unwrap();
        }
        let kept = store.starts(&like, 10_000).unwrap();
        assert_eq!((kept.len() as i64, kept[0].as_str()), (KEPT, "519"));
    }
}
