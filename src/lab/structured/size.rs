//! How large a schema is, before something that goes down by recursion is shown it.

use serde_json::Value;

/// Whether values stand more than so many levels down, an object has more than so many members, or a list more than so many
/// objects: forms of which one is to be kept to are held against each other.
pub(super) fn beyond(value: &Value, levels: usize, members: usize) -> bool {
    let mut waiting = vec![(value, 0)];
    while let Some((value, level)) = waiting.pop() {
        if level > levels {
            return true;
        }
        match value {
            Value::Array(all) if all.iter().filter(|one| one.is_object()).count() > members => return true,
            Value::Array(all) => waiting.extend(all.iter().map(|one| (one, level + 1))),
            Value::Object(all) if all.len() > members => return true,
            Value::Object(all) => waiting.extend(all.values().map(|one| (one, level + 1))),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn levels_and_members_are_bounded() {
        let value = json!({"a": [{"b": 1, "c": 2}]});
        for (levels, members, is) in [(3, 2, false), (2, 2, true), (3, 1, true), (0, 0, true)] {
            assert_eq!(beyond(&value, levels, members), is, "{levels} {members}");
        }
        assert!(!beyond(&json!(1), 0, 0));
        assert!(beyond(&json!([{}, {}]), 1, 1) && !beyond(&json!([1, 2]), 1, 1));
    }
}
