//! A schema that an example obeys.

use super::union;
use serde_json::{Map, Value, json};

/// Entries of a list that are looked at.
const MOST: usize = 1000;

/// The schema of a value: members are required and no others allowed; lists take what their entries have in common; texts that
/// are a day, a day with a time or a UUID keep that format.
pub fn from_example(value: &Value) -> Value {
    from_examples(std::slice::from_ref(value))
}

/// The schema that several examples obey: members that some of them lack are not required.
pub fn from_examples(values: &[Value]) -> Value {
    let all: Vec<&Value> = values.iter().take(MOST).collect();
    merged(&all, 0)
}

fn merged(all: &[&Value], level: usize) -> Value {
    if level > super::DEEPEST || all.is_empty() {
        return json!({});
    }
    let mut kinds: Vec<Value> = Vec::new();
    let objects: Vec<&Map<String, Value>> = all.iter().filter_map(|value| value.as_object()).collect();
    if !objects.is_empty() {
        kinds.push(object(&objects, level));
    }
    let lists: Vec<&Vec<Value>> = all.iter().filter_map(|value| value.as_array()).collect();
    if !lists.is_empty() {
        let entries: Vec<&Value> = lists.iter().flat_map(|list| list.iter()).take(MOST).collect();
        kinds.push(if entries.is_empty() {
            json!({"type": "array"})
        } else {
            json!({"type": "array", "items": merged(&entries, level + 1)})
        });
    }
    let texts: Vec<&str> = all.iter().filter_map(|value| value.as_str()).collect();
    if !texts.is_empty() {
        kinds.push(text(&texts));
    }
    let numbers: Vec<&Value> = all.iter().copied().filter(|value| value.is_number()).collect();
    if !numbers.is_empty() {
        let whole = numbers.iter().all(|number| number.is_i64() || number.is_u64());
        kinds.push(json!({"type": if whole { "integer" } else { "number" }}));
    }
    if all.iter().any(|value| value.is_boolean()) {
        kinds.push(json!({"type": "boolean"}));
    }
    if all.iter().any(|value| value.is_null()) {
        kinds.push(json!({"type": "null"}));
    }
    union(kinds)
}

fn object(all: &[&Map<String, Value>], level: usize) -> Value {
    let mut members: Vec<(String, Value, bool)> = Vec::new();
    let mut names: Vec<&String> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for name in all.iter().flat_map(|map| map.keys()) {
        if seen.insert(name) {
            names.push(name);
        }
    }
    for name in names {
        let values: Vec<&Value> = all.iter().filter_map(|map| map.get(name)).collect();
        members.push((name.clone(), merged(&values, level + 1), values.len() == all.len()));
    }
    super::object(members, "")
}

fn text(all: &[&str]) -> Value {
    let format = [("date", is_date as fn(&str) -> bool), ("date-time", is_date_time), ("uuid", is_uuid)];
    match format.into_iter().find(|(_, fits)| all.iter().all(|text| fits(text))) {
        Some((name, _)) => json!({"type": "string", "format": name}),
        None => json!({"type": "string"}),
    }
}

/// Whether the text has this form: `0` stands for a digit, `x` for a hexadecimal one, other characters for themselves.
fn like(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(byte, form)| match form {
            b'0' => byte.is_ascii_digit(),
            b'x' => byte.is_ascii_hexdigit(),
            other => byte == other,
        })
}

fn is_date(text: &str) -> bool {
    let number = |from: usize| text.get(from..from + 2).and_then(|two| two.parse::<u8>().ok()).unwrap_or(0);
    like(text, "0000-00-00") && (1..=12).contains(&number(5)) && (1..=31).contains(&number(8))
}

fn is_date_time(text: &str) -> bool {
    let (Some(day), Some(rest)) = (text.get(..10), text.get(10..)) else { return false };
    let time = rest.trim_end_matches('Z');
    let time = time.rsplit_once(['+', '-']).filter(|(_, zone)| like(zone, "00:00")).map_or(time, |(time, _)| time);
    let zoned = time.len() < rest.len();
    let time = time.split('.').next().unwrap_or_default();
    is_date(day) && like(time, "T00:00:00") && zoned
}

fn is_uuid(text: &str) -> bool {
    like(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
}
