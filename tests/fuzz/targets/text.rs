//! Text on its way to the terminal.

use crate::check::{row, safe};
use vramdeck::base::text::{clean, clean_line, fit, strip_ansi, width};

/// Cleaned text steers nothing, cleaning it again changes nothing, and a stream may be cleaned piece by piece.
pub fn cleaning(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let cleaned = clean(text);
    safe("cleaned text", &cleaned);
    row("a cleaned line", &clean_line(text));
    let stripped = strip_ansi(text);
    safe("stripped text", &stripped);
    assert_eq!(strip_ansi(&stripped), stripped);
    if !text.contains('\r') {
        let middle = text.floor_char_boundary(text.len() / 3);
        assert_eq!(clean(&text[..middle]) + clean(&text[middle..]), cleaned);
    }
    if !text.contains(char::is_control) {
        assert_eq!(stripped, cleaned, "without controls there is nothing to strip");
    }
}

/// What is fitted takes no more columns than there are, and is the beginning of the text.
pub fn fitting(data: &[u8]) {
    let text = clean_line(&String::from_utf8_lossy(data));
    for columns in [0, 1, 2, 3, 9, 40, 200] {
        let fitted = fit(&text, columns);
        assert!(width(&fitted) <= columns, "{} of {columns} columns: {fitted:?}", width(&fitted));
        let kept = fitted.strip_suffix('…').unwrap_or(&fitted);
        assert!(text.starts_with(kept), "{fitted:?} is no beginning");
        assert!(fitted == text || width(&text) > columns, "{fitted:?} was cut without need");
    }
}
