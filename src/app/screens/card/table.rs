//! The process table: columns and their order.

use super::State;
use crate::app::model::Shared;
use crate::gpu::GpuProcess;
use std::cmp::Ordering;

/// What the table can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Column {
    /// Bytes on the card.
    #[default]
    Bytes,
    /// Name of the process.
    Name,
    /// Process id.
    Pid,
    /// The run it belongs to.
    Run,
    /// How long it lives.
    Since,
}

impl Column {
    /// In the order of the table.
    pub const ALL: [Self; 5] = [Self::Bytes, Self::Name, Self::Pid, Self::Run, Self::Since];

    /// The word in the head of the table.
    pub fn title(self) -> &'static str {
        match self {
            Self::Bytes => "GiB",
            Self::Name => "process",
            Self::Pid => "pid",
            Self::Run => "run",
            Self::Since => "for",
        }
    }
}

/// A column and a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// The column.
    pub column: Column,
    /// Whether the largest, or last, comes first.
    pub descending: bool,
}

impl Default for Sort {
    /// The largest holder first.
    fn default() -> Self {
        Self { column: Column::Bytes, descending: true }
    }
}

impl Sort {
    /// By the next column.
    pub fn next(self) -> Self {
        let at = Column::ALL.iter().position(|column| *column == self.column).unwrap_or(0);
        Self::natural(Column::ALL[(at + 1) % Column::ALL.len()])
    }

    /// The other way round.
    pub fn reversed(self) -> Self {
        Self { descending: !self.descending, ..self }
    }

    /// By this column; the other way round if it is already by this one.
    pub fn by(self, column: Column) -> Self {
        if self.column == column { self.reversed() } else { Self::natural(column) }
    }

    /// Sizes and ages from the top, names and ids from the start.
    fn natural(column: Column) -> Self {
        Self { column, descending: matches!(column, Column::Bytes | Column::Since) }
    }
}

/// The processes of the card looked at, in the order of the table. What is not known comes last either way; equals go
/// by their id, so that nothing jumps.
pub fn processes<'a>(state: &State, shared: &'a Shared) -> Vec<&'a GpuProcess> {
    let Some(Ok(processes)) = state.card(shared).map(|(_, card)| card.processes.as_ref()) else { return Vec::new() };
    let mut rows: Vec<&GpuProcess> = processes.iter().collect();
    rows.sort_by(|a, b| compare(a, b, state.sort).then(a.pid.cmp(&b.pid)));
    rows
}

fn compare(a: &GpuProcess, b: &GpuProcess, sort: Sort) -> Ordering {
    let name = |process: &GpuProcess| process.name.as_ref().ok().map(|name| name.to_lowercase());
    // Who started first has lived longest.
    let age = |process: &GpuProcess| process.since.as_ref().ok().copied().map(std::cmp::Reverse);
    match sort.column {
        Column::Bytes => known_first(a.used.as_ref().ok(), b.used.as_ref().ok(), sort),
        Column::Name => known_first(name(a), name(b), sort),
        Column::Pid => known_first(Some(a.pid), Some(b.pid), sort),
        Column::Run => known_first(a.run.as_ref(), b.run.as_ref(), sort),
        Column::Since => known_first(age(a), age(b), sort),
    }
}

fn known_first<T: Ord>(a: Option<T>, b: Option<T>, sort: Sort) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) if sort.descending => b.cmp(&a),
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}
