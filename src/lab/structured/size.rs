//! How large a schema is, before something that goes down by recursion is shown it.

use serde_json::Value;

/// Whether values stand more than so many levels down, or an object has more than so many members.
pub(super) fn beyond(value: &Value, levels: usize, members: usize) -> bool {
    let mut waiting = vec![(value, 0)];
    while let Some((value, level)) = waiting.pop() {
        if level > levels {
            return true;
        }
        match value {
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
    }
}
