//! A fenced code block that grows: every whole line is highlighted and wrapped once.

use super::highlight::{self, Highlighter, Piece};
use super::roles::Roles;
use super::{scan, wrap};
use ratatui::text::{Line, Span};

/// Columns before each line of code.
const MARGIN: &str = "  ";

/// The state of one code block.
#[derive(Debug)]
pub(super) struct Code {
    language: String,
    indent: usize,
    /// None for an unknown language, and until it is ready.
    highlighter: Option<Highlighter>,
    /// The highlighter's generation when it was last asked for.
    tried_at: Option<usize>,
    /// Whole lines as pieces.
    lines: Vec<Vec<Piece>>,
    /// Bytes of the source behind `lines`; 0 before the opening line was read.
    read: usize,
    /// How many of `lines` have rows, and how many rows they have, the gap and label included.
    wrapped: usize,
    settled_rows: usize,
}

impl Code {
    pub fn new(language: &str, indent: usize) -> Self {
        let (language, highlighter) = (language.to_owned(), None);
        Self { language, indent, highlighter, tried_at: None, lines: Vec::new(), read: 0, wrapped: 0, settled_rows: 0 }
    }

    pub fn forget_rows(&mut self) {
        (self.wrapped, self.settled_rows) = (0, 0);
    }

    /// Whether the colours are the final ones.
    pub fn is_coloured(&self) -> bool {
        self.highlighter.is_some() || self.tried_at == Some(highlight::generation())
    }

    /// Brings `rows` up to date with `source`, which begins with the opening fence.
    pub fn lay_out(&mut self, source: &str, width: usize, roles: &Roles, gap: bool, rows: &mut Vec<Line<'static>>) {
        self.begin_highlighting();
        let rest = self.read_whole_lines(source);
        if self.settled_rows == 0 {
            rows.clear();
            rows.extend(gap.then(Line::default));
            if !self.language.is_empty() {
                let label = wrap::fit(&format!("{MARGIN}{}", self.language), width);
                rows.push(Line::from(Span::styled(label, roles.dim)));
            }
            self.settled_rows = rows.len();
        }
        rows.truncate(self.settled_rows);
        for line in &self.lines[self.wrapped..] {
            wrap::code_line(line, MARGIN, width, roles, rows);
        }
        (self.wrapped, self.settled_rows) = (self.lines.len(), rows.len());
        // What follows the last line end is the line being written, or the closing fence.
        let opening = source.split('\n').next().unwrap_or("");
        if let Some(open) = rest.filter(|open| !scan::closes_fence(opening, open)) {
            let pieces = match &self.highlighter {
                Some(highlighter) => highlighter.clone().line(&self.stripped(open)),
                None => vec![Piece::plain(self.stripped(open))],
            };
            wrap::code_line(&pieces, MARGIN, width, roles, rows);
        }
    }

    /// Starts over with colours once they can be had.
    fn begin_highlighting(&mut self) {
        let now = highlight::generation();
        if self.highlighter.is_some() || self.tried_at == Some(now) {
            return;
        }
        self.tried_at = Some(now);
        self.highlighter = Highlighter::new(&self.language);
        if self.highlighter.is_some() {
            (self.read, self.wrapped, self.settled_rows) = (0, 0, 0);
            self.lines.clear();
        }
    }

    /// Reads every line that has its line end; gives what follows.
    fn read_whole_lines<'a>(&mut self, source: &'a str) -> Option<&'a str> {
        if self.read == 0 {
            self.read = source.find('\n')? + 1;
        }
        while let Some(length) = source.get(self.read..)?.find('\n') {
            let line = self.stripped(&source[self.read..self.read + length]);
            let pieces = match &mut self.highlighter {
                Some(highlighter) => highlighter.line(&line),
                None => vec![Piece::plain(line)],
            };
            self.lines.push(pieces);
            self.read += length + 1;
        }
        source.get(self.read..)
    }

    /// A line without the fence's indent, its tabs as spaces.
    fn stripped(&self, line: &str) -> String {
        let indent = line.bytes().take(self.indent).take_while(|b| *b == b' ').count();
        wrap::without_tabs(&line[indent..])
    }
}
