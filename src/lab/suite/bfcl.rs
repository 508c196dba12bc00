//! Questions of the Berkeley Function Calling Leaderboard as cases: its schema dialect as JSON Schema, its lists of accepted
//! values as answer sets.
//!
//! Single-turn questions are taken: simple, multiple, parallel, parallel_multiple and irrelevance, live ones too. An accepted
//! value `""` means that the argument may be left out. Texts are compared by their letters and digits, case aside. Dots in names
//! become underscores, as servers take no dots.

use super::library::Library;
use super::read;
use super::want::plain;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Depth to which schemas and answers are converted.
const DEEPEST: usize = 16;

/// What came of a question file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Converted {
    /// The cases as JSONL.
    pub lines: String,
    /// What was left out and why, in words.
    pub notes: Vec<String>,
}

/// Whether a text is such a question file, by its first line.
pub fn is_question_file(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let first: Value = serde_json::from_str(first).unwrap_or_default();
    first.get("question").is_some_and(Value::is_array) && first.get("function").is_some()
}

/// Converts questions and, where calls are right, their answers. Lines that cannot be used are left out and counted.
pub fn convert(questions: &str, answers: Option<&str>, file: &str) -> Converted {
    let truths: BTreeMap<String, Value> = answers
        .into_iter()
        .flat_map(str::lines)
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|line| Some((line.get("id")?.as_str()?.to_owned(), line.get("ground_truth")?.clone())))
        .collect();
    let mut lines = String::new();
    let mut left_out: BTreeMap<&'static str, usize> = BTreeMap::new();
    for line in questions.lines().filter(|line| !line.trim().is_empty()) {
        let made = serde_json::from_str(line).map_err(|_| "no JSON").and_then(|line| case(&line, &truths));
        let made = made.map(|case| case.to_string()).and_then(|case| {
            // What breaks the schema that it goes with can be graded by nobody.
            read::cases(&case, file, &Library::default()).map(|_| case).map_err(|_| "answers that break their schema")
        });
        match made {
            Ok(case) => lines.push_str(&format!("{case}\n")),
            Err(why) => *left_out.entry(why).or_default() += 1,
        }
    }
    let notes = left_out.into_iter().map(|(why, count)| format!("{count} left out: {why}")).collect();
    Converted { lines, notes }
}

fn case(line: &Value, truths: &BTreeMap<String, Value>) -> Result<Value, &'static str> {
    let id = line.get("id").and_then(Value::as_str).ok_or("no id")?;
    let turns = line.get("question").and_then(Value::as_array).ok_or("no question")?;
    let [messages] = turns.as_slice() else { return Err("more than one turn") };
    let category = id.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').trim_end_matches('_');
    let tools = match line.get("function") {
        Some(Value::Array(all)) => all.iter().map(tool).collect::<Option<Vec<_>>>(),
        Some(one) => tool(one).map(|tool| vec![tool]),
        None => None,
    };
    let tools = tools.ok_or("tools that are none")?;
    let none = category.contains("irrelevance");
    let calls = match truths.get(id) {
        _ if none => Vec::new(),
        Some(Value::Array(all)) => all.iter().map(call).collect::<Option<Vec<_>>>().ok_or("answers of another form")?,
        _ => return Err("no answer for them"),
    };
    Ok(json!({"id": id, "category": category, "messages": messages, "tools": tools, "calls": calls}))
}

fn tool(value: &Value) -> Option<Value> {
    let name = value.get("name")?.as_str()?.replace('.', "_");
    let described = value.get("description").and_then(Value::as_str).unwrap_or_default();
    Some(json!({"name": name, "description": described, "parameters": schema(value.get("parameters")?, 0)}))
}

/// A schema in its dialect as JSON Schema; a type that JSON has not is left open.
fn schema(value: &Value, depth: usize) -> Value {
    let Some(map) = value.as_object().filter(|_| depth < DEEPEST) else { return json!({}) };
    let mut out = Map::new();
    let kind = map.get("type").and_then(Value::as_str).unwrap_or_default();
    let kind = match kind {
        "dict" | "object" => Some("object"),
        "float" | "number" => Some("number"),
        "tuple" | "list" | "array" => Some("array"),
        "integer" | "string" | "boolean" => Some(kind),
        _ => None,
    };
    out.extend(kind.map(|kind| ("type".to_owned(), json!(kind))));
    for key in ["description", "enum", "required"] {
        out.extend(map.get(key).map(|value| (key.to_owned(), value.clone())));
    }
    if let Some(Value::Object(inner)) = map.get("properties") {
        let inner: Map<String, Value> =
            inner.iter().map(|(key, value)| (key.clone(), schema(value, depth + 1))).collect();
        out.insert("properties".to_owned(), Value::Object(inner));
    }
    out.extend(map.get("items").map(|items| ("items".to_owned(), schema(items, depth + 1))));
    Value::Object(out)
}

fn call(truth: &Value) -> Option<Value> {
    let (name, arguments) = truth.as_object().filter(|map| map.len() == 1)?.iter().next()?;
    Some(json!({"name": name.replace('.', "_"), "arguments": object(arguments.as_object()?, 0)}))
}

/// Keys with the values that are accepted for each.
fn object(map: &Map<String, Value>, depth: usize) -> Value {
    Value::Object(map.iter().map(|(key, accepted)| (key.clone(), argument(accepted, depth))).collect())
}

fn argument(accepted: &Value, depth: usize) -> Value {
    let Some(all) = accepted.as_array().filter(|_| depth < DEEPEST) else { return one(accepted, depth) };
    let given: Vec<Value> = all.iter().filter(|value| *value != "").map(|value| one(value, depth)).collect();
    let want = match given.as_slice() {
        [] => json!({"$anything": ""}),
        [single] => single.clone(),
        _ => json!({"$any": given}),
    };
    if given.len() < all.len() { json!({"$optional": want}) } else { want }
}

fn one(value: &Value, depth: usize) -> Value {
    match value {
        Value::String(text) if !plain(text).is_empty() => json!({"$text": text}),
        Value::Array(items) if depth < DEEPEST => items.iter().map(|item| one(item, depth + 1)).collect(),
        Value::Object(map) => object(map, depth + 1),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::suite::{Answer, Label, MadeCall, cases, grade};

    const QUESTIONS: &str = concat!(
        r#"{"id": "simple_python_0", "question": [[{"role": "user", "content": "Area?"}]], "function": [{"name": "math.area", "description": "d", "parameters": {"type": "dict", "properties": {"base": {"type": "float"}, "unit": {"type": "string"}, "box": {"type": "dict", "properties": {"w": {"type": "integer"}}}, "at": {"type": "tuple", "items": {"type": "integer"}}}, "required": ["base"]}}]}"#,
        "\n",
        r#"{"id": "irrelevance_1", "question": [[{"role": "user", "content": "Hi"}]], "function": [{"name": "f", "parameters": {"type": "dict", "properties": {"x": {"type": "any"}}}}]}"#,
        "\n",
        r#"{"id": "multi_turn_base_0", "question": [[{"role": "user", "content": "a"}], [{"role": "user", "content": "b"}]], "function": []}"#,
        "\n",
        r#"{"id": "simple_python_9", "question": [[{"role": "user", "content": "x"}]], "function": []}"#,
        "\n"
    );
    const ANSWERS: &str = r#"{"id": "simple_python_0", "ground_truth": [{"math.area": {"base": [10, 10.5], "unit": ["square-units", ""], "box": [{"w": [3]}], "at": [[1, 2]]}}]}"#;

    #[test]
    fn questions_become_cases() {
        assert!(is_question_file(QUESTIONS) && !is_question_file(r#"{"id": "a", "messages": "hi"}"#));
        let made = convert(QUESTIONS, Some(ANSWERS), "file");
        assert_eq!(made.notes, ["1 left out: more than one turn", "1 left out: no answer for them"]);
        let all = cases(&made.lines, "file", &Library::default()).unwrap();
        let ids: Vec<_> = all.iter().map(|case| (case.id.as_str(), case.category.as_str())).collect();
        assert_eq!(ids, [("simple_python_0", "simple_python"), ("irrelevance_1", "irrelevance")]);
        assert_eq!(all[0].tools[0].name, "math_area");
        assert_eq!(all[0].tools[0].parameters["properties"]["at"]["type"], "array");
        assert!(!all[1].wants_call());
        for (arguments, label) in [
            (r#"{"base": 10, "unit": "Square Units", "box": {"w": 3}, "at": [1, 2]}"#, Label::Right),
            (r#"{"base": 10.5, "box": {"w": 3}, "at": [1, 2]}"#, Label::Right),
            (r#"{"base": 10, "box": {"w": 4}, "at": [1, 2]}"#, Label::WrongArgument),
            (r#"{"base": 10, "box": {"w": 3}, "at": [1, 2], "more": 1}"#, Label::WrongArgument),
            (r#"{"box": {"w": 3}, "at": [1, 2]}"#, Label::SchemaViolation),
        ] {
            let call = MadeCall { name: "math_area".to_owned(), arguments: arguments.to_owned() };
            let answer = Answer { calls: vec![call], ..Answer::default() };
            let graded = grade(&all[0].turns[0].expect, &all[0].tools, None, &answer);
            assert_eq!(graded.label, label, "{arguments}: {:?}", graded.reasons);
        }
    }

    #[test]
    fn hostile_files_are_left_out() {
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        let answers = format!(r#"{{"id": "simple_python_0", "ground_truth": [{{"math.area": {{"base": {deep}}}}}]}}"#);
        assert_eq!(convert(QUESTIONS, Some(&answers), "file").lines.lines().count(), 1);
        assert_eq!(convert("x\n{}\n[1]", None, "file").lines, "");
    }
}
