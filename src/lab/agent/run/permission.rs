//! Permission to run: once, for this chat, or never. Nothing runs without a yes.

use crate::lab::agent::definition::Definition;
use std::collections::BTreeSet;

/// What a person says when asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// This call, once.
    Once,
    /// This tool as it is defined now, for the rest of the chat.
    Chat,
    /// Not this call.
    No,
    /// Not this tool, for the rest of the chat.
    Never,
}

impl Answer {
    /// Whether the call may run.
    pub fn is_yes(self) -> bool {
        matches!(self, Self::Once | Self::Chat)
    }
}

/// What has been said for the rest of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions {
    yes: BTreeSet<String>,
    no: BTreeSet<String>,
}

impl Permissions {
    /// Keeps what an answer says about later calls.
    pub fn note(&mut self, tool: &Definition, answer: Answer) {
        let key = key(tool);
        match answer {
            Answer::Chat => {
                self.no.remove(&key);
                self.yes.insert(key);
            }
            Answer::Never => {
                self.yes.remove(&key);
                self.no.insert(key);
            }
            Answer::Once | Answer::No => {}
        }
    }

    /// Whether a call of this tool may run; `None` where a person has to be asked.
    pub fn known(&self, tool: &Definition) -> Option<bool> {
        let key = key(tool);
        if self.no.contains(&key) { Some(false) } else { self.yes.contains(&key).then_some(true) }
    }

    /// Forgets all of it.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// A yes counts for the tool as it was then, whole: with another program or address behind it, other words for the model,
/// another schema or wider limits it is asked for again.
fn key(tool: &Definition) -> String {
    let limits = (tool.limits.seconds.to_bits(), tool.limits.bytes);
    format!("{}\n{limits:?}", tool.to_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_are_kept_for_the_tool_as_it_was() {
        let tool =
            |argv: &str| Definition::read(&json!({"name": "t", "run": {"kind": "command", "argv": [argv]}})).unwrap();
        let mut all = Permissions::default();
        for (answer, known) in
            [(Answer::Once, None), (Answer::No, None), (Answer::Chat, Some(true)), (Answer::Never, Some(false))]
        {
            all.note(&tool("ls"), answer);
            assert_eq!(all.known(&tool("ls")), known, "{answer:?}");
            assert_eq!(all.known(&tool("rm")), None);
        }
        all.note(&tool("ls"), Answer::Once);
        assert_eq!(all.known(&tool("ls")), Some(false), "a single yes does not lift a never");
        all.clear();
        assert_eq!(all.known(&tool("ls")), None);
    }

    #[test]
    fn a_yes_is_for_the_whole_definition() {
        let tool = Definition::read(&json!({"name": "t", "description": "d", "parameters": {"properties": {"a": {}}},
            "run": {"kind": "mcp", "server": "s", "tool": "u"}}))
        .unwrap();
        let mut all = Permissions::default();
        all.note(&tool, Answer::Chat);
        assert_eq!(all.known(&tool.clone()), Some(true));
        let changes: [fn(&mut Definition); 6] = [
            |tool| tool.name.push('x'),
            |tool| tool.description.push_str(", and deletes it"),
            |tool| tool.parameters = json!({"properties": {"a": {}, "b": {}}}),
            |tool| tool.strict = Some(true),
            |tool| tool.limits.seconds = 3600.0,
            |tool| tool.run = crate::lab::agent::Runner::Mcp { server: "other".to_owned(), tool: "u".to_owned() },
        ];
        for change in changes {
            let mut other = tool.clone();
            change(&mut other);
            assert_eq!(all.known(&other), None, "{other:?}");
        }
    }
}
