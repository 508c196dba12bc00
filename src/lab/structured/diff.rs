//! What differs between two values, by path.

use super::possible::same;
use super::tree::escaped;
use serde_json::Value;

/// Changes that are told.
const MOST: usize = 500;

/// What became of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It is new.
    Added(Value),
    /// It is gone.
    Removed(Value),
    /// It was the first and is the second.
    Changed(Value, Value),
}

/// The changes from one value to another, each with its JSON pointer, in the order of the values. Entries of arrays are compared
/// by their place; numbers by what they are worth; the order of members does not count. At most 500 are told.
pub fn diff(old: &Value, new: &Value) -> Vec<(String, Change)> {
    let mut out = Vec::new();
    // From the back, so that what is found comes in order.
    let mut left = vec![(String::new(), Some(old), Some(new))];
    while let Some((path, old, new)) = left.pop().filter(|_| out.len() < MOST) {
        match (old, new) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => {
                let gone = old.keys().filter(|key| !new.contains_key(*key));
                let keys: Vec<&String> = new.keys().chain(gone).collect();
                let pairs =
                    keys.into_iter().rev().map(|key| (format!("{path}/{}", escaped(key)), old.get(key), new.get(key)));
                left.extend(pairs);
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) => {
                let places = (0..old.len().max(new.len())).rev();
                left.extend(places.map(|at| (format!("{path}/{at}"), old.get(at), new.get(at))));
            }
            (Some(old), Some(new)) if same(old, new) => {}
            (Some(old), Some(new)) => out.push((path, Change::Changed(old.clone(), new.clone()))),
            (None, Some(new)) => out.push((path, Change::Added(new.clone()))),
            (Some(old), None) => out.push((path, Change::Removed(old.clone()))),
            (None, None) => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn changes_have_paths() {
        let old = json!({"a": 1, "b": [1, 2, 3], "c": {"x": true}, "d/e": "s"});
        let new = json!({"c": {"x": false, "y": null}, "a": 1.0, "b": [1, 5], "f": []});
        assert_eq!(
            diff(&old, &new),
            [
                ("/c/x".to_owned(), Change::Changed(json!(true), json!(false))),
                ("/c/y".to_owned(), Change::Added(Value::Null)),
                ("/b/1".to_owned(), Change::Changed(json!(2), json!(5))),
                ("/b/2".to_owned(), Change::Removed(json!(3))),
                ("/f".to_owned(), Change::Added(json!([]))),
                ("/d~1e".to_owned(), Change::Removed(json!("s"))),
            ]
        );
        assert!(diff(&old, &old).is_empty());
        assert_eq!(diff(&json!([]), &json!({})), [(String::new(), Change::Changed(json!([]), json!({})))]);
        assert_eq!(diff(&json!([]), &json!(vec![1; 1000])).len(), MOST);
    }
}
