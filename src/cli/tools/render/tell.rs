//! A prompt and its figures, as text and as JSON.

use super::Answer;
use crate::base::text::{clean, clean_line};
use serde_json::{Value, json};

pub(super) fn document(answer: &Answer) -> Value {
    let cost = answer.cost.as_ref().map(|cost| {
        json!({
            "tokens": cost.tokens.as_ref().ok(),
            "characters": cost.characters,
            "share_of_context": cost.share_of_context.as_ref().ok(),
            "context_tokens": answer.context.as_ref().ok(),
            "unknown": cost.share_of_context.as_ref().err().map(ToString::to_string),
        })
    });
    json!({
        "prompt": answer.prompt,
        "tokens": answer.measured.tokens.as_ref().ok(),
        "tokens_basis": basis(answer),
        "characters": answer.measured.characters,
        "tools": cost,
        "template": {"source": answer.template.0, "name": answer.template.1},
        "notes": answer.notes,
    })
}

/// How the tokens are known, or why they are not.
fn basis(answer: &Answer) -> String {
    match (&answer.measured.tokens, &answer.basis) {
        (Ok(_), Some(basis)) => basis.clone(),
        (Ok(_), None) => "counted".to_owned(),
        (Err(unknown), _) => unknown.to_string(),
    }
}

pub(super) fn text(answer: &Answer) -> String {
    let mut out = String::new();
    for line in clean(&answer.prompt).split('\n') {
        out.push_str(&format!("│ {line}\n"));
    }
    out.push('\n');
    let mut row = |name: &str, text: &str| out.push_str(&format!("{name:<11} {}\n", clean_line(text)));
    let (source, name) = &answer.template;
    row("template", &name.as_ref().map_or_else(|| source.clone(), |name| format!("{name}, from {source}")));
    let tokens = answer.measured.tokens.as_ref().map_or_else(|_| "not known".to_owned(), u64::to_string);
    row("tokens", &format!("{tokens} ({})", basis(answer)));
    row("characters", &answer.measured.characters.to_string());
    if let Some(cost) = &answer.cost {
        let tokens = cost.tokens.as_ref().map_or_else(|_| String::new(), |tokens| format!("{tokens} tokens, "));
        let share = match (&cost.share_of_context, &answer.context) {
            (Ok(share), Ok(context)) => format!("{:.1} % of a context of {context} tokens", share * 100.0),
            (Err(why), _) | (_, Err(why)) => format!("share of the context not known: {why}"),
        };
        row("tools cost", &format!("{tokens}{} characters, {share} (with the tools less without)", cost.characters));
    }
    answer.notes.iter().for_each(|note| row("note", note));
    out
}
