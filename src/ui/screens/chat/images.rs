//! Images of a message: the mark of each, and the image itself where the terminal can show it.

use crate::app::Model;
use crate::base::text;
use crate::lab::chat::{Choice, Image, Thumb};
use crate::ui::{Canvas, Role};
use ratatui::text::{Line, Span};

/// The images of a message as they are drawn, where they are there.
pub(super) fn thumbs<'a>(model: &'a Model, choice: &'a Choice) -> impl Iterator<Item = Option<&'a Thumb>> {
    let kept = |image: &Image| model.chat.previews.get(&image.file()?)?.as_deref();
    choice.images.iter().map(kept)
}

/// The images said beside a text: the mark of each, and the image below it where the terminal shows every colour.
pub(super) fn chips(model: &Model, canvas: &Canvas<'_>, choice: &Choice, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (image, thumb) in choice.images.iter().zip(thumbs(model, choice)) {
        lines.push(Line::styled(text::fit(&image.chip(), width).into_owned(), canvas.style(Role::Info)));
        lines.extend(thumb.filter(|_| !canvas.ascii).into_iter().flat_map(|thumb| drawn(canvas, thumb, width)));
    }
    lines
}

/// An image in half blocks.
fn drawn(canvas: &Canvas<'_>, thumb: &Thumb, width: usize) -> Vec<Line<'static>> {
    let cell = |(upper, lower): &([u8; 3], [u8; 3])| {
        canvas.theme.pixels(*upper, *lower).map(|style| Span::styled("\u{2580}", style))
    };
    let row = |row: &Vec<_>| row.iter().take(width).map(cell).collect::<Option<Vec<_>>>().map(Line::from);
    thumb.rows.iter().map_while(row).collect()
}
