//! A drawn frame as text: its symbols, and below them its styles, so that a change of colour is seen too.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier, Style};

/// Symbols row by row, a legend of the styles by letter, and each row's styles as runs (`a12 b5`).
pub fn dump(buffer: &Buffer) -> String {
    let mut legend: Vec<Style> = Vec::new();
    let rows: Vec<String> = (buffer.area.y..buffer.area.bottom()).map(|y| row(buffer, y, &mut legend)).collect();
    let letters: Vec<String> =
        legend.iter().enumerate().map(|(at, style)| format!("{} {}", letter(at), name(*style))).collect();
    format!("{}\n\nstyles:\n{}\n{}\n", symbols(buffer), letters.join("\n"), rows.join("\n"))
}

/// Symbols alone, row by row, without the blanks at the end.
pub fn symbols(buffer: &Buffer) -> String {
    let rows = (buffer.area.y..buffer.area.bottom()).map(|y| {
        let mut line = String::new();
        let mut skip = 0;
        for x in buffer.area.x..buffer.area.right() {
            let symbol = buffer[(x, y)].symbol();
            if skip == 0 {
                line.push_str(symbol);
            }
            skip = skip.max(vramdeck::base::text::width(symbol)).saturating_sub(1);
        }
        line.trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

fn row(buffer: &Buffer, y: u16, legend: &mut Vec<Style>) -> String {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for x in buffer.area.x..buffer.area.right() {
        let style = seen(&buffer[(x, y)]);
        let at = legend.iter().position(|known| *known == style).unwrap_or_else(|| {
            legend.push(style);
            legend.len() - 1
        });
        match runs.last_mut() {
            Some((last, count)) if *last == at => *count += 1,
            _ => runs.push((at, 1)),
        }
    }
    runs.iter().map(|(at, count)| format!("{}{count}", letter(*at))).collect::<Vec<_>>().join(" ")
}

/// The style as a person sees it: on a blank only ground, reverse and lines count.
fn seen(cell: &Cell) -> Style {
    let style = cell.style();
    if cell.symbol() != " " {
        return style;
    }
    let visible = Modifier::REVERSED | Modifier::UNDERLINED | Modifier::CROSSED_OUT;
    let fg = if style.add_modifier.intersects(visible) { style.fg } else { Some(Color::Reset) };
    Style { fg, add_modifier: style.add_modifier & visible, ..style }
}

fn letter(at: usize) -> String {
    let letter = char::from(b'a' + (at % 26) as u8);
    letter.to_string().repeat(at / 26 + 1)
}

fn name(style: Style) -> String {
    let colour = |colour: Option<Color>| match colour {
        None | Some(Color::Reset) => "default".to_owned(),
        Some(colour) => colour.to_string(),
    };
    let modifiers = format!("{:?}", style.add_modifier);
    let modifiers = modifiers.trim_start_matches("Modifier(").trim_end_matches(')').replace("0x0", "");
    format!("{} on {} {modifiers}", colour(style.fg), colour(style.bg)).trim_end().to_owned()
}
