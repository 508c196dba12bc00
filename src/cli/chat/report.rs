//! An answer as text on the terminal, or as one JSON document.

use super::exchange::{Exchange, Talk};
use crate::base::Problem;
use crate::base::text::{clean, clean_line};
use crate::base::units;
use crate::cli::output;
use crate::lab::sampling::{Note, Param};
use crate::wire::{ReplyChoice, StreamEvent};
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};

/// Prints an answer: its text on stdout, its reasoning on stderr; both cleaned, so that nothing in them steers the
/// terminal.
pub(super) struct Printer {
    live: bool,
    /// Whether the last thing printed was text without a newline, and where.
    open: Open,
}

#[derive(Clone, Copy, PartialEq)]
enum Open {
    Nothing,
    Text,
    Reasoning,
}

impl Printer {
    /// With `live`, text is printed as it comes.
    pub(super) fn new(live: bool) -> Self {
        Self { live, open: Open::Nothing }
    }

    /// Prints the text in an event.
    pub(super) fn event(&mut self, event: &StreamEvent) -> Result<(), Problem> {
        match event {
            StreamEvent::Delta(delta) if self.live => {
                self.reasoning(&delta.reasoning)?;
                self.text(&delta.content)
            }
            _ => Ok(()),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Problem> {
        if text.is_empty() {
            return Ok(());
        }
        self.close_unless(Open::Text)?;
        self.open = if text.ends_with('\n') { Open::Nothing } else { Open::Text };
        output::raw(&clean(text))
    }

    fn reasoning(&mut self, text: &str) -> Result<(), Problem> {
        if !text.is_empty() {
            self.close_unless(Open::Reasoning)?;
            self.open = Open::Reasoning;
            // A closed stderr leaves nobody to tell.
            let _ = write!(std::io::stderr().lock(), "{}", clean(text));
        }
        Ok(())
    }

    fn close_unless(&mut self, wanted: Open) -> Result<(), Problem> {
        match std::mem::replace(&mut self.open, Open::Nothing) {
            open if open == wanted => Ok(()),
            Open::Text => output::line(""),
            Open::Reasoning => {
                output::aside("");
                Ok(())
            }
            Open::Nothing => Ok(()),
        }
    }

    /// Prints what could not be printed as it came: several answers, tool calls, figures.
    pub(super) fn rest(&mut self, talk: &Talk, exchange: &Exchange) -> Result<(), Problem> {
        let choices = &exchange.reply.choices;
        if !self.live {
            let best_of = talk.settings.whole(Param::BestOf).is_some_and(|n| n > 1);
            let shown = if best_of {
                exchange.chosen(&talk.settings)..exchange.chosen(&talk.settings) + 1
            } else {
                0..choices.len()
            };
            let several = shown.len() > 1;
            for choice in choices.get(shown).unwrap_or_default() {
                if several {
                    self.close_unless(Open::Nothing)?;
                    output::line(&format!("[{}]", choice.index))?;
                }
                self.reasoning(&choice.reasoning)?;
                self.text(&choice.text)?;
            }
        }
        self.close_unless(Open::Nothing)?;
        for call in choices.iter().flat_map(|choice| &choice.tool_calls) {
            output::line(&format!("tool call: {} {}", clean_line(&call.name), clean_line(&call.arguments)))?;
        }
        self.remarks(exchange);
        Ok(())
    }

    fn remarks(&self, exchange: &Exchange) {
        if let [choice] = &exchange.reply.choices[..] {
            if choice.text.is_empty() && !choice.reasoning.is_empty() && choice.tool_calls.is_empty() {
                output::aside(
                    "note: the whole answer is reasoning; the engine's reasoning parser may not fit the model",
                );
            }
            if choice.finish.as_deref() == Some("length") {
                output::aside("note: the answer was cut at its token limit");
            }
        }
        if std::io::stderr().is_terminal() {
            let figures = figures(exchange);
            if !figures.is_empty() {
                output::aside(&figures);
            }
        }
    }
}

/// First token, rate and counts in one line, as far as known.
fn figures(exchange: &Exchange) -> String {
    let first = exchange.first_token.map(|time| format!("first token {}", units::duration(time)));
    let rate = exchange.tokens_per_second().ok().map(|rate| format!("{rate:.1} tok/s"));
    let counts = exchange.reply.usage.map(|usage| {
        format!("{} + {} tokens", units::count(usage.prompt_tokens), units::count(usage.completion_tokens))
    });
    [first, rate, counts].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// The document of `--json`; texts are as the model wrote them.
pub(super) fn document(talk: &Talk, exchange: &Exchange, notes: &[Note]) -> Value {
    let reply = &exchange.reply;
    let chosen = exchange.chosen(&talk.settings);
    let empty = ReplyChoice::default();
    let answer = reply.choices.get(chosen).unwrap_or(&empty);
    let rate = exchange.tokens_per_second();
    let mut document = json!({
        "content": answer.text,
        "reasoning": some_text(&answer.reasoning),
        "tool_calls": calls(answer),
        "finish_reason": answer.finish,
        "choices": reply.choices.iter().map(choice).collect::<Vec<_>>(),
        "chosen": chosen,
        "usage": reply.usage,
        "ttft_seconds": exchange.first_token.map(|time| time.as_secs_f64()),
        "tokens_per_second": rate.ok(),
        "settings": talk.settings,
        "notes": notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(),
        "model": talk.endpoint.model,
        "url": talk.endpoint.base_url,
        "dialect": talk.endpoint.dialect,
    });
    if let Err(why) = rate {
        document["tokens_per_second_unknown"] = why.into();
    }
    if reply.usage.is_none() {
        document["usage_unknown"] = "the endpoint gave no token counts".into();
    }
    if exchange.first_token.is_none() {
        document["ttft_seconds_unknown"] = "the answer was not streamed".into();
    }
    if let Some(problem) = &reply.failed {
        document["error"] = json!(problem);
    }
    if exchange.stopped {
        document["stopped"] = true.into();
    }
    document
}

fn choice(choice: &ReplyChoice) -> Value {
    json!({
        "index": choice.index,
        "content": choice.text,
        "reasoning": some_text(&choice.reasoning),
        "tool_calls": calls(choice),
        "finish_reason": choice.finish,
        "logprobs": (!choice.logprobs.is_empty()).then_some(&choice.logprobs),
    })
}

fn calls(choice: &ReplyChoice) -> Vec<Value> {
    let calls = choice.tool_calls.iter();
    calls.map(|call| json!({ "id": call.id, "name": call.name, "arguments": call.arguments })).collect()
}

fn some_text(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
