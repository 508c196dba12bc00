//! A screen with its colours as text: `⟦bold fg:4⟧text⟦⟧` where the style changes, one line a row.

use vt100::{Cell, Color, Screen};

/// The whole screen; trailing blanks without a style are left out.
pub fn styled(screen: &Screen) -> String {
    let rows = screen.size().0.get();
    (0..rows).map(|row| line(screen, row)).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

fn line(screen: &Screen, row: u16) -> String {
    let (mut text, mut last) = (String::new(), String::new());
    for cell in cells(screen, row) {
        let style = style(cell);
        if style != last {
            text.push_str(&format!("⟦{style}⟧"));
            last = style;
        }
        text.push_str(if cell.has_contents() { cell.contents() } else { " " });
    }
    text.trim_end().to_owned()
}

fn cells(screen: &Screen, row: u16) -> impl Iterator<Item = &Cell> {
    (0..screen.size().1.get()).filter_map(move |column| screen.cell(row, column)).filter(|c| !c.is_wide_continuation())
}

fn style(cell: &Cell) -> String {
    let marks = [
        (cell.bold(), "bold"),
        (cell.dim(), "dim"),
        (cell.italic(), "italic"),
        (cell.underline(), "underline"),
        (cell.inverse(), "inverse"),
    ];
    let mut parts: Vec<String> = marks.iter().filter(|(on, _)| *on).map(|(_, name)| (*name).to_owned()).collect();
    parts.extend(colour("fg", cell.fgcolor()));
    parts.extend(colour("bg", cell.bgcolor()));
    parts.join(" ")
}

fn colour(what: &str, colour: Color) -> Option<String> {
    match colour {
        Color::Default => None,
        Color::Idx(index) => Some(format!("{what}:{index}")),
        Color::Rgb(r, g, b) => Some(format!("{what}:#{r:02x}{g:02x}{b:02x}")),
    }
}

/// Column and row of the first cell from which the screen shows `text` within one row.
pub fn find(screen: &Screen, text: &str) -> Option<(u16, u16)> {
    let (rows, columns) = screen.size();
    let places = (0..rows.get()).flat_map(|row| (0..columns.get()).map(move |column| (column, row)));
    let shown = |&(column, row): &(u16, u16)| {
        let there = screen.cell(row, column).is_some_and(|cell| !cell.is_wide_continuation());
        let rest = (column..columns.get()).filter_map(|at| screen.cell(row, at));
        let visible = rest.filter(|cell| !cell.is_wide_continuation());
        let line: String = visible.map(|cell| if cell.has_contents() { cell.contents() } else { " " }).collect();
        there && line.starts_with(text)
    };
    places.into_iter().find(shown)
}
