//! Events of a stream folded into a turn.

use super::turn::*;
use crate::base::text;
use crate::wire::{Delta, StreamEvent};

/// Answers and tool calls beyond these are a server's mistake and are left out.
const CHOICES: usize = 128;
const TOOL_CALLS: usize = 256;

/// Puts an event into a turn that is being written; a turn that has ended stays as it is.
pub fn apply(turn: &mut Turn, event: &StreamEvent) {
    if turn.end != TurnEnd::Streaming {
        return;
    }
    match event {
        StreamEvent::Opened { .. } | StreamEvent::Seen(_) => {}
        StreamEvent::Delta(delta) => apply_delta(&mut turn.choices, delta),
        StreamEvent::Finished { choice, reason } => {
            if let Some(choice) = choice_at(&mut turn.choices, *choice) {
                choice.finish = Some(text::clean_line(reason));
            }
        }
        StreamEvent::Usage(usage) => turn.figures.usage = Some(*usage),
        StreamEvent::Failed(problem) => {
            let why = text::clean_line(&format!("{}: {}", problem.what, problem.why));
            turn.end = TurnEnd::Failed { why };
        }
        StreamEvent::Done => {
            let said = turn.choices.get(turn.chosen).and_then(|choice| choice.finish.clone());
            turn.end = TurnEnd::Finished { reason: said.unwrap_or_default() };
        }
    }
}

/// Puts new pieces into the answers.
pub fn apply_delta(choices: &mut Vec<Choice>, delta: &Delta) {
    let Some(choice) = choice_at(choices, delta.choice) else { return };
    choice.text.push_str(&delta.content);
    choice.reasoning.push_str(&delta.reasoning);
    choice.logprobs.extend(delta.logprobs.iter().cloned());
    for piece in &delta.tool_calls {
        let index = piece.index as usize;
        if index >= TOOL_CALLS {
            continue;
        }
        if choice.tool_calls.len() <= index {
            choice.tool_calls.resize_with(index + 1, ToolCall::default);
        }
        let call = &mut choice.tool_calls[index];
        if let Some(id) = &piece.id {
            call.id.clone_from(id);
        }
        if let Some(name) = &piece.name {
            call.name.clone_from(name);
        }
        call.arguments.push_str(&piece.arguments);
    }
}

fn choice_at(choices: &mut Vec<Choice>, index: u32) -> Option<&mut Choice> {
    let index = index as usize;
    if index >= CHOICES {
        return None;
    }
    if choices.len() <= index {
        choices.resize_with(index + 1, Choice::default);
    }
    choices.get_mut(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ToolCallDelta;

    #[test]
    fn pieces_of_calls_and_answers_meet_by_index() {
        let mut choices = vec![Choice::default()];
        let piece = |index, id: Option<&str>, name: Option<&str>, arguments: &str| ToolCallDelta {
            index,
            id: id.map(Into::into),
            name: name.map(Into::into),
            arguments: arguments.into(),
        };
        for tool_calls in [
            vec![piece(0, Some("a"), Some("f"), "{\"x\"")],
            vec![piece(1, Some("b"), Some("g"), "{}"), piece(0, None, None, ":1}")],
            vec![piece(u32::MAX, Some("evil"), None, "")],
        ] {
            apply_delta(&mut choices, &Delta { tool_calls, ..Delta::default() });
        }
        apply_delta(&mut choices, &Delta { choice: 2, reasoning: "r".into(), ..Delta::default() });
        apply_delta(&mut choices, &Delta { choice: u32::MAX, content: "evil".into(), ..Delta::default() });
        let calls: Vec<(&str, &str, &str)> = choices[0]
            .tool_calls
            .iter()
            .map(|call| (call.id.as_str(), call.name.as_str(), call.arguments.as_str()))
            .collect();
        assert_eq!(calls, [("a", "f", "{\"x\":1}"), ("b", "g", "{}")]);
        assert_eq!((choices.len(), choices[2].reasoning.as_str()), (3, "r"));
    }
}
