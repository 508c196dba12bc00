//! What came of a question under a constraint, for people and programs.

use crate::base::Problem;
use crate::base::text::{clean, clean_line};
use crate::cli::output;
use crate::lab::schema::Fault;
use crate::lab::structured::ask::{Heard, Told};
use crate::lab::structured::blanks::Blanks;
use crate::lab::structured::judge::Judgement;
use crate::lab::structured::lint::{Backend, Finding, lint};
use crate::lab::structured::{Constraint, Request};
use crate::wire::{Dialect, Endpoint};
use serde_json::{Value, json};

/// Findings of the lint that are told before asking.
const FINDINGS: usize = 12;

/// JSON over several lines, safe for a terminal.
pub(super) fn pretty(value: &Value) -> String {
    clean(&serde_json::to_string_pretty(value).unwrap_or_default()).into_owned()
}

/// What to know before asking: notes of the request, and keywords that the engine's back ends will not do.
pub(super) fn warnings(asked: &Constraint, request: Option<&Request>, endpoint: &Endpoint) -> Vec<String> {
    let mut out: Vec<String> = request.into_iter().flat_map(|request| request.notes.clone()).collect();
    if let Constraint::Schema { schema, .. } = asked {
        let backends: &[Backend] = match endpoint.dialect {
            Dialect::Vllm => &[Backend::Xgrammar, Backend::Guidance],
            Dialect::LlamaCpp | Dialect::Ollama => &[Backend::LlamaCpp],
            Dialect::OpenAi => &[],
        };
        let found: Vec<Finding> = lint(schema).into_iter().filter(|one| backends.contains(&one.backend)).collect();
        out.extend(found.iter().take(FINDINGS).map(words));
        if found.len() > FINDINGS {
            out.push(format!("{} further findings: vramdeck structured lint", found.len() - FINDINGS));
        }
    }
    out
}

/// A finding in words.
pub(super) fn words(one: &Finding) -> String {
    let place = if one.path.is_empty() { "the schema" } else { &one.path };
    clean_line(&format!("{} {}: {} {}: {}", one.backend.name(), place, one.keyword, one.effect.name(), one.why))
}

/// Prints a reply as it comes.
pub(super) struct Teller {
    prints: bool,
    reasoned: bool,
    printed: bool,
}

impl Teller {
    pub(super) fn new(prints: bool) -> Self {
        Self { prints, reasoned: false, printed: false }
    }

    /// Prints a piece; reasoning goes to stderr.
    pub(super) fn hear(&mut self, heard: Heard<'_>) {
        if !self.prints {
            return;
        }
        if !heard.reasoning.is_empty() && !self.reasoned {
            self.reasoned = true;
            output::aside("(reasons)");
        }
        if !heard.text.is_empty() {
            self.printed = true;
            // A stdout that is gone is told at the end.
            let _ = output::raw(&clean(heard.text));
        }
    }

    /// Prints what was not printed yet, and ends the line.
    pub(super) fn end(&self, told: &Told) -> Result<(), Problem> {
        if self.printed {
            return output::line("");
        }
        output::line(&clean(told.reply()))
    }
}

/// The verdict in words, on stderr, so that stdout keeps the reply alone.
pub(super) fn verdict(asked: &Constraint, told: &Told, judgement: &Judgement) -> Result<(), Problem> {
    let kind = asked.kind().title();
    let state = match judgement.valid {
        Some(true) => format!("obeys the {kind}"),
        Some(false) => format!("does not obey the {kind}"),
        None if !judgement.complete => format!("was cut off before it could be held against the {kind}"),
        None => format!("cannot be held against the {kind}"),
    };
    output::aside(&format!("the reply {state}"));
    for Fault { path, why, .. } in &judgement.errors {
        let place = if path.is_empty() { "the whole" } else { path };
        output::aside(&clean_line(&format!("  {place}: {why}")));
    }
    remarks(told, judgement).iter().for_each(|remark| output::aside(&clean_line(&format!("  {remark}"))));
    let count = told
        .usage
        .map_or_else(|| "tokens not counted".to_owned(), |usage| format!("{} tokens", usage.completion_tokens));
    let rate = told.tokens_per_second().map_or_else(String::new, |rate| format!(", {rate:.1} tokens/s"));
    output::aside(&format!("{count} in {:.2} s{rate}", told.seconds));
    Ok(())
}

/// What is odd about the reply.
fn remarks(told: &Told, judgement: &Judgement) -> Vec<String> {
    let mut out = Vec::new();
    out.extend(judgement.ignored.clone());
    if told.is_misplaced() {
        out.push(
            "the whole reply came as reasoning: the server's --reasoning-parser does not fit the model; leave it out, or send \
             chat_template_kwargs {\"enable_thinking\": false}"
                .to_owned(),
        );
    }
    if let Some(why) = &told.stopped {
        out.push(format!("stopped: {why}; start vLLM with disable_any_whitespace in --structured-outputs-config"));
    }
    if let Some(problem) = &told.failed {
        out.push(format!("{}: {}", problem.what, problem.why));
    }
    if told.finish.as_deref() == Some("length") {
        out.push("it ended at the most tokens allowed: --max-tokens allows more".to_owned());
    }
    out
}

/// Everything as JSON.
pub(super) fn document(
    body: &Value,
    asked: &Constraint,
    told: &Told,
    judgement: &Judgement,
    warnings: &[String],
) -> Value {
    let blanks = Blanks::of(told.reply());
    json!({
        "request": body,
        "constraint": asked.to_file(),
        "kind": asked.kind().name(),
        "notes": warnings,
        "reply": {
            "text": told.text,
            "reasoning": told.reasoning,
            "finish": told.finish,
            "stopped": told.stopped,
            "failed": told.failed,
            "in_reasoning": told.is_misplaced(),
            "prompt_tokens": told.usage.map(|usage| usage.prompt_tokens),
            "completion_tokens": told.usage.map(|usage| usage.completion_tokens),
            "first_token_seconds": told.first_token_seconds,
            "seconds": told.seconds,
            "tokens_per_second": told.tokens_per_second(),
            "blank_bytes": blanks.bytes,
        },
        "verdict": {
            "complete": judgement.complete,
            "valid": judgement.valid,
            "errors": judgement.errors.iter().map(|fault| json!({"path": fault.path, "message": fault.why})).collect::<Vec<_>>(),
            "conforming_bytes": judgement.conforming,
            "first_impossible_byte": judgement.first_impossible,
            "ignored": judgement.ignored,
        },
        "remarks": remarks(told, judgement),
    })
}
