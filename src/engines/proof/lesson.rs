//! What a start teaches: how far the engine's figures lie from the sum before anything was learned.

use super::{Prediction, Said};
use crate::base::units::GIB;
use crate::engines::logfacts::MemoryPart;
use crate::models::fit::learned::{Lesson, Off, Taught};

impl Prediction {
    /// The lesson of a start that said this; `None` where nothing can be held against anything.
    pub fn lesson(&self, said: &Said) -> Option<Lesson> {
        let graphs = said.memory.get(&MemoryPart::Graphs).map(|bytes| bytes.0 as f64);
        let found = [
            (Taught::Weights, self.raw.weights, said.weights(self)),
            (Taught::Beside, self.raw.beside, said.beside(self)),
            (Taught::Graphs, self.raw.graphs, graphs),
            (Taught::Compute, self.raw.compute, said.compute().filter(|_| self.raw.compute > 0)),
        ];
        let sound = |found: f64| found.is_finite() && found.abs() < 4096.0 * GIB as f64;
        let offs: Vec<Off> = found
            .into_iter()
            .filter(|(_, raw, _)| *raw > 0)
            .filter_map(|(part, raw, found)| {
                let found = found.filter(|found| sound(*found))?;
                Some(Off { part, raw, off: (found - raw as f64) as i64 })
            })
            .collect();
        let lesson = Lesson {
            at: self.at,
            engine: self.rules.clone(),
            version: self.version,
            place: self.place.clone(),
            model: self.model.clone(),
            shape: self.shape.clone(),
            cards: self.cards,
            offs,
        };
        (!lesson.offs.is_empty()).then_some(lesson)
    }
}
