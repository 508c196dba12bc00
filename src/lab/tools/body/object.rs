//! The call that a JSON object describes.

use super::{CallForm, Found};
use crate::lab::tools::json::{self, Member};
use serde_json::Map;

/// How many objects around the one with the name are looked into.
const DEEPEST: usize = 2;

/// Why an object is no call.
pub(super) const NO_CALL: &str = "a JSON object stands where a call should, but it has no name";
/// Why a call cannot be made.
pub(super) const NO_OBJECT: &str = "the arguments are not a JSON object";

/// The call in the object `text`, `whole` or cut off. A bare object must hold a name and an object of arguments.
pub(super) fn call(text: &[u8], form: &CallForm, whole: bool) -> Option<Found> {
    within(text, form, whole, DEEPEST)
}

fn within(text: &[u8], form: &CallForm, whole: bool, depth: usize) -> Option<Found> {
    let members = json::members(text);
    if form.keyed {
        return keyed(text, members.first().filter(|_| members.len() == 1)?, whole);
    }
    let at = |name: &String| members.iter().find(|member| json::is_string(&text[member.key.clone()], name));
    let named =
        form.name.iter().filter_map(at).find_map(|one| json::string(&text[one.value.clone()]).filter(|_| one.whole));
    let arguments = form.arguments.iter().find_map(at);
    if named.is_none()
        && let Some(inner) = inner(text, &members)
    {
        return within(inner, form, whole, depth.checked_sub(1)?);
    }
    let name = named.or_else(|| (form.nameless && arguments.is_some()).then(String::new))?;
    let Some(arguments) = arguments else {
        let found = Found { name, arguments: Some(Map::new()), text: "{}".to_owned(), complete: whole, problem: None };
        return (!form.bare && whole).then_some(found.clone()).or_else(|| (!whole).then(|| cut(found)));
    };
    let found = found(name, &text[arguments.value.clone()], whole);
    (!form.bare || found.complete || !whole).then_some(found)
}

fn cut(found: Found) -> Found {
    Found { arguments: None, text: String::new(), ..found }
}

/// The call with these arguments as JSON text.
pub(super) fn found(name: String, written: &[u8], whole: bool) -> Found {
    let arguments = json::object(written);
    let text = String::from_utf8_lossy(written).trim().to_owned();
    // Arguments that stand as a string are told as the object that it holds.
    let text = match &arguments {
        Some(map) if !text.starts_with('{') => super::written(map),
        _ => text,
    };
    let problem = (whole && arguments.is_none()).then(|| format!("{NO_OBJECT}: {name}"));
    Found { name, complete: whole && arguments.is_some(), arguments, text, problem }
}

fn keyed(text: &[u8], member: &Member, whole: bool) -> Option<Found> {
    let name = json::string(&text[member.key.clone()])?;
    Some(found(name, &text[member.value.clone()], whole && member.whole))
}

/// The object within that holds name and arguments, as in `{"function": {"name": …}}`.
fn inner<'a>(text: &'a [u8], members: &[Member]) -> Option<&'a [u8]> {
    let outer = ["function", "tool_call", "function_call"];
    let is_outer = |member: &&Member| outer.iter().any(|name| json::is_string(&text[member.key.clone()], name));
    text.get(members.iter().find(is_outer)?.value.clone()).filter(|value| value.first() == Some(&b'{'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::tools::format::named;

    fn read(format: &str, text: &str, whole: bool) -> Option<(String, String, bool)> {
        let form = &named(format).unwrap().call[0];
        call(text.as_bytes(), form, whole).map(|found| (found.name, found.text, found.complete))
    }

    #[test]
    fn an_object_is_read_as_a_call() {
        let told = |name: &str, text: &str, complete| Some((name.to_owned(), text.to_owned(), complete));
        let table = [
            ("hermes", r#"{"name": "f", "arguments": {"a": 1}}"#, told("f", r#"{"a": 1}"#, true)),
            ("hermes", r#"{"name": "f", "arguments": "{\"a\": 1}"}"#, told("f", r#"{"a":1}"#, true)),
            ("hermes", r#"{"name": "f"}"#, told("f", "{}", true)),
            ("hermes", r#"{"type": "function", "function": {"name": "f", "parameters": {}}}"#, told("f", "{}", true)),
            ("hermes", r#"{"name": "f", "arguments": [1]}"#, told("f", "[1]", false)),
            ("hermes", r#"{"arguments": {}}"#, None),
            ("hermes", r#"{"name": 5, "arguments": {}}"#, None),
            ("mistral_v3", r#"{"arguments": {}}"#, told("", "{}", true)),
            ("llama3_json", r#"{"name": "f"}"#, None),
            ("llama3_json", r#"{"name": "f", "parameters": "x"}"#, None),
            ("apertus", r#"{"f": {"a": 1}}"#, told("f", r#"{"a": 1}"#, true)),
            ("apertus", r#"{"f": {}, "g": {}}"#, None),
        ];
        for (format, text, expected) in table {
            assert_eq!(read(format, text, true), expected, "{format} {text}");
        }
        assert_eq!(read("hermes", r#"{"name": "f", "arguments": {"a": 1}"#, false), told("f", r#"{"a": 1}"#, false));
        assert_eq!(read("hermes", r#"{"name": "f", "argum"#, false), told("f", "", false));
        assert_eq!(read("hermes", r#"{"name": "f"#, false), None);
    }
}
