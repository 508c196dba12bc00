//! Methods of Python's texts and lists that templates call, beyond those that come with the engine.

use minijinja::value::{Kwargs, Tuple, ValueKind, from_args};
use minijinja::{Error, ErrorKind, State, Value};
use minijinja_contrib::pycompat::unknown_method_callback;

/// The widest text that padding makes.
const WIDEST: usize = 4096;

/// A method that a value has in Python.
pub(super) fn method(state: &mut State<'_, '_>, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    let found = match value.kind() {
        ValueKind::String => of_text(value.as_str().unwrap_or_default(), name, args)?,
        ValueKind::Seq | ValueKind::Map if name == "copy" && args.is_empty() => Some(value.clone()),
        ValueKind::Seq if name == "index" => Some(place(value, args)?),
        ValueKind::Seq | ValueKind::Map if changes(name) => {
            let why = format!("{name} would change a value, which chat templates may not");
            return Err(Error::new(ErrorKind::InvalidOperation, why));
        }
        _ => None,
    };
    match found {
        Some(found) => Ok(found),
        None => unknown_method_callback(state, value, if name == "rsplit" { "split" } else { name }, args),
    }
}

/// Methods that Python's sandbox refuses.
fn changes(name: &str) -> bool {
    ["append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "update", "setdefault", "popitem"]
        .contains(&name)
}

fn of_text(text: &str, name: &str, args: &[Value]) -> Result<Option<Value>, Error> {
    Ok(Some(match name {
        "removeprefix" => {
            let (part,): (&str,) = from_args(args)?;
            Value::from(text.strip_prefix(part).unwrap_or(text))
        }
        "removesuffix" => {
            let (part,): (&str,) = from_args(args)?;
            Value::from(text.strip_suffix(part).unwrap_or(text))
        }
        "partition" | "rpartition" => parted(text, name == "partition", args)?,
        "index" | "rindex" => {
            let (part,): (&str,) = from_args(args)?;
            let at = if name == "index" { text.find(part) } else { text.rfind(part) };
            let at = at.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "the part is not in the text"))?;
            Value::from(text.get(..at).unwrap_or_default().chars().count())
        }
        "rsplit" => {
            let (part, most): (Option<&str>, Option<i64>) = from_args(args)?;
            let Some(most) = most.and_then(|most| usize::try_from(most).ok()) else { return Ok(None) };
            Value::from(cut_from_behind(text, part, most).into_iter().map(Value::from).collect::<Vec<_>>())
        }
        "casefold" => Value::from(text.to_lowercase()),
        "swapcase" => Value::from(text.chars().flat_map(swapped).collect::<String>()),
        "isdecimal" => Value::from(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit())),
        "zfill" => Value::from(filled(text, from_args::<(usize,)>(args)?.0)),
        "ljust" | "rjust" | "center" => padded(text, name, args)?,
        "splitlines" => {
            let (keep, options): (Option<bool>, Kwargs) = from_args(args)?;
            let keep = keep.or(options.get::<Option<bool>>("keepends")?).unwrap_or(false);
            Value::from(lines(text, keep).into_iter().map(Value::from).collect::<Vec<_>>())
        }
        _ => return Ok(None),
    }))
}

/// At most `most` cuts, the last ones; without a part at blanks.
fn cut_from_behind(text: &str, part: Option<&str>, most: usize) -> Vec<String> {
    let (mut rest, mut out) = (text, Vec::new());
    if part.is_none() {
        rest = rest.trim_end();
    }
    while out.len() < most {
        let cut = match part {
            Some("") => None,
            Some(part) => rest.rsplit_once(part),
            None => rest.rsplit_once(char::is_whitespace).map(|(before, behind)| (before.trim_end(), behind)),
        };
        let Some((before, behind)) = cut else { break };
        out.push(behind.to_owned());
        rest = before;
    }
    let rest = if part.is_none() && out.len() < most { rest.trim_start() } else { rest };
    out.extend(Some(rest.to_owned()).filter(|rest| part.is_some() || !rest.is_empty()));
    out.reverse();
    out
}

fn swapped(c: char) -> Vec<char> {
    if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() }
}

fn parted(text: &str, first: bool, args: &[Value]) -> Result<Value, Error> {
    let (part,): (&str,) = from_args(args)?;
    if part.is_empty() {
        return Err(Error::new(ErrorKind::InvalidOperation, "the part to cut at is empty"));
    }
    let cut = if first { text.split_once(part) } else { text.rsplit_once(part) };
    let three = match (cut, first) {
        (Some((before, behind)), _) => [before, part, behind],
        (None, true) => [text, "", ""],
        (None, false) => ["", "", text],
    };
    Ok(Value::from(Tuple::from(three.map(Value::from))))
}

fn filled(text: &str, wide: usize) -> String {
    let (sign, digits) = match text.chars().next() {
        Some('+' | '-') => text.split_at(1),
        _ => ("", text),
    };
    let missing = wide.min(WIDEST).saturating_sub(text.chars().count());
    format!("{sign}{}{digits}", "0".repeat(missing))
}

fn padded(text: &str, name: &str, args: &[Value]) -> Result<Value, Error> {
    let (wide, with): (usize, Option<char>) = from_args(args)?;
    let missing = wide.min(WIDEST).saturating_sub(text.chars().count());
    let blanks = |count: usize| with.unwrap_or(' ').to_string().repeat(count);
    // Python puts the odd blank left where the width is odd.
    let left = missing / 2 + (missing & wide & 1);
    Ok(Value::from(match name {
        "ljust" => format!("{text}{}", blanks(missing)),
        "rjust" => format!("{}{text}", blanks(missing)),
        _ => format!("{}{text}{}", blanks(left), blanks(missing - left)),
    }))
}

/// The lines of a text as Python tells them: also other ends of lines than `\n` count.
fn lines(text: &str, keep: bool) -> Vec<String> {
    let is_end = |c: char| {
        matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}')
    };
    let (mut out, mut line) = (Vec::new(), String::new());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if !is_end(c) {
            line.push(c);
            continue;
        }
        let feed = if c == '\r' { chars.next_if_eq(&'\n') } else { None };
        if keep {
            line.push(c);
            line.extend(feed);
        }
        out.push(std::mem::take(&mut line));
    }
    if !line.is_empty() {
        out.push(line);
    }
    out
}

fn place(list: &Value, args: &[Value]) -> Result<Value, Error> {
    let (what,): (&Value,) = from_args(args)?;
    for (at, item) in list.try_iter()?.checked().enumerate() {
        if item? == *what {
            return Ok(Value::from(at));
        }
    }
    Err(Error::new(ErrorKind::InvalidOperation, "the value is not in the list"))
}
