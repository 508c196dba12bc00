//! The active path as Markdown. The source text of every turn stands verbatim.

use crate::lab::chat::{Choice, Conversation, Role, Turn, TurnEnd, changes_along};
use std::fmt::Write;

/// The active path as a Markdown document: system prompt, turns with their role, changes of settings between answers,
/// reasoning folded away, figures of each answer.
pub fn to_markdown(conversation: &Conversation) -> String {
    let path = conversation.path();
    let changes = changes_along(&path);
    let mut out =
        format!("# {}\n", one_line(if conversation.title.is_empty() { "Conversation" } else { &conversation.title }));
    if !conversation.system_prompt.trim().is_empty() {
        let _ = write!(out, "\n## System\n\n{}\n", conversation.system_prompt);
    }
    for turn in path {
        for change in changes.iter().filter(|change| change.before == turn.id) {
            let _ = write!(out, "\n*{}*\n", one_line(&change.to_string()));
        }
        write_turn(&mut out, turn);
    }
    out
}

fn write_turn(out: &mut String, turn: &Turn) {
    let Some(choice) = turn.choices.get(turn.chosen) else { return };
    let _ = write!(out, "\n## {}\n", heading(turn));
    if !choice.reasoning.is_empty() {
        // The blank lines make viewers read the inside as Markdown again.
        let _ = write!(out, "\n<details>\n<summary>Reasoning</summary>\n\n{}\n\n</details>\n", choice.reasoning);
    }
    for image in &choice.images {
        let name = one_line(&image.chip());
        let _ = write!(out, "\n![{}](images/{})\n", name.trim_matches(['[', ']']), image.file().unwrap_or_default());
    }
    if !choice.text.is_empty() {
        let _ = write!(out, "\n{}\n", choice.text);
    }
    if turn.role == Role::Assistant {
        write_calls(out, choice);
    }
    if let Some(line) = figures(turn) {
        let _ = write!(out, "\n<sub>{line}</sub>\n");
    }
}

fn heading(turn: &Turn) -> String {
    let name = match turn.role {
        Role::System => "System",
        Role::User => "You",
        Role::Assistant => "Assistant",
        Role::Tool => "Tool result",
    };
    match (&turn.model, turn.choices.len()) {
        (Some(model), 1) => format!("{name} ({})", one_line(model)),
        (Some(model), n) => format!("{name} ({}, answer {} of {n})", one_line(model), turn.chosen + 1),
        (None, _) => name.to_owned(),
    }
}

fn write_calls(out: &mut String, choice: &Choice) {
    for call in &choice.tool_calls {
        let fence = fence_for(&call.arguments);
        let _ = write!(out, "\nTool call `{}`\n\n{fence}json\n{}\n{fence}\n", one_line(&call.name), call.arguments);
    }
}

/// A fence longer than any run of backticks inside.
fn fence_for(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

fn figures(turn: &Turn) -> Option<String> {
    let end = match &turn.end {
        TurnEnd::Streaming => Some("still being written".to_owned()),
        TurnEnd::Cancelled => Some("stopped by the person".to_owned()),
        TurnEnd::Failed { why } => Some(format!("cut off: {}", one_line(why.trim_start_matches("cut off: ")))),
        TurnEnd::Finished { reason } if reason.is_empty() || reason == "stop" => None,
        TurnEnd::Finished { reason } => Some(format!("ended by {}", one_line(reason))),
    };
    let kept = &turn.figures;
    let parts = [
        kept.first_token_seconds.map(|seconds| format!("first token {seconds:.2} s")),
        kept.tokens_per_second().map(|rate| format!("{rate:.1} tok/s")),
        kept.usage.map(|usage| format!("{} prompt + {} answer tokens", usage.prompt_tokens, usage.completion_tokens)),
        end,
    ];
    let line = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    (!line.is_empty()).then_some(line)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::chat::TurnFigures;
    use crate::lab::sampling::{Param, Setting, Settings};
    use crate::wire::{Delta, StreamEvent, ToolCallDelta, Usage};

    #[test]
    fn reads_as_a_document() {
        let mut talk = Conversation::new(1.0);
        talk.system_prompt = "Be brief.".into();
        talk.add_user("Weather in *Oslo*?\n\n- today", 2.0);
        let first = talk.begin_answer(Settings::default(), "qwen", 3.0).unwrap();
        let call = ToolCallDelta { index: 0, id: None, name: Some("f".into()), arguments: "{\"a\":\"```\"}".into() };
        let delta =
            Delta { content: "Rain.".into(), reasoning: "hm".into(), tool_calls: vec![call], ..Delta::default() };
        talk.apply(first, &StreamEvent::Delta(delta));
        talk.apply(first, &StreamEvent::Done);
        let usage = Some(Usage { prompt_tokens: 9, completion_tokens: 5, ..Usage::default() });
        talk.set_figures(
            first,
            TurnFigures { first_token_seconds: Some(0.25), decode_seconds: Some(2.0), usage, ..TurnFigures::default() },
        );
        talk.add_user("And now?", 4.0);
        let warm = Settings([(Param::Temperature, Setting::Real(1.5))].into());
        let second = talk.begin_answer(warm, "qwen", 5.0).unwrap();
        talk.cancel(second);
        insta::assert_snapshot!(to_markdown(&talk), @r#"
        # Weather in *Oslo*?

        ## System

        Be brief.

        ## You

        Weather in *Oslo*?

        - today

        ## Assistant (qwen)

        <details>
        <summary>Reasoning</summary>

        hm

        </details>

        Rain.

        Tool call `f`

        ````json
        {"a":"```"}
        ````

        <sub>first token 0.25 s · 2.0 tok/s · 9 prompt + 5 answer tokens</sub>

        ## You

        And now?

        *temperature unset → 1.5*

        ## Assistant (qwen)

        <sub>stopped by the person</sub>
        "#);
    }
}
