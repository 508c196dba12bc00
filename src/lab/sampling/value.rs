//! Values as a person writes and reads them, and whether a dialect takes them.

use super::{Kind, Param, Range, Setting, Support, support};
use crate::base::Problem;
use crate::base::text::clean_line;
use crate::wire::Dialect;

/// A value as text: two decimals or more for real numbers, `on`/`off`, quoted strings.
pub fn format(value: &Setting) -> String {
    match value {
        Setting::Switch(true) => "on".into(),
        Setting::Switch(false) => "off".into(),
        Setting::Whole(n) => n.to_string(),
        Setting::Real(x) => real(*x),
        Setting::Strings(list) => list.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "),
    }
}

/// At least two decimals, at most four where they are needed.
fn real(x: f64) -> String {
    let text = format!("{x:.4}");
    let short = text.trim_end_matches('0');
    let decimals = short.len() - short.find('.').map_or(short.len(), |dot| dot + 1);
    format!("{x:.*}", decimals.max(2))
}

fn quoted(text: &str) -> String {
    clean_line(&serde_json::Value::from(text).to_string())
}

/// Reads what a person wrote; nothing, `unset` and `-` mean unset. Stop strings are quoted and separated by commas; a
/// text without quotes is one string, in which `\n` and `\t` stand for newline and tab.
///
/// # Errors
/// When it is no value of that kind, or the dialect does not take it; the range is named.
pub fn parse(param: Param, text: &str, dialect: Dialect) -> Result<Option<Setting>, Problem> {
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed == "-" || trimmed.eq_ignore_ascii_case("unset") {
        return Ok(None);
    }
    let value = match param.kind() {
        Kind::Switch => switch(trimmed).map(Setting::Switch),
        Kind::Whole => trimmed.replace([',', '_'], "").parse().ok().map(Setting::Whole),
        Kind::Real => trimmed.parse().ok().filter(|x: &f64| x.is_finite()).map(Setting::Real),
        Kind::Strings => strings(text).map(Setting::Strings),
    };
    let value = value.ok_or_else(|| wrong_kind(param, trimmed))?;
    check(param, &value, dialect)?;
    Ok(Some(value))
}

fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Some(true),
        "off" | "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

fn strings(text: &str) -> Option<Vec<String>> {
    let trimmed = text.trim();
    if trimmed.starts_with('[') && trimmed.ends_with(']') {
        return serde_json::from_str(trimmed).ok();
    }
    if trimmed.starts_with('"') {
        return serde_json::from_str(&format!("[{trimmed}]")).ok();
    }
    Some(vec![text.replace("\\n", "\n").replace("\\t", "\t")])
}

fn wrong_kind(param: Param, text: &str) -> Problem {
    Problem::usage(
        format!("{} cannot be {}", param.name(), clean_line(text)),
        format!("it takes {}", param.kind().words()),
        "or leave it unset",
    )
}

/// The value in the kind the parameter takes, where it means the same: 1 as 1.0, 2.0 as 2.
pub fn coerce(param: Param, value: Setting) -> Option<Setting> {
    match (param.kind(), value) {
        (Kind::Real, Setting::Whole(n)) => Some(Setting::Real(n as f64)),
        (Kind::Real, Setting::Real(x)) if x.is_finite() => Some(Setting::Real(x)),
        (Kind::Whole, Setting::Real(x)) if x.fract() == 0.0 && x.abs() < 9e15 => Some(Setting::Whole(x as i64)),
        (Kind::Whole, value @ Setting::Whole(_))
        | (Kind::Switch, value @ Setting::Switch(_))
        | (Kind::Strings, value @ Setting::Strings(_)) => Some(value),
        _ => None,
    }
}

/// Whether a dialect takes a value. A parameter that it lacks is no error here: it is left out with a note when the
/// request is made.
///
/// # Errors
/// When the value is of the wrong kind, or outside the range, which is named.
pub fn check(param: Param, value: &Setting, dialect: Dialect) -> Result<(), Problem> {
    let Some(value) = coerce(param, value.clone()) else { return Err(wrong_kind(param, &format(value))) };
    let taken = match (&value, support(param, dialect)) {
        (Setting::Strings(list), _) => !list.is_empty() && list.iter().all(|text| !text.is_empty()),
        (Setting::Whole(n), Support::Yes { range, .. } | Support::Emulated { range, .. }) => range.takes(*n as f64),
        (Setting::Real(x), Support::Yes { range, .. } | Support::Emulated { range, .. }) => range.takes(*x),
        _ => true,
    };
    if taken {
        return Ok(());
    }
    let takes = match support(param, dialect).range() {
        Some(range) if !matches!(value, Setting::Strings(_)) => range.words(param.kind()),
        _ => "strings that are not empty".into(),
    };
    Err(Problem::usage(
        format!("{} cannot be {}", param.name(), format(&value)),
        format!("{} takes {takes}", dialect.title()),
        "or leave it unset",
    ))
}

impl Range {
    /// Whether the engine takes a number.
    pub fn takes(&self, x: f64) -> bool {
        let low = if self.above_min { x > self.min } else { x >= self.min };
        self.also.contains(&x) || ((low || self.open_min) && (x <= self.max || self.open_max))
    }

    /// The range in words: `0.00 to 2.00`, `above 0.00`, `1 or more, or -1`.
    pub fn words(&self, kind: Kind) -> String {
        let number = |x: f64| if kind == Kind::Whole { (x as i64).to_string() } else { real(x) };
        let (min, max) = (number(self.min), number(self.max));
        let mut words = match (self.open_min, self.open_max, self.above_min) {
            (true, true, _) => "any number".to_owned(),
            (true, false, _) => format!("{max} or less"),
            (false, true, true) => format!("numbers above {min}"),
            (false, true, false) => format!("{min} or more"),
            (false, false, true) => format!("numbers above {min} up to {max}"),
            (false, false, false) => format!("{min} to {max}"),
        };
        for x in &self.also {
            words.push_str(", or ");
            words.push_str(&number(*x));
        }
        words
    }
}
