//! Numbers and words out of a line, and names of flags.

use crate::engines::EngineKind;
use crate::engines::flags::{FlagTable, bundled, distance, normal};
use std::sync::LazyLock;

/// The number right after `marker`; a sign and thousands separators allowed.
pub fn number_after(line: &str, marker: &str) -> Option<f64> {
    let rest = line.split_once(marker)?.1.trim_start_matches([' ', '\'', '"', '(', '=', ':']);
    let inner = rest.strip_prefix('-').unwrap_or(rest);
    let end = inner.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ',')).unwrap_or(inner.len());
    let end = end + rest.len() - inner.len();
    let digits = rest.get(..end)?.trim_end_matches(['.', ',']).replace(',', "");
    digits.parse().ok().filter(|n: &f64| n.is_finite())
}

/// The whole number right after `marker`.
pub fn count_after(line: &str, marker: &str) -> Option<u64> {
    number_after(line, marker).filter(|n| *n >= 0.0).map(|n| n as u64)
}

/// What stands between two markers.
pub fn between<'a>(line: &'a str, from: &str, to: &str) -> Option<&'a str> {
    Some(line.split_once(from)?.1.split_once(to)?.0)
}

/// The text in the first pair of quotes after `marker`.
pub fn quoted_after<'a>(line: &'a str, marker: &str) -> Option<&'a str> {
    let rest = line.split_once(marker)?.1;
    let quote = rest.find(['\'', '"', '`'])?;
    let (_, inner) = rest.split_at_checked(quote)?;
    let mark = inner.chars().next()?;
    inner.get(1..)?.split_once(mark).map(|(text, _)| text)
}

/// A list of words in a line, whatever quotes and commas stand around them; at most 400.
pub fn words(list: &str) -> Vec<String> {
    let trimmed =
        list.split(',').map(|word| word.trim_matches(|c: char| c.is_whitespace() || "'\"[](){}`".contains(c)));
    trimmed.filter(|word| !word.is_empty()).take(400).map(str::to_owned).collect()
}

/// The word of `known` nearest to one that was written, where it is near.
pub fn nearest<'a>(written: &str, known: &'a [String], at_most: usize) -> Option<&'a str> {
    if written.chars().count() > 64 {
        return None;
    }
    let scored = known.iter().map(|word| (distance(written, word), word.as_str()));
    scored.filter(|(far, _)| *far <= at_most).min_by_key(|(far, _)| *far).map(|(_, word)| word)
}

/// Two decimals, without zeros at the end.
pub fn plain(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

static TABLES: LazyLock<Vec<(EngineKind, FlagTable)>> = LazyLock::new(|| {
    EngineKind::ALL.into_iter().filter_map(|kind| bundled(kind).ok().map(|table| (kind, table))).collect()
});

/// The flags of an engine, as compiled in.
pub fn table(engine: EngineKind) -> Option<&'static FlagTable> {
    TABLES.iter().find(|(kind, _)| *kind == engine).map(|(_, table)| table)
}

/// Whether two names mean one flag of an engine: `-c` and `--ctx-size`.
pub fn same_flag(engine: EngineKind, one: &str, other: &str) -> bool {
    let (one, other) = (normal(one), normal(other));
    if one == other {
        return true;
    }
    if one.contains('.') || other.contains('.') {
        return false;
    }
    let find = |name: &str| table(engine).and_then(|table| table.find(name)).map(|spec| spec.name());
    find(&one).is_some() && find(&one) == find(&other)
}
