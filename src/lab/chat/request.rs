//! The active path as messages of the OpenAI API.

use super::image;
use super::tree::Conversation;
use super::turn::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

impl Conversation {
    /// Messages that ask for the answer `id`: the path to its parent. `None` when there is no such turn.
    pub fn messages_for(&self, id: TurnId) -> Option<Vec<Value>> {
        let turn = self.turn(id)?;
        Some(messages(&self.system_prompt, &self.path_to(turn.parent)))
    }

    /// Messages of the active path; an answer being written at its end is left out.
    pub fn request_messages(&self) -> Vec<Value> {
        let mut path = self.path();
        path.pop_if(|turn| turn.end == TurnEnd::Streaming);
        messages(&self.system_prompt, &path)
    }
}

/// Messages of a path: of each turn the chosen answer, without reasoning. A tool call goes along only when a tool turn
/// before the next other turn answers it, since servers refuse calls without results. An answer of which nothing came
/// is left out.
fn messages(system_prompt: &str, path: &[&Turn]) -> Vec<Value> {
    let system = (!system_prompt.trim().is_empty()).then(|| json!({"role": "system", "content": system_prompt}));
    let turns = path.iter().enumerate().filter_map(|(at, turn)| {
        let choice = turn.choices.get(turn.chosen)?;
        match turn.role {
            Role::System => Some(json!({"role": "system", "content": choice.text})),
            Role::User => Some(json!({"role": "user", "content": image::content(&choice.text, &choice.images)})),
            Role::Tool => {
                let id = choice.tool_calls.first().map_or("", |call| call.id.as_str());
                Some(json!({"role": "tool", "tool_call_id": id, "content": choice.text}))
            }
            Role::Assistant => assistant(choice, &answered_after(path, at)),
        }
    });
    system.into_iter().chain(turns).collect()
}

/// Ids of the calls that the tool turns right after `at` answer.
fn answered_after<'a>(path: &[&'a Turn], at: usize) -> BTreeSet<&'a str> {
    let tools = path.iter().skip(at + 1).take_while(|turn| turn.role == Role::Tool);
    tools.filter_map(|turn| Some(turn.choices.get(turn.chosen)?.tool_calls.first()?.id.as_str())).collect()
}

fn assistant(choice: &Choice, answered: &BTreeSet<&str>) -> Option<Value> {
    let calls: Vec<Value> = choice
        .tool_calls
        .iter()
        .filter(|call| answered.contains(call.id.as_str()))
        .map(|call| {
            let function = json!({"name": call.name, "arguments": call.arguments});
            json!({"id": call.id, "type": "function", "function": function})
        })
        .collect();
    if calls.is_empty() {
        return (!choice.text.is_empty()).then(|| json!({"role": "assistant", "content": choice.text}));
    }
    let content = if choice.text.is_empty() { Value::Null } else { Value::String(choice.text.clone()) };
    Some(json!({"role": "assistant", "content": content, "tool_calls": calls}))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::sampling::Settings;
    use crate::wire::{Delta, StreamEvent, ToolCallDelta};

    fn call(index: u32, id: &str) -> ToolCallDelta {
        ToolCallDelta { index, id: Some(id.into()), name: Some("f".into()), arguments: "{}".into() }
    }

    #[test]
    fn the_path_becomes_messages() {
        let mut talk = Conversation::new(1.0);
        talk.system_prompt = "be brief".into();
        talk.add_user("weather?", 2.0);
        let answer = talk.begin_answer(Settings::default(), "m", 3.0).unwrap();
        let delta = Delta { reasoning: "hm".into(), tool_calls: vec![call(0, "a"), call(1, "b")], ..Delta::default() };
        talk.apply(answer, &StreamEvent::Delta(delta));
        talk.apply(answer, &StreamEvent::Done);
        let calls = talk.turn(answer).unwrap().choices[0].tool_calls.clone();
        assert_eq!(talk.request_messages().len(), 2, "calls without results and without text say nothing");
        talk.add_tool_result(&calls[0], "rain", 4.0);
        let last = talk.begin_answer(Settings::default(), "m", 5.0).unwrap();
        let expected = json!([
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": "weather?"},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "a", "content": "rain"},
        ]);
        assert_eq!(Value::Array(talk.request_messages()), expected);
        assert_eq!(Value::Array(talk.messages_for(last).unwrap()), expected);
    }

    #[test]
    fn only_the_chosen_answer_goes_along() {
        let mut talk = Conversation::new(1.0);
        talk.add_user("q", 2.0);
        let answer = talk.begin_answer(Settings::default(), "m", 3.0).unwrap();
        for (choice, text) in [(0, "no"), (1, "yes")] {
            talk.apply(answer, &StreamEvent::Delta(Delta { choice, content: text.into(), ..Delta::default() }));
        }
        talk.apply(answer, &StreamEvent::Done);
        talk.choose(answer, 1);
        assert_eq!(talk.request_messages()[1]["content"], "yes");
    }
}
