//! The list: filter, order, and a selection that follows its model whatever the order.

use super::ranking::{Ranking, starts};
use super::view::{Filter, Sort, view};
use crate::app::field::Field;

/// The list of models.
#[derive(Debug, Clone, Default)]
pub struct List {
    /// The filter being typed.
    pub typed: Field,
    /// What narrows the list.
    pub filter: Filter,
    /// Its order.
    pub sort: Sort,
    /// Rows of the ranking, in the order listed.
    pub order: Vec<usize>,
    /// How many of them would start; the others follow below a heading.
    pub starting: usize,
    /// The selected model, by [`Ranking::key`].
    pub selected: Option<String>,
    /// First line shown.
    pub offset: usize,
    /// Whether the selection moved since the last ranking; until then it stays on the first.
    pub moved: bool,
}

impl List {
    /// Lines that rows and headings take.
    pub fn lines(&self) -> usize {
        self.order.len() + usize::from(self.has_heading())
    }

    /// Whether a heading stands between what starts and what does not.
    pub fn has_heading(&self) -> bool {
        self.starting < self.order.len()
    }

    /// The line of a place in the order.
    pub fn line_of(&self, place: usize) -> usize {
        place + usize::from(self.has_heading() && place >= self.starting)
    }

    /// The selected model's place in the order.
    pub fn at(&self, ranking: &Ranking) -> Option<usize> {
        let selected = self.selected.as_deref()?;
        self.order.iter().position(|row| ranking.key(&ranking.rows[*row]) == selected)
    }

    /// The ranking, filter or order has changed: lists anew. A model that was selected by hand stays so while it is listed.
    pub fn renew(&mut self, ranking: &Ranking, height: usize) {
        self.order = view(ranking, &self.filter, self.sort);
        self.starting = self.order.iter().take_while(|row| starts(&ranking.rows[**row])).count();
        let kept = if self.moved { self.at(ranking) } else { None };
        self.select(kept.unwrap_or(0), ranking, height);
    }

    /// Selects a place in the order.
    pub fn select(&mut self, place: usize, ranking: &Ranking, height: usize) {
        let place = place.min(self.order.len().saturating_sub(1));
        self.selected = self.order.get(place).map(|row| ranking.key(&ranking.rows[*row]).into_owned());
        let line = self.line_of(place);
        // The first row below the heading brings the heading into view.
        let top = if place == self.starting { line.saturating_sub(1) } else { line };
        self.offset = self.offset.min(top).max((line + 1).saturating_sub(height));
        self.offset = self.offset.min(self.lines().saturating_sub(height));
    }
}
