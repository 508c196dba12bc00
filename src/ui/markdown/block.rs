//! One top-level block and its rows.

use super::code::Code;
use super::roles::Roles;
use super::scan::Kind;
use super::{flow, highlight};
use ratatui::text::Line;
use std::ops::Range;

/// A block of the text. Its rows are kept until its text, the width or the roles change.
#[derive(Debug)]
pub(super) struct Block {
    range: Range<usize>,
    kind: Kind,
    gap: bool,
    code: Option<Code>,
    rows: Vec<Line<'static>>,
    /// End of the text that `rows` shows.
    shown: Option<usize>,
    /// The highlighter's generation when there is code inside a list or quotation.
    coloured_at: Option<usize>,
}

impl Block {
    pub fn new(range: Range<usize>, kind: Kind, gap: bool) -> Self {
        let code = match &kind {
            Kind::Code { language, indent } => Some(Code::new(language, *indent)),
            Kind::Flow | Kind::Item { .. } => None,
        };
        Self { range, kind, gap, code, rows: Vec::new(), shown: None, coloured_at: None }
    }

    pub fn end(&self) -> usize {
        self.range.end
    }

    pub fn end_at(&mut self, end: usize) {
        self.range.end = end;
    }

    pub fn rows(&self) -> &[Line<'static>] {
        &self.rows
    }

    pub fn forget_rows(&mut self) {
        self.shown = None;
        if let Some(code) = &mut self.code {
            code.forget_rows();
        }
    }

    /// Whether the rows show the text as it is now.
    pub fn is_laid_out(&self) -> bool {
        let coloured = match &self.code {
            Some(code) => code.is_coloured(),
            None => self.coloured_at.is_none_or(|at| at == highlight::generation()),
        };
        coloured && self.shown == Some(self.range.end)
    }

    /// Makes the rows and counts them.
    pub fn lay_out(&mut self, text: &str, width: usize, roles: &Roles) -> usize {
        if !self.is_laid_out() {
            let source = text.get(self.range.clone()).unwrap_or("");
            match (&mut self.code, &self.kind) {
                (Some(code), _) => code.lay_out(source, width, roles, self.gap, &mut self.rows),
                (None, kind) => {
                    self.rows.clear();
                    self.rows.extend(self.gap.then(Line::default));
                    let number = if let Kind::Item { number } = kind { *number } else { None };
                    let has_code = source.contains("```") || source.contains("~~~");
                    self.coloured_at = has_code.then(highlight::generation);
                    flow::lay_out(source, number, width, roles, &mut self.rows);
                }
            }
            self.shown = Some(self.range.end);
        }
        self.rows.len()
    }
}
