//! The order of the list: the ranking's own view, with what starts before what does not whatever the column.

use super::ranking::{Ranking, starts};
pub use crate::models::rank::{Filter, Sort};

/// Indexes of the rows that are listed, in their order.
pub fn view(ranking: &Ranking, filter: &Filter, sort: Sort) -> Vec<usize> {
    let mut order = crate::models::rank::view(&ranking.rows, filter, sort);
    let typed = plain(&filter.text);
    let worth = |at: &usize| {
        let row = &ranking.rows[*at];
        (!starts(row), if sort == Sort::Score { distance(&row.name, &typed) } else { 0 })
    };
    order.sort_by_cached_key(worth);
    order
}

/// How far a name is from what was typed: the name itself, one that begins so, one that holds it, any other.
fn distance(name: &str, typed: &str) -> u8 {
    if typed.is_empty() {
        return 0;
    }
    let whole = plain(name);
    let last = plain(name.rsplit('/').next().unwrap_or(name));
    match () {
        () if last == typed || whole == typed => 0,
        () if last.starts_with(typed) => 1,
        () if whole.contains(typed) => 2,
        () => 3,
    }
}

/// Small letters and digits alone.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
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
