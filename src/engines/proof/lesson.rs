//! What a start teaches: how far the engine's figures lie from the sum before anything was learned.

use super::{Prediction, Said};
use crate::base::units::GIB;
use crate::models::fit::learned::{Lesson, Off, Taught};

impl Prediction {
    /// The lesson of a start that said this; `None` where nothing can be held against anything.
    pub fn lesson(&self, said: &Said) -> Option<Lesson> {
        let (raw, beside) = (&self.raw, said.beside(self));
        let graphs = said.graphs(self).filter(|_| raw.graphs > 0);
        // What is left of the budget holds the graphs too where they count inside.
        let is_apart = !raw.graphs_inside || raw.graphs == 0 || graphs.is_some();
        let inside = graphs.filter(|_| raw.graphs_inside).unwrap_or(0.0);
        let around = beside.filter(|_| is_apart).map(|beside| beside - inside);
        let found = [
            (Taught::Weights, raw.weights, said.weights(self)),
            (Taught::Around, raw.around, around),
            (Taught::Graphs, raw.graphs, graphs),
            (Taught::Beside, raw.around.saturating_add(raw.graphs), beside.filter(|_| !is_apart)),
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
