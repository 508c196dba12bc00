//! The order of the list: the ranking's own view, with what starts before what does not whatever the column.

use super::ranking::{Ranking, starts};
pub use crate::models::rank::{Filter, Sort};

/// Indexes of the rows that are listed, in their order.
pub fn view(ranking: &Ranking, filter: &Filter, sort: Sort) -> Vec<usize> {
    let mut order = crate::models::rank::view(&ranking.rows, filter, sort);
    order.sort_by_key(|at| !starts(&ranking.rows[*at]));
    order
}

/// A word for an order.
pub fn name(sort: Sort) -> &'static str {
    match sort {
        Sort::Score => "best",
        Sort::Name => "name",
        Sort::Size => "size",
        Sort::Context => "context",
        Sort::Agents => "agents",
        Sort::Rate => "speed",
    }
}

/// The next order.
pub fn next(sort: Sort) -> Sort {
    let at = Sort::ALL.iter().position(|one| *one == sort).unwrap_or(0);
    Sort::ALL[(at + 1) % Sort::ALL.len()]
}
