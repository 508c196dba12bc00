//! Tables, laid out to a width.

use super::roles::Roles;
use super::wrap::{self, Row, Run};
use pulldown_cmark::Alignment;
use ratatui::text::Span;

/// Columns that a cell needs to be readable; below that a table is shown record by record.
const LEAST: usize = 4;
/// More rows are a mistake; the rest is left out with a word.
const MOST_ROWS: usize = 2000;

/// Cells as they come. The first row is the head.
#[derive(Debug)]
pub(super) struct Table {
    alignments: Vec<Alignment>,
    rows: Vec<Vec<Vec<Run>>>,
}

impl Table {
    pub fn new(alignments: Vec<Alignment>) -> Self {
        Self { alignments, rows: Vec::new() }
    }

    pub fn begin_row(&mut self) {
        self.rows.push(Vec::new());
    }

    pub fn cell(&mut self, runs: Vec<Run>) {
        if let Some(row) = self.rows.last_mut() {
            row.push(runs);
        }
    }

    /// The table as rows of spans, none wider than `width`.
    pub fn lay_out(&self, width: usize, roles: &Roles) -> Vec<Vec<Span<'static>>> {
        let columns = self.alignments.len();
        let borders = 3 * columns.saturating_sub(1);
        match width.checked_sub(borders) {
            Some(room) if columns > 0 && room / columns >= LEAST => self.grid(&self.widths(room), roles),
            _ => self.records(width, roles),
        }
    }

    /// Column widths: as wide as the content where that fits; else the widest columns give way first.
    fn widths(&self, room: usize) -> Vec<usize> {
        let wanted: Vec<usize> = (0..self.alignments.len())
            .map(|column| self.rows.iter().map(|row| row.get(column).map_or(0, |cell| content(cell))).max())
            .map(|most| most.unwrap_or(0).max(1))
            .collect();
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        order.sort_by_key(|column| wanted[*column]);
        let mut widths = wanted.clone();
        let mut left = room;
        for (done, column) in order.iter().enumerate() {
            let fair = left / (order.len() - done);
            widths[*column] = wanted[*column].min(fair).max(1);
            left -= widths[*column];
        }
        widths
    }

    fn grid(&self, widths: &[usize], roles: &Roles) -> Vec<Vec<Span<'static>>> {
        let (bar, line, cross) = if roles.ascii { (" | ", "-", "-+-") } else { (" │ ", "─", "─┼─") };
        let mut out = Vec::new();
        for (n, row) in self.rows.iter().take(MOST_ROWS).enumerate() {
            let cells: Vec<Vec<Row>> = widths
                .iter()
                .enumerate()
                .map(|(column, width)| wrap::words(&styled(row.get(column), n == 0, roles), *width))
                .collect();
            let height = cells.iter().map(Vec::len).max().unwrap_or(0);
            for at in 0..height {
                let mut spans = Vec::new();
                for (column, cell) in cells.iter().enumerate() {
                    if column > 0 {
                        spans.push(Span::styled(bar, roles.table));
                    }
                    self.align(&mut spans, cell.get(at), column, widths[column]);
                }
                out.push(spans);
            }
            if n == 0 {
                let lines: Vec<String> = widths.iter().map(|width| line.repeat(*width)).collect();
                out.push(vec![Span::styled(lines.join(cross), roles.table)]);
            }
        }
        if let Some(more) = self.rows.len().checked_sub(MOST_ROWS + 1) {
            out.push(vec![Span::styled(wrap::fit(&format!("{} more rows", more + 1), widths[0]), roles.dim)]);
        }
        out
    }

    fn align(&self, spans: &mut Vec<Span<'static>>, row: Option<&Row>, column: usize, width: usize) {
        let free = width - row.map_or(0, |row| row.columns);
        let before = match self.alignments.get(column) {
            Some(Alignment::Right) => free,
            Some(Alignment::Center) => free / 2,
            _ => 0,
        };
        spans.push(Span::raw(" ".repeat(before)));
        spans.extend(row.into_iter().flat_map(|row| row.spans.iter().cloned()));
        spans.push(Span::raw(" ".repeat(free - before)));
    }

    /// Too narrow for a grid: each row as `head: cell` lines.
    fn records(&self, width: usize, roles: &Roles) -> Vec<Vec<Span<'static>>> {
        let Some((head, body)) = self.rows.split_first() else { return Vec::new() };
        let mut out = Vec::new();
        for row in body.iter().take(MOST_ROWS) {
            if !out.is_empty() {
                out.push(Vec::new());
            }
            for (column, cell) in row.iter().enumerate() {
                let mut runs = styled(head.get(column), true, roles);
                runs.push(Run { text: ": ".to_owned(), style: roles.table });
                runs.extend(cell.iter().cloned());
                out.extend(wrap::words(&runs, width).into_iter().map(|row| row.spans));
            }
        }
        if body.is_empty() {
            let runs: Vec<Run> = head.iter().flat_map(|cell| styled(Some(cell), true, roles)).collect();
            out.extend(wrap::words(&runs, width).into_iter().map(|row| row.spans));
        }
        out
    }
}

/// Columns that a cell takes on one row; the widest of its rows where it has breaks.
fn content(cell: &[Run]) -> usize {
    let text: String = cell.iter().map(|run| run.text.as_str()).collect();
    text.split('\n').map(wrap::columns).max().unwrap_or(0)
}

fn styled(cell: Option<&Vec<Run>>, head: bool, roles: &Roles) -> Vec<Run> {
    let style = |run: &Run| if head { run.style.patch(roles.strong) } else { run.style };
    cell.into_iter().flatten().map(|run| Run { text: run.text.clone(), style: style(run) }).collect()
}
